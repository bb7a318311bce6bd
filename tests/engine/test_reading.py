import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.engine.reading import read
from antiphon.errors import InvalidRequest
from antiphon.wire.responses import CreateResponse


@pytest.mark.parametrize(
    ("body", "param", "message"),
    [
        (b'{"model": 3}', "model", "Invalid type: 'model' must be a string, not an integer."),
        (b'{"input": {}}', "input", "Invalid type: 'input' must be a string or an array, not an object."),
        (b'{"metadata": {"a": 1}}', "metadata",
         "Invalid type: Each member of 'metadata' must be a string, not an integer."),
        (b'{"temperature": 3}', "temperature", "Invalid value: 'temperature' must be a number <= 2."),
        (b'{"max_output_tokens": 0}', "max_output_tokens",
         "Invalid value: 'max_output_tokens' must be an integer >= 1."),
        (b'{"truncation": "no"}', "truncation",
         "Invalid value: 'truncation' must be one of 'auto', 'disabled', not 'no'."),
        (b'{"text": {"format": {"type": "yaml"}}}', "text.format.type",
         "Invalid value: 'text.format.type' must be one of 'text', 'json_object', 'json_schema', not 'yaml'."),
        (b'{"prompt": {}}', "prompt.id", "Missing required parameter: 'prompt.id'."),
        (b"[]", None, "Invalid type: The body must be an object, not an array."),
        (b"{", None, "The body isn't valid JSON: Input data was truncated. Send one JSON object in UTF-8."),
        (b'{"user": "\xff"}', None, None),
        (b'{"input": [{"type": "new", "a": "\xff"}]}', None, None),
        (b'{"unknown": "\xff"}', None, None),
        (b'{"user": "\\ud800"}', None, "The body isn't valid JSON: \\ud800 is half of a character, as of a text that was cut. Send one JSON object in UTF-8."),
        (b'{"user": "\\uD83D\\uDE00 \\uD83D"}', None, "The body isn't valid JSON: \\uD83D is half of a character, as of a text that was cut. Send one JSON object in UTF-8."),
        (b'{"input": [{"type": "new", "a": "\\udc00"}]}', None, "The body isn't valid JSON: \\udc00 is half of a character, as of a text that was cut. Send one JSON object in UTF-8."),
        (b'{"tools": [{"a": ' + b"[" * 100_000, None, None),
        (b'{"unknown": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", None, None),
        (b'{"input": [' + b'{"a":' * 100_000, None, None),
        (b'{"top_p": NaN}', None, None),
        (b'{"top_p": Infinity}', None, None),
        (b'{"top_p": 1e999}', "top_p", None),
        (b'{"user": 01}', None, None),
        (b'{"max_output_tokens": 1.5}', "max_output_tokens", "Invalid type: 'max_output_tokens' must be an integer, not a number."),
        (b'{"max_output_tokens": 1' + b"0" * 5000 + b"}", "max_output_tokens", None),
        (b'{"max_output_tokens": true}', "max_output_tokens", None),
        (b'{"tools": [{}, 5]}', "tools[1]", "Invalid type: 'tools[1]' must be an object, not an integer."),
        (b'{"tools": [{"a": 1}, {"b": 1e999}]}', "tools[1]", None),
        (b'{"include": ["reasoning.encrypted_content", null]}', "include[1]", None),
        (b'{"context_management": [{"type": "x"}, {"type": 5}]}', "context_management[1].type", None),
        (b'{"context_management": [{}]}', "context_management[0].type", None),
        (b"\xef\xbb\xbf{}", None, None),
        (b"", None, None),
        (b"{} {}", None, None),
    ],
)  # fmt: skip
def test_a_mistake_is_named(body: bytes, param: str | None, message: str | None) -> None:
    with pytest.raises(InvalidRequest) as raised:
        read(body, CreateResponse)
    assert raised.value.param == param
    if message:
        assert raised.value.message == message


def test_the_path_of_the_field_that_was_read_stands_before() -> None:
    with pytest.raises(InvalidRequest) as raised:
        read(b'{"text": {"verbosity": 1}}', CreateResponse, "input[2]")
    assert raised.value.param == "input[2].text.verbosity"


@pytest.mark.parametrize(
    "body",
    [b'{"model": "\xc3\xa9"}', b'{"user": "\\u0000"}', b'{"unknown": 1e999}', b'{"unknown": 1' + b"0" * 5000 + b"}"],
)
def test_what_is_odd_and_right_is_read(body: bytes) -> None:
    assert isinstance(read(body, CreateResponse), CreateResponse)


def test_of_a_key_given_twice_the_last_counts() -> None:
    assert read(b'{"model": "a", "model": "b"}', CreateResponse).model == "b"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(field=st.sampled_from(CreateResponse.__struct_fields__), value=JSON)
def test_any_value_is_read_or_refused_by_its_field(field: str, value: object) -> None:
    refusal: InvalidRequest | None = None
    try:
        read(json.dumps({field: value}).encode(), CreateResponse)
    except InvalidRequest as raised:
        refusal = raised
    assert refusal is None or (refusal.param or "").startswith(field)


@given(st.binary(max_size=40) | st.text('{}[]",:\\u0d8ntrue1e9-. ', max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(InvalidRequest):
        read(body, CreateResponse)
