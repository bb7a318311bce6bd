"""Stored items as the API shows them: every member that an item must have, and its raw JSON otherwise untouched.

Clients may leave out a message's type, its id, its status, and write its content as a string; what is shown
has them all. Counterpart: `input.py`, which reads the short forms.
"""

from typing import Any

import msgspec

from antiphon.wire.answers import StoredItem

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode

STATUS = msgspec.Raw(b'"completed"')
WITHOUT_STATUS = frozenset(
    {
        "additional_tools", "compaction", "compaction_trigger", "configuration_update", "item_reference",
        "mcp_approval_request", "mcp_approval_response", "mcp_list_tools", "program", "reasoning",
    }
)  # fmt: skip
"""Item types that have no status, or none they must have."""


def shown(stored: StoredItem) -> msgspec.Raw:
    """The item's JSON as a list or a lookup gives it out."""
    fields = _decode(stored.raw)
    kind = msgspec.json.decode(fields["type"]) if "type" in fields else "message"
    missing: dict[str, msgspec.Raw] = {}
    if "type" not in fields:
        missing["type"] = msgspec.Raw(b'"message"')
    if fields.get("id", b"null") == b"null":
        missing["id"] = msgspec.Raw(_encode(stored.id))
    if kind not in WITHOUT_STATUS and fields.get("status", b"null") == b"null":
        missing["status"] = STATUS
    if kind == "message" and "content" in fields and bytes(fields["content"]).startswith(b'"'):
        missing["content"] = _parts(fields)
    return msgspec.Raw(_encode({**fields, **missing})) if missing else msgspec.Raw(stored.raw)


def _parts(message: dict[str, msgspec.Raw]) -> msgspec.Raw:
    """A message's content, written as a string, as the list of one part that it stands for."""
    part: dict[str, Any] = {"type": "input_text", "text": message["content"]}
    if message.get("role") == b'"assistant"':
        part = {"type": "output_text", "text": message["content"], "annotations": [], "logprobs": []}
    return msgspec.Raw(_encode([part]))
