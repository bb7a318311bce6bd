"""The course of a run over its turns: the conversation so far, the items made, the tokens and calls spent.

Not here: what follows from a reply (`run.py`), one turn's stream (`turn.py`).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from antiphon.engine.belt import Belt
from antiphon.engine.citations import Bibliography, uncited
from antiphon.engine.commands import CallUpstream
from antiphon.engine.compaction import COMPACTION
from antiphon.engine.input import Item, stored_item
from antiphon.engine.kinds.face import Binding, Outcome
from antiphon.engine.kinds.retold import AnsweredCall, failure_text
from antiphon.engine.notes import Notes
from antiphon.engine.plan import Plan
from antiphon.engine.prompt import SYSTEM_ROLES, chat_messages
from antiphon.engine.review import correction, open_calls
from antiphon.engine.tokens import estimated
from antiphon.engine.turn import Turn
from antiphon.engine.usage import added_usage
from antiphon.sources import Sources
from antiphon.wire.answers import StoredItem
from antiphon.wire.items import CompactedView, ItemHead
from antiphon.wire.responses import Usage

MAX_TURNS = 64
"""Turns after which no more calls are offered: a model that never stops calling must end some time."""

TOOL_FIELDS = frozenset({"tools", "tool_choice", "parallel_tool_calls"})

_head = msgspec.json.Decoder(ItemHead)


_fields = msgspec.json.Decoder(dict[str, Any])
WORDS = ("arguments", "input", "content", "action", "operation", "text", "refusal")
"""Members of an item in which the model's own words stand."""


class Course:
    """`next_turn` before each turn, `call` to ask; `output` and `usage` are those of the whole response."""

    def __init__(self, plan: Plan, sources: Sources) -> None:
        self._plan = plan
        self._sources = sources
        self._turns: list[Turn] = []
        self._messages: list[dict[str, Any]] = list(plan.call.body["messages"])
        self._calls = 0
        self._besides: list[Usage | None] = []
        cites = any(binding.face.cites for binding in plan.bindings.values())
        # A link inside an answer that must be JSON would spoil it.
        free = plan.form is None and "response_format" not in plan.call.body
        self._bibliography = Bibliography() if cites and free else None

    @property
    def output(self) -> list[msgspec.Raw]:
        """All items so far."""
        return [item for turn in self._turns for item in turn.output]

    @property
    def usage(self) -> Usage | None:
        """The tokens of all turns together; None where no upstream told."""
        return added_usage([*(turn.told_usage for turn in self._turns), *self._besides])

    @property
    def last_usage(self) -> Usage | None:
        """The tokens of the turn before this one, None where there is none or nothing was told."""
        return self._turns[-2].told_usage if len(self._turns) > 1 else None

    @property
    def tokens_left(self) -> int | None:
        """What earlier turns left of `max_output_tokens`; None without that limit, 0 where nothing is left."""
        limit = self._plan.response.max_output_tokens
        return None if limit is None else max(limit - sum(map(_written, self._turns)), 0)

    @property
    def second_try(self) -> bool:
        """Whether this turn is to mend what the one before it did wrong."""
        return len(self._turns) > 1 and bool(self._turns[-2].rejected)

    def shortened(self, messages: list[dict[str, Any]]) -> None:
        """Go on with these messages: the others were too many for the model."""
        self._messages = messages

    def compacted(self, view: CompactedView, cost: Usage | None) -> None:
        """Go on with what is left of the conversation, and what the system said."""
        self._besides.append(cost)
        item = Item(id="", type=COMPACTION, raw=b"", view=view, at="input")
        told = chat_messages(None, [item], self._plan.dialect, Notes(), inner=True)
        self._messages = [*(one for one in self._messages if one["role"] in SYSTEM_ROLES), *told]

    def next_turn(self, bindings: Mapping[str, Binding]) -> Turn:
        """The turn after those so far; what they said and called is part of the conversation from now on."""
        if self._turns:
            rejected = self._turns[-1].rejected
            told = {item_id: self._told(outcome) for item_id, outcome in self._turns[-1].answered}
            items = [_with_output(stored_item(stored), told) for stored in stored_items(self._turns[-1].output)]
            items += open_calls(items) if rejected else []
            said = chat_messages(None, items, self._plan.dialect, Notes(), inner=True)
            self._messages = [*self._messages, *said, *correction(rejected)]
        plan, first = self._plan, len(self.output)
        turn = Turn(
            self._sources,
            first,
            bindings,
            plan.call_ids,
            self._bibliography,
            one_call=plan.one_call,
            holds_text=plan.form is not None,
            text_calls=plan.text_calls,
            summarised=plan.summarised,
        )
        self._turns.append(turn)
        return turn

    def _told(self, outcome: Outcome) -> str:
        if outcome.error is not None:
            return failure_text(outcome.error)
        if self._bibliography is None:
            return uncited(outcome.output, outcome.sources)
        return self._bibliography.told(outcome.output, outcome.sources)

    def may_call(self) -> bool:
        """Whether one more call of the server's tools is allowed; counts it."""
        limit = self._plan.response.max_tool_calls
        if limit is not None and self._calls >= limit:
            return False
        self._calls += 1
        return True

    def call(self, belt: Belt) -> CallUpstream:
        """What to ask the model next."""
        limit = self._plan.response.max_tool_calls
        spent = len(self._turns) > MAX_TURNS or (limit is not None and self._calls >= limit)
        # What had to be called and was called wrongly has yet to be called.
        first = all(turn.rejected for turn in self._turns[:-1])
        tools = belt.fields(first=first, spent=spent)
        base = {name: value for name, value in self._plan.call.body.items() if name not in TOOL_FIELDS or tools}
        base.pop("tool_choice", None)
        if self.tokens_left is not None:
            base[self._plan.dialect.token_limit] = self.tokens_left
        body = {**base, **tools, "messages": self._messages}
        return CallUpstream(upstream=self._plan.call.upstream, body=body)


def _with_output(item: Item, told: Mapping[str, str]) -> Item:
    """A call with what its tool gave: its item need not show all of that."""
    if isinstance(item.view, AnsweredCall) and item.id in told:
        return replace(item, view=replace(item.view, output=told[item.id]))
    return item


def _written(turn: Turn) -> int:
    """Tokens that the model wrote in a turn; estimated from its words where its server doesn't tell."""
    usage = turn.told_usage
    return usage.output_tokens if usage else estimated(sum(map(_size, map(_fields.decode, turn.output))))


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


def stored_items(output: list[msgspec.Raw]) -> list[StoredItem]:
    """Output items as the store keeps them."""
    return [StoredItem(id=_head.decode(raw).id or "", raw=bytes(raw)) for raw in output]
