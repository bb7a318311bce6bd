"""Stored items as the API shows them: every member that an item must have, and its raw JSON otherwise untouched.

Clients may leave out a message's type, its id, its status, and write its content as a string; what is shown
has them all. Counterpart: `input.py`, which reads the short forms.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from antiphon.engine.included import HIDDEN, SEALED, Include, given_out
from antiphon.engine.seals import Seal
from antiphon.wire.answers import StoredItem
from antiphon.wire.items import PartHead

Fields = dict[str, msgspec.Raw]

_fields = msgspec.json.Decoder(Fields).decode
_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_part_head = msgspec.json.Decoder(PartHead).decode
_encode = msgspec.json.Encoder().encode


def _raws(members: Mapping[str, Any]) -> Fields:
    return {name: msgspec.Raw(_encode(value)) for name, value in members.items()}


NULL = msgspec.Raw(b"null")
ASSISTANT = msgspec.Raw(b'"assistant"')
DONE = _raws({"status": "completed"})
ITEM_DEFAULTS: dict[str, Fields] = {
    "apply_patch_call": DONE,
    "apply_patch_call_output": DONE,
    "code_interpreter_call": DONE,
    "computer_call": DONE,
    "computer_call_output": DONE,
    "custom_tool_call": DONE,
    "custom_tool_call_output": DONE,
    "file_search_call": DONE,
    "function_call": DONE,
    "function_call_output": DONE,
    "image_generation_call": DONE,
    "local_shell_call": DONE,
    "message": DONE,
    "program_output": DONE,
    "reasoning": _raws({"summary": []}),
    "shell_call": DONE,
    "shell_call_output": DONE,
    "tool_search_call": DONE | _raws({"execution": "client"}),
    "tool_search_output": DONE | _raws({"execution": "client"}),
    "web_search_call": DONE,
}
"""What an item of each type has when nothing was said; of a type that isn't here only the id is made up."""
IN_CONVERSATION: dict[str, Fields] = {**ITEM_DEFAULTS, "custom_tool_call": {}, "custom_tool_call_output": {}}
"""The same for an item of a conversation, whose custom tool calls have no status."""

PART_DEFAULTS: dict[str, Fields] = {
    "input_image": _raws({"detail": "auto"}),
    "output_text": _raws({"annotations": [], "logprobs": []}),
}
PARTS = {
    "message": "content",
    "function_call_output": "output",
    "custom_tool_call_output": "output",
}
"""Where items hold content parts, or a string in their place."""

TEXTS = frozenset({"input_text", "output_text", "text"})


def shown(
    stored: StoredItem, include: Include = (), seal: Seal | None = None, *, in_conversation: bool = False
) -> msgspec.Raw:
    """The item's JSON as a list or a lookup gives it out: whole, and with sealed reasoning where `include` asks for it.

    In a conversation every role may have parts of every type; elsewhere text is called by its role.
    """
    fields = _fields(stored.raw)
    kind = _kind(fields)
    said = {name: value for name, value in fields.items() if name not in {"id", "type", "status"} or value != NULL}
    defaults = IN_CONVERSATION if in_conversation else ITEM_DEFAULTS
    whole = _raws({"type": kind, "id": stored.id}) | defaults.get(kind, {}) | said
    if kind in PARTS and PARTS[kind] in said:
        text = "output_text" if said.get("role") == ASSISTANT else "input_text"
        whole[PARTS[kind]] = _content(said[PARTS[kind]], kind, text, rename=not in_conversation)
    whole = fields | whole
    raw = msgspec.Raw(stored.raw) if whole == fields else msgspec.Raw(_encode(whole))
    return given_out(raw, HIDDEN.keys(), seal if SEALED in include else None)


def _kind(fields: Fields) -> str:
    said: str | None = msgspec.json.decode(fields.get("type", NULL))
    return said or "message"


def _content(content: msgspec.Raw, kind: str, text: str, *, rename: bool) -> msgspec.Raw:
    if kind == "message" and bytes(content).startswith(b'"'):
        return msgspec.Raw(_encode([_raws({"type": text, "text": content}) | PART_DEFAULTS.get(text, {})]))
    if not bytes(content).startswith(b"["):
        return content
    parts = _list(content)
    whole = [_part(part, text if rename else None) for part in parts]
    return content if whole == parts else msgspec.Raw(_encode(whole))


def _part(part: msgspec.Raw, text: str | None) -> msgspec.Raw:
    """A part with the members that its type requires; text is `text`, unless None, whatever the client called it."""
    if not bytes(part).startswith(b"{"):
        return part
    fields = _fields(part)
    try:
        kind = _part_head(part).type
    except msgspec.ValidationError:
        return part
    whole = dict(fields)
    if text and kind in TEXTS:
        kind, whole["type"] = text, msgspec.Raw(_encode(text))
    for name, value in PART_DEFAULTS.get(kind or "", {}).items():
        if whole.get(name, NULL) == NULL:
            whole[name] = value
    return part if whole == fields else msgspec.Raw(_encode(whole))
