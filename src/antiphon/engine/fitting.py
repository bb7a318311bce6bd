"""Makes a call fit its model's context window, or says that it doesn't: a short conversation before the call.

`before` a call, `measured` when its tokens were counted, `refused` when the model server wouldn't have it; each says
what to do next. Pure. Not here: counting (`upstream/measuring.py`), what may be left out (`shortening.py`).
Counterpart: `run.py`.
"""

from dataclasses import dataclass, replace

from antiphon.engine.commands import CallUpstream, Measure
from antiphon.engine.replies import Measured
from antiphon.engine.shortening import Group, shortened
from antiphon.engine.tokens import at_least, estimate
from antiphon.errors import ContextTooLong

ROUNDS = 3
"""Times that one call is measured anew after something was left out."""
REFUSALS = 2
"""Times that a call which was too long is made again."""
LEAST_REFUSED = 0.7
"""What is left of a call that was refused without numbers."""
SURE = 2
"""A call that fits with so many times the tokens that it is estimated at does fit: no script has shorter tokens."""
USUAL_ANSWER = 1_024
LARGEST_ANSWER_PART = 8
"""Where no limit is set, the answer gets so many tokens, or this part of a small window."""

Step = CallUpstream | Measure | ContextTooLong


@dataclass(frozen=True, slots=True)
class Window:
    """How long a call may be, in tokens: None where that isn't known.

    With `auto` the oldest is left out of what doesn't fit. `counts` says that the model server counts tokens.
    """

    tokens: int | None = None
    auto: bool = False
    counts: bool = False


class Fitting:
    """The calls of one run."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._rounds = 0
        self._refusals = 0
        self._scale = 1.0
        self._asked_for_window = False

    def before(self, call: CallUpstream) -> Step:
        """What to do instead of making the call at once; the call itself where nothing."""
        self._rounds = 0
        window = self._window
        if window.tokens is None:
            if not window.auto or self._asked_for_window:
                return call
            self._asked_for_window = True
            return Measure(call, count=window.counts, window=True)
        about = estimate(*_said(call))
        if about * SURE <= self._room(call) or (not window.auto and about <= window.tokens):
            # Not worth a question: without leave to shorten, the model server's own refusal is as good as ours.
            return call
        if window.counts:
            return Measure(call, count=True, window=False)
        return self._estimated(call)

    def measured(self, call: CallUpstream, told: Measured) -> Step:
        """What to do now that the call's tokens are known, or can't be."""
        if self._window.tokens is None and told.window is None:
            return call
        self._window = replace(self._window, tokens=self._window.tokens or told.window)
        if told.tokens is None:
            self._window = replace(self._window, counts=False)
            return self._estimated(call)
        self._scale = told.tokens / max(estimate(*_said(call)), 1)
        return self._with_count(call, told.tokens)

    def refused(self, call: CallUpstream, fault: ContextTooLong) -> CallUpstream | None:
        """The call without more of its oldest, after the model server refused it for its length; None to give up."""
        if not self._window.auto or self._refusals >= REFUSALS:
            return None
        self._refusals += 1
        about = estimate(*_said(call)) * self._scale
        if fault.tokens is not None:
            self._scale *= fault.tokens / max(about, 1)
            about = fault.tokens
        if fault.window is not None:
            self._window = replace(self._window, tokens=fault.window)
        room = self._room(call) if fault.window is not None else about
        return self._shorter(call, about - min(room, about * LEAST_REFUSED))

    def _estimated(self, call: CallUpstream) -> Step:
        window = self._window
        if not window.auto:
            surely = at_least(*_said(call))
            return too_long(surely, window.tokens or 0) if surely > (window.tokens or surely) else call
        excess = estimate(*_said(call)) * self._scale - self._room(call)
        return (self._shorter(call, excess) or call) if excess > 0 else call

    def _with_count(self, call: CallUpstream, tokens: int) -> Step:
        window = self._window
        if not window.auto:
            return too_long(tokens, window.tokens or 0) if tokens > (window.tokens or tokens) else call
        if tokens <= self._room(call):
            return call
        shorter = self._shorter(call, tokens - self._room(call))
        if shorter is None:
            return call
        self._rounds += 1
        return shorter if self._rounds >= ROUNDS else Measure(shorter, count=True, window=False)

    def _shorter(self, call: CallUpstream, excess: float) -> CallUpstream | None:
        def weigh(group: Group) -> int:
            return round(estimate(group) * self._scale)

        messages = shortened(call.body["messages"], max(round(excess), 1), weigh)
        return None if messages is None else replace(call, body={**call.body, "messages": messages})

    def _room(self, call: CallUpstream) -> int:
        """Tokens that the call may have, so that there is room for the answer."""
        window = self._window.tokens or 0
        said = call.body.get("max_tokens") or call.body.get("max_completion_tokens")
        answer = said if isinstance(said, int) else min(USUAL_ANSWER, window // LARGEST_ANSWER_PART)
        return max(window - answer, 0)


def too_long(tokens: int, window: int) -> ContextTooLong:
    """The refusal of a call that can't fit."""
    return ContextTooLong(
        f"The input is {tokens:,} tokens or more, and the model's context window holds {window:,}. Shorten the input, "
        'or send "truncation": "auto" to have the oldest turns left out.',
        tokens=tokens,
        window=window,
    )


def _said(call: CallUpstream) -> tuple[list[dict[str, object]], list[object]]:
    return call.body["messages"], call.body.get("tools") or []
