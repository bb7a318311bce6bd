import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.cassettes.canonical import (
    MAX_DEPTH,
    NotJson,
    canonical_body,
    canonical_path,
    parse_json,
    request_key,
)

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
LEAVES = st.none() | st.booleans() | NUMBERS | st.text(max_size=8)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)
OBJECTS = st.dictionaries(st.text(max_size=4).filter(lambda name: name != "extra_body"), VALUES, max_size=5)


def shuffled(value: Any, draw: Any) -> Any:
    """The same value with its members in another order and nulls strewn in."""
    if isinstance(value, dict):
        names = draw(st.permutations(list(value)))
        members = {name: shuffled(value[name], draw) for name in names}
        return members | {"null member": None} if draw(st.booleans()) else members
    return [shuffled(member, draw) for member in value] if isinstance(value, list) else value


@given(OBJECTS, st.data())
def test_the_order_of_keys_and_null_members_do_not_matter(value: dict[str, Any], data: st.DataObject) -> None:
    other = shuffled(value, data.draw)
    assert canonical_body(json.dumps(value).encode()) == canonical_body(json.dumps(other, indent=2).encode())


@given(OBJECTS)
def test_canonical_is_its_own_canonical_form(value: dict[str, Any]) -> None:
    once = canonical_body(json.dumps(value).encode())
    assert canonical_body(once) == once


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"n": 1.0}', b'{"n":1}'),
        (b'{"n": -0.0}', b'{"n":0}'),
        (b'{"n": 1e2}', b'{"n":100}'),
        (b'{"n": 0.70}', b'{"n":0.7}'),
        (b'{"s": "\\u00e9"}', '{"s":"é"}'.encode()),
        (b'{"a": {"b": null}}', b'{"a":{}}'),
        (b'{"extra_body": {"guided_choice": ["joy"]}, "m": 1}', b'{"m":1,"guided_choice":["joy"]}'),
        (b'{"extra_body": {}, "m": 1}', b'{"m":1}'),
        (b'{"extra_body": null, "m": 1}', b'{"m":1}'),
        (b'{"t": 1, "extra_body": {"t": 2}}', b'{"t":2}'),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "m"}', b'{"jsonrpc": "2.0", "id": 7, "method": "m"}'),
        (
            b'{"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1, "reason": "r"}}',
            b'{"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2, "reason": "r"}}',
        ),
    ],
)
def test_equal(one: bytes, other: bytes) -> None:
    assert canonical_body(one) == canonical_body(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"[null]", b"[]"),
        (b'{"n": 1}', b'{"n":"1"}'),
        (b'{"n": 1}', b'{"n":true}'),
        (b'{"n": 9007199254740993}', b'{"n":9007199254740992}'),
        (b"[1, 2]", b"[2, 1]"),
        (b"", b"{}"),
        (b"not json", b"not jsom"),
        (b'{"s": "a"}', b'{"s":"A"}'),
    ],
)
def test_not_equal(one: bytes, other: bytes) -> None:
    assert canonical_body(one) != canonical_body(other)


def test_the_bytes_are_pinned() -> None:
    body = '{"b": [1.0, 1e300, null, "é\\ud83d"], "a": {"z": true, "y": null}}'.encode()
    assert canonical_body(body) == b'{"a":{"z":true},"b":[1,1e+300,null,"\\u00e9\\ud83d"]}'


@pytest.mark.parametrize("body", [b"NaN", b"1e999", b"\xff", b"{", b"[" * 100_000, b"1" * 5_000])
def test_what_has_no_one_meaning_is_compared_by_its_hash(body: bytes) -> None:
    with pytest.raises(NotJson):
        parse_json(body)
    assert canonical_body(body).startswith(b"sha256:")


def test_depth_is_bounded_the_same_everywhere() -> None:
    deepest = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert canonical_body(deepest) == deepest
    assert canonical_body(b"[" + deepest + b"]").startswith(b"sha256:")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://h/v1/v1/chat/completions", "/v1/chat/completions"),
        ("http://h/v1/v1", "/v1"),
        ("http://h/openai/v1/v1/models/", "/v1/models"),
        ("http://h//v1//models", "/v1/models"),
        ("http://h/v1/v10/models", "/v1/v10/models"),
        ("http://h", "/"),
        ("/v1/responses", "/v1/responses"),
        ("http://h/v1/files?limit=2&after=x", "/v1/files?after=x&limit=2"),
    ],
)
def test_paths(url: str, path: str) -> None:
    assert canonical_path(url) == path


def test_the_key_tells_method_path_and_body_apart() -> None:
    keys = {
        request_key("POST", "/a", b"{}"),
        request_key("GET", "/a", b"{}"),
        request_key("POST", "/b", b"{}"),
        request_key("POST", "/a", b"[]"),
    }
    assert len(keys) == 4
    assert request_key("post", "/a", b"{}") in keys
