"""The course of a run over its turns: the conversation so far, the items made, the tokens and calls spent.

Not here: what follows from a reply (`run.py`), one turn's stream (`turn.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from antiphon.engine.belt import Belt
from antiphon.engine.citations import Bibliography, Citable, uncited
from antiphon.engine.commands import CallUpstream
from antiphon.engine.compaction import COMPACTION
from antiphon.engine.input import Item, stored_item
from antiphon.engine.kinds.face import Binding, Outcome
from antiphon.engine.kinds.retold import AnsweredCall, failure_text
from antiphon.engine.notes import Notes
from antiphon.engine.past import Past, written
from antiphon.engine.plan import Plan
from antiphon.engine.prompt import SYSTEM_ROLES, chat_messages
from antiphon.engine.review import correction, open_calls
from antiphon.engine.run_state import KeptPast, KeptSource, RunState, kept_past
from antiphon.engine.turn import Turn
from antiphon.engine.usage import added_usage
from antiphon.sources import Sources
from antiphon.wire.items import CompactedView
from antiphon.wire.responses import Usage

MAX_TURNS = 64
"""Turns after which no more calls are offered: a model that never stops calling must end some time."""

TOOL_FIELDS = frozenset({"tools", "tool_choice", "parallel_tool_calls"})


class Course:
    """`next_turn` before each turn, `call` to ask; `output` and `usage` are those of the whole response."""

    def __init__(self, plan: Plan, sources: Sources) -> None:
        self._plan = plan
        self._sources = sources
        self._past: list[Past] = []
        self._turn: Turn | None = None
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
        own = self._turn.output if self._turn else []
        return [*(item for past in self._past for item in past.output), *own]

    @property
    def usage(self) -> Usage | None:
        """The tokens of all turns together; None where no upstream told."""
        own = self._turn.told_usage if self._turn else None
        return added_usage([*(past.usage for past in self._past), own, *self._besides])

    @property
    def last_usage(self) -> Usage | None:
        """The tokens of the turn before this one, None where there is none or nothing was told."""
        ended = self._ended
        return ended[-1].usage if ended else None

    @property
    def tokens_left(self) -> int | None:
        """What earlier turns left of `max_output_tokens`; None without that limit, 0 where nothing is left."""
        limit = self._plan.response.max_output_tokens
        if limit is None:
            return None
        spent = sum(written(past.output, past.usage) for past in self._ended)
        own = written(self._turn.output, self._turn.told_usage) if self._turn else 0
        return max(limit - spent - own, 0)

    @property
    def second_try(self) -> bool:
        """Whether this turn is to mend what the one before it did wrong."""
        ended = self._ended
        return bool(ended) and bool(ended[-1].rejected)

    @property
    def _ended(self) -> list[Past]:
        """The turns that the model ended."""
        return [past for past in self._past if not past.aside]

    @property
    def calls(self) -> int:
        """How many of the server's tools were called."""
        return self._calls

    @property
    def besides(self) -> list[Usage | None]:
        """The tokens of what wasn't a turn."""
        return list(self._besides)

    @property
    def sources(self) -> list[KeptSource]:
        """What the model was told that its answer may cite."""
        known = self._bibliography.known if self._bibliography is not None else []
        return [KeptSource(dict(source.annotation), source.shown) for source in known]

    def kept(self, *, waiting: bool) -> list[KeptPast]:
        """The turns so far, as they are kept; what this one has stands aside, unless its calls are waited for."""
        own = self._turn.output if self._turn is not None and not waiting else []
        return [kept_past(past) for past in [*self._past, *([Past(tuple(own), aside=True)] if own else [])]]

    def go_on(self, state: RunState, past: Sequence[Past], compactions: Mapping[str, CompactedView]) -> None:
        """Be where a run was; `compactions` are the conversations that were made short, by the ids of their items."""
        self._calls = state.calls
        if self._bibliography is not None:
            self._bibliography.known += [Citable("", source.annotation, source.shown) for source in state.sources]
        for turn in past:
            self._past.append(turn)
            for item in turn.items:
                if item.id in compactions:
                    self.compacted(compactions[item.id], None)
            if not turn.aside:
                self._messages = [*self._messages, *self._said(turn)]
        self._besides = list(state.besides)

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
        if self._turn is not None:
            past, self._turn = self._over(self._turn), None
            self._past.append(past)
            self._messages = [*self._messages, *self._said(past)]
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
        self._turn = turn
        return turn

    def _over(self, turn: Turn) -> Past:
        """What is left of a turn."""
        told = {item_id: self._told(outcome) for item_id, outcome in turn.answered}
        return Past(tuple(turn.output), turn.told_usage, tuple(turn.rejected), told)

    def _said(self, past: Past) -> list[dict[str, Any]]:
        """The messages of a turn."""
        items = [_with_output(stored_item(stored), past.told) for stored in past.items]
        items += open_calls(items) if past.rejected else []
        said = chat_messages(None, items, self._plan.dialect, Notes(), inner=True)
        return [*said, *correction(past.rejected)]

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
        ended = self._ended
        spent = len(ended) >= MAX_TURNS or (limit is not None and self._calls >= limit)
        # What had to be called and was called wrongly has yet to be called.
        first = all(past.rejected for past in ended)
        tools = belt.fields(first=first, spent=spent)
        base = {name: value for name, value in self._plan.call.body.items() if name not in TOOL_FIELDS or tools}
        base.pop("tool_choice", None)
        if self.tokens_left is not None:
            base[self._plan.dialect.token_limit] = self.tokens_left
        body = {**base, **tools, "messages": self._messages}
        return CallUpstream(self._plan.call.upstream, body, self._plan.call.guard)


def _with_output(item: Item, told: Mapping[str, str]) -> Item:
    """A call with what its tool gave: its item need not show all of that."""
    if isinstance(item.view, AnsweredCall) and item.id in told:
        return replace(item, view=replace(item.view, output=told[item.id]))
    return item
