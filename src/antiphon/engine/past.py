"""What is left of a turn once the next has begun: its items, what the model was told of them, its tokens.

Pure. Not here: the turn while it goes on (`turn.py`). Counterparts: `course.py`, which goes on from it; `run_state.py`,
as which it is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from antiphon.engine.input import stored_item
from antiphon.engine.kinds.retold import AnsweredCall
from antiphon.engine.rejected import Rejected
from antiphon.engine.tokens import estimated
from antiphon.wire.answers import StoredItem
from antiphon.wire.items import ItemHead
from antiphon.wire.responses import Usage

WORDS = ("arguments", "input", "content", "action", "operation", "text", "refusal")
"""Members of an item in which the model's own words stand."""

_head = msgspec.json.Decoder(ItemHead)
_fields = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True)
class Past:
    """A turn that is over.

    `told` has by item id what the model was told of a call where its item needn't say it; `rejected` is what it was to
    make again. Items that stand `aside` belong to no turn that the model ended: lists of tools, a conversation made
    short, and what was interrupted, which the model isn't told.
    """

    output: Sequence[msgspec.Raw]
    usage: Usage | None = None
    rejected: Sequence[Rejected] = ()
    told: Mapping[str, str] = field(default_factory=dict)
    aside: bool = False

    @cached_property
    def items(self) -> list[StoredItem]:
        """Its items as the store keeps them."""
        return stored_items(self.output)

    @cached_property
    def untold(self) -> dict[str, str]:
        """What the model was told of calls beyond what their items say."""
        views = {item.id: stored_item(item).view for item in self.items if item.id in self.told}
        said = {key: view.output for key, view in views.items() if isinstance(view, AnsweredCall)}
        return {key: text for key, text in self.told.items() if said.get(key) != text}


def written(output: Sequence[msgspec.Raw], usage: Usage | None) -> int:
    """Tokens that the model wrote in a turn; estimated from its words where its server doesn't tell."""
    return usage.output_tokens if usage else estimated(sum(map(_size, map(_fields.decode, output))))


def _size(value: object) -> int:
    match value:
        case str():
            return len(value.encode(errors="replace"))
        case list():
            return sum(map(_size, value))
        case dict():
            return sum(_size(value[name]) for name in WORDS if name in value)
        case _:
            return 0


def stored_items(output: Sequence[msgspec.Raw]) -> list[StoredItem]:
    """Output items as the store keeps them."""
    return [StoredItem(id=_head.decode(raw).id or "", raw=bytes(raw)) for raw in output]
