"""What of an item is given out only when it is asked for: the values of `include`, as a table.

Runs and stores hold items whole; in an answer each loses what wasn't asked for, and gets sealed reasoning where that
was. Lists of items are whole: what a client put in comes back as it was. Source: API reference, `include`.
Counterparts: `run.py` and `present.py`, which give items out.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import msgspec

from antiphon.engine.seals import Seal, thinking

Include = Collection[str]
Fields = dict[str, msgspec.Raw]

NULL = b"null"
GONE = None
"""Put in the place of a member: nothing, the member is left out."""


class _Kind(msgspec.Struct):
    type: Any = None


_kind = msgspec.json.Decoder(_Kind).decode
_fields = msgspec.json.Decoder(Fields).decode
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Hidden:
    """A member of items of a type: the way to it, and what stands there when it wasn't asked for.

    A way leads through objects and through lists of parts, where `part` says which type of part has the member.
    """

    type: str
    way: tuple[str, ...]
    instead: bytes | None = NULL
    part: str | None = None


SEALED = "reasoning.encrypted_content"

HIDDEN: dict[str, Hidden] = {
    "file_search_call.results": Hidden("file_search_call", ("results",)),
    "web_search_call.results": Hidden("web_search_call", ("results",), GONE),
    "web_search_call.action.sources": Hidden("web_search_call", ("action", "sources"), GONE),
    "code_interpreter_call.outputs": Hidden("code_interpreter_call", ("outputs",)),
    "computer_call_output.output.image_url": Hidden("computer_call_output", ("output", "image_url"), GONE),
    "message.input_image.image_url": Hidden("message", ("content", "image_url"), part="input_image"),
    "message.output_text.logprobs": Hidden("message", ("content", "logprobs"), b"[]", part="output_text"),
    SEALED: Hidden("reasoning", ("encrypted_content",), GONE),
}
"""Every value of `include`, and what it shows."""

TOLD_AGAIN = frozenset({"code_interpreter_call", "computer_call_output", "file_search_call", "web_search_call"})
"""Types whose hidden members a model is told in later requests."""

HIDDEN_IN = {
    kind: [(name, hidden, hidden.way[-1].encode()) for name, hidden in HIDDEN.items() if hidden.type == kind]
    for kind in {hidden.type for hidden in HIDDEN.values()}
}
"""The same by the type of the item, each with the member's name as bytes."""


def given_out(raw: msgspec.Raw, include: Include, seal: Seal | None = None) -> msgspec.Raw:
    """The item with what `include` asks for, and without the rest; the same object if nothing changes."""
    kind = _kind(raw).type or "message"
    if not isinstance(kind, str) or kind not in HIDDEN_IN:
        return raw
    for name, hidden, member in HIDDEN_IN[kind]:
        if name not in include and member in bytes(raw):
            raw = _without(raw, hidden)
    if kind == "reasoning" and seal is not None and SEALED in include:
        return _sealed(raw, seal)
    return raw


def may_lack(kind: str, raw: bytes) -> bool:
    """Whether an item that a client sent back may be one that was given out without all it has."""
    if kind == "message":
        return b'"input_image"' in raw and not _has(raw, HIDDEN["message.input_image.image_url"])
    return kind in TOLD_AGAIN and not any(_has(raw, hidden) for hidden in HIDDEN.values() if hidden.type == kind)


def _has(raw: bytes, hidden: Hidden) -> bool:
    """Whether the member is there, in every part that could have it."""
    value: Any = msgspec.json.decode(raw)
    *outer, name = hidden.way
    for step in outer:
        value = value.get(step) if isinstance(value, dict) else None
    owners = [value] if hidden.part is None else [part for part in value or () if _is_part(part, hidden)]
    return all(isinstance(owner, dict) and owner.get(name) is not None for owner in owners)


def _is_part(part: object, hidden: Hidden) -> bool:
    return isinstance(part, dict) and part.get("type") == hidden.part and part.get("file_id") is None


def _without(raw: msgspec.Raw, hidden: Hidden) -> msgspec.Raw:
    fields = _fields(raw)
    first, *rest = hidden.way
    if first not in fields:
        return raw
    if not rest:
        changed = _put(fields, first, hidden.instead)
    else:
        changed = fields | {first: _inside(fields[first], rest[0], hidden)}
    return raw if changed == fields else msgspec.Raw(_encode(changed))


def _inside(raw: msgspec.Raw, name: str, hidden: Hidden) -> msgspec.Raw:
    """An object, or a list of parts, without the member `name`."""
    value: Any = msgspec.json.decode(raw)
    if isinstance(value, list):
        parts = msgspec.json.decode(raw, type=list[msgspec.Raw])
        whole = [_part(part, name, hidden) for part in parts]
        return raw if whole == parts else msgspec.Raw(_encode(whole))
    if not isinstance(value, dict) or name not in value:
        return raw
    return _changed(raw, name, hidden)


def _part(raw: msgspec.Raw, name: str, hidden: Hidden) -> msgspec.Raw:
    part: Any = msgspec.json.decode(raw)
    if not isinstance(part, dict) or part.get("type") != hidden.part or name not in part:
        return raw
    return _changed(raw, name, hidden)


def _changed(raw: msgspec.Raw, name: str, hidden: Hidden) -> msgspec.Raw:
    fields = _fields(raw)
    changed = _put(fields, name, hidden.instead)
    return raw if changed == fields else msgspec.Raw(_encode(changed))


def _put(fields: Fields, name: str, instead: bytes | None) -> Fields:
    if instead is None:
        return {key: value for key, value in fields.items() if key != name}
    return fields | {name: msgspec.Raw(instead)}


def _sealed(raw: msgspec.Raw, seal: Seal) -> msgspec.Raw:
    """A reasoning item with its text sealed in; one that came sealed keeps its seal."""
    fields = _fields(raw)
    text = thinking(bytes(raw))
    if not text or bytes(fields.get("encrypted_content", NULL)) != NULL:
        return raw
    return msgspec.Raw(_encode(fields | {"encrypted_content": msgspec.Raw(_encode(seal.close(text)))}))
