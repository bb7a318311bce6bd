"""The canonical form of a request: equal for requests that mean the same.

JSON loses the order of its keys, members that are null and the difference between `1` and `1.0`;
`extra_body`, which client libraries fold into the body, is folded here too. The same bytes come out in
every process and every version of Python. Secrets are out already (`redaction.py`). Counterpart: `cassette.py`.
"""

import hashlib
import json
import math
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

MAX_DEPTH = 200
"""Deeper JSON is treated as opaque bytes, since how deep a parser goes depends on the version of Python."""

EXACT_INTEGERS = 2.0**53
KEY_BYTES = 16


class NotJson(ValueError):
    """The bytes aren't JSON that has one meaning everywhere; they are compared by their hash."""


def parse_json(body: bytes) -> Json:
    """The value of a body. Raises `NotJson`, also for NaN, infinities and absurd depth."""
    try:
        value: Json = json.loads(body, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from None
    if not _shallow(value):
        raise NotJson(f"nested deeper than {MAX_DEPTH}")
    return value


def canonical_body(body: bytes) -> bytes:
    """Canonical JSON in ASCII, `sha256:…` for a body that isn't JSON, nothing for none."""
    if not body:
        return b""
    try:
        value = parse_json(body)
    except NotJson:
        return b"sha256:" + hashlib.sha256(body).hexdigest().encode()
    return json.dumps(canonical_value(value), sort_keys=True, separators=(",", ":")).encode()


def canonical_value(value: Json) -> Json:
    """`value` with `extra_body` folded in, and null members, number forms and the ids of JSON-RPC gone."""
    if isinstance(value, dict) and isinstance(extra := value.get("extra_body"), dict):
        value = {name: member for name, member in value.items() if name != "extra_body"} | extra
    if isinstance(value, dict) and value.get("jsonrpc") == "2.0" and "method" in value:
        value = _message(value)
    return _plain(value)


def _message(value: dict[str, Json]) -> dict[str, Json]:
    """A JSON-RPC message without its number, which says only how many a session has sent before."""
    value = {name: member for name, member in value.items() if name != "id"}
    params = value.get("params")
    if isinstance(params, dict) and value["method"] == "notifications/cancelled":
        value["params"] = {name: member for name, member in params.items() if name != "requestId"}
    return value


def canonical_path(url: str) -> str:
    """The path of a URL from its `/v1` on, and its query, sorted; a doubled `/v1` and doubled slashes are collapsed.

    What stands before `/v1` is the base path of one provider, which is compared no more than its host.
    """
    parts = urlsplit(url)
    path = re.sub(r"/{2,}", "/", parts.path)
    path = re.sub(r"(/v1)(?:/v1)+(?=/|$)", r"\1", path).rstrip("/") or "/"
    path = re.sub(r"^.*?(?=/v1(?:/|$))", "", path)
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    return f"{path}?{query}" if query else path


def request_key(method: str, path: str, body: bytes) -> bytes:
    """What requests are matched by: a digest over method, canonical path and canonical body."""
    head = f"{method.upper()} {path}\n".encode()
    return hashlib.sha256(head + canonical_body(body)).digest()[:KEY_BYTES]


def _plain(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items() if member is not None}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if isinstance(value, float) and value.is_integer() and abs(value) <= EXACT_INTEGERS:
        return int(value)
    return value


def _shallow(value: Json) -> bool:
    level: list[Json] = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _members(outer)]
        if not level:
            return True
    return False


def _members(value: Json) -> list[Json]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _refuse(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large")
    return number
