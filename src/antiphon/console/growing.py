"""A timeline that goes on, for a page that draws it: its steps as JSON, each when it begins, goes on or ends.

The run tells when there is something new, so that nobody looks in between, and what lasts grows in the browser by
itself. Counterparts: `static/growing.js`, which draws; `timeline.py`, the drawing of the server; `runner/timeline.py`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

import msgspec

from antiphon.console.live import bell, rings
from antiphon.console.timeline import MOST, label
from antiphon.runner.open_runs import OpenRuns
from antiphon.runner.timeline import Span, Timeline

TOGETHER = 0.1
"""Seconds in which what is new is told as one."""
QUIET = 15.0
"""Seconds without news after which a comment keeps the connection open."""

Step = tuple[str, str, str, int, int | None, int | None, int | None, str | None]
"""Kind, label, name, then milliseconds after the beginning: start, opened, first token, end; and a fault."""


class Grown(msgspec.Struct):
    """What is new: where the axis ends (milliseconds), the steps by their number, and how many there are."""

    now: int
    steps: dict[int, Step]
    count: int


class News:
    """What one page doesn't know yet of a timeline."""

    def __init__(self, timeline: Timeline, clock: Callable[[], float]) -> None:
        self._timeline = timeline
        self._clock = clock
        self._known: dict[int, Step] = {}
        self._seen = 0

    def take(self) -> Grown:
        """What is new since this was last asked."""
        spans = self._timeline.spans
        numbers = [*self._known, *range(self._seen, min(len(spans), MOST))]
        self._seen = min(len(spans), MOST)
        steps = {number: self._step(spans[number]) for number in numbers}
        new = {number: step for number, step in steps.items() if self._known.get(number) != step}
        # A step that has ended stays as it is.
        self._known = {number: step for number, step in steps.items() if spans[number].end is None}
        return Grown(self._after(self._timeline.end or self._clock()) or 0, new, len(spans))

    def _step(self, span: Span) -> Step:
        start = self._after(span.start) or 0
        opened, first, end = (self._after(moment) for moment in (span.opened, span.first, span.end))
        return span.kind, label(span), span.name, start, opened, first, end, span.fault

    def _after(self, moment: float | None) -> int | None:
        return None if moment is None else round((moment - self._timeline.began) * 1000)


async def grown(
    timeline: Timeline, clock: Callable[[], float], runs: OpenRuns, quiet: float = QUIET
) -> AsyncIterator[bytes]:
    """Server-sent events: what there is, what is new whenever there is something, and at its end `over`.

    They end without it when the server stops (`runs`).
    """
    news = News(timeline, clock)
    with bell(runs) as heard, watched(timeline, heard.set):
        while not runs.closing:
            heard.clear()
            over = timeline.end is not None
            yield b"event: %s\ndata: %s\n\n" % (b"over" if over else b"grown", msgspec.json.encode(news.take()))
            if over:
                return
            while not await rings(heard, quiet):
                yield b": still here\n\n"
            await asyncio.sleep(TOGETHER)


@contextmanager
def watched(timeline: Timeline, hear: Callable[[], None]) -> Iterator[None]:
    """While the block runs, `hear` is called when there may be something new."""
    timeline.watchers.append(hear)
    try:
        yield
    finally:
        timeline.watchers.remove(hear)
