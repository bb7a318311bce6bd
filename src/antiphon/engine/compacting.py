"""Compaction within a response: when the context is too long, a turn that only summarises it, and then on from there.

`due` before each call; then `ask`, `feed` and `finish` for the turn, which has no events of its own but for the item
that comes of it. Pure. Not here: what the item holds (`compaction.py`), what the conversation is from then on
(`course.py`). Source: API reference, "Compaction"; `context_management` and `compaction_trigger` of "Create".
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from antiphon.engine.commands import CallUpstream
from antiphon.engine.compaction import ASKED, Wish, newest, summary_in
from antiphon.engine.kinds.compaction import CompactionItem
from antiphon.engine.seals import Seal
from antiphon.engine.tokens import estimate
from antiphon.engine.turn import Turn
from antiphon.sources import Sources
from antiphon.wire.chat import Chunks
from antiphon.wire.items import CompactedView
from antiphon.wire.responses import Usage

KEPT = frozenset({
    "model", "stream", "stream_options", "temperature", "top_p", "reasoning_effort", "service_tier", "prompt_cache_key",
    "safety_identifier", "user",
})  # fmt: skip
"""Members of a call that the call for a summary has too."""

_encode = msgspec.json.Encoder().encode


class Compacting:
    """One run's summaries. `asking` while what the upstream says belongs to one; `cost` is that of the last."""

    def __init__(self, wish: Wish, sources: Sources, seal: Seal | None) -> None:
        self.cost: Usage | None = None
        self._wish = wish
        self._sources = sources
        self._seal = seal
        self._turn: Turn | None = None
        self._scale = 1.0
        self._asked = 0
        self.asking = False

    @property
    def only(self) -> bool:
        """Whether the item is all that the response is to be."""
        return self._wish.trigger

    def due(self, call: CallUpstream, told: Usage | None) -> bool:
        """Whether the context is to be made short before this call; `told` is what the last one was counted as."""
        if self._seal is None:
            return False
        threshold = self._wish.threshold
        if threshold is None:
            return self._wish.trigger
        if told is not None and self._asked:
            self._scale = told.input_tokens / self._asked
        self._asked = estimate(call.body["messages"], call.body.get("tools") or [])
        return self._wish.trigger or self._asked * self._scale > threshold

    def ask(self, call: CallUpstream) -> CallUpstream:
        """The call that asks for a summary, in the place of this one."""
        self._turn, self.asking = Turn(self._sources), True
        # What is counted next is another conversation.
        self._asked = 0
        messages: list[dict[str, Any]] = [*call.body["messages"], {"role": "user", "content": ASKED}]
        body = {name: value for name, value in call.body.items() if name in KEPT}
        return replace(call, body={**body, "messages": messages}, guard=None)

    def feed(self, chunks: Sequence[Chunks]) -> None:
        """What came of the summary."""
        if self._turn is not None:
            for chunk in chunks:
                self._turn.feed(chunk)

    def finish(self) -> tuple[CompactedView, CompactionItem] | None:
        """What the conversation is from now on, and its item; None where the model wrote no summary.

        Without one the run goes on as it is, and asks for none again.
        """
        turn, self._turn, self.asking = self._turn, None, False
        if turn is None or self._seal is None:
            return None
        turn.finish()
        self.cost = turn.told_usage
        summary = "" if turn.incomplete_reason else summary_in(turn.output)
        if not summary:
            self._wish = replace(self._wish, threshold=None)
            return None
        view = CompactedView(said=newest(self._wish.said, whole_last=True), summary=summary)
        sealed = self._seal.close(_encode(view).decode())
        return view, CompactionItem(self._sources.ids("cmp"), sealed, asked_for=self.only)
