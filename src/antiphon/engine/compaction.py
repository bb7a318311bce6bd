"""Compaction: a conversation made short, as an item that a client carries and only this server can read.

What the user said stays word for word; everything else becomes a summary that the model writes. Pure. Not here: asking
for it (`server/routes/compact.py`), the seal (`seals.py`). Counterpart: `prompt.py`, which begins again at it.
"""

from collections.abc import Iterable, Sequence

import msgspec

from antiphon.engine.input import Item
from antiphon.wire.items import CompactedView, MessageView

ASKED = """\
Write a summary of this conversation, for yourself: you will go on from it and from the user's own messages, without \
the rest. Say what the user wants, what was done and found out, what each tool call brought that still matters (names, \
paths, numbers, errors word for word), what was decided and why, and what comes next. Leave out what no longer \
matters. Answer with the summary alone."""
"""What the model is asked at the end of the conversation that it is to summarise."""

LONGEST_SAID = 20_000
"""Bytes of the user's messages that stay word for word, the newest; older ones are in the summary alone."""


class Compaction(msgspec.Struct, tag="compaction"):
    """The item."""

    id: str
    encrypted_content: str


def compacted(items: Sequence[Item], summary: str) -> CompactedView:
    """What is to be sealed of a conversation."""
    said: list[str | list[msgspec.Raw]] = []
    room = LONGEST_SAID
    for one in reversed(_said(items)):
        room -= len(msgspec.json.encode(one))
        if room < 0:
            break
        said.append(one)
    return CompactedView(said=said[::-1], summary=summary)


def _said(items: Iterable[Item]) -> list[str | list[msgspec.Raw]]:
    """The user's messages; a compaction holds those before it."""
    found: list[str | list[msgspec.Raw]] = []
    for item in items:
        match item.view:
            case MessageView(role="user", content=content):
                found.append(content)
            case CompactedView(said=said):
                found = list(said)
    return found
