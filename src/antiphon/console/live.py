"""Parts of a page that follow what happens: HTML over server-sent events, rendered anew when something has changed.

Looked at once in a while as long as somebody watches, ever more seldom where a look costs much, and not at all
otherwise. What is told as it happens is `growing.py`. Counterpart: `static/console.js`.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from time import perf_counter

from starlette.responses import StreamingResponse

from antiphon.runner.open_runs import OpenRuns

PING_AFTER = 15
"""Looks without a change after which a comment keeps the connection open."""
SHARE = 0.02
"""How much of the time looks may take."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is watched: `mark` changes with what there is, `render` gives the HTML."""

    mark: Callable[[], Hashable]
    render: Callable[[], Awaitable[str]]


def watch(part: Part, runs: OpenRuns, every: float) -> StreamingResponse:
    """The part's HTML now and whenever it changes, looked at every so many seconds, until one of both leaves."""
    return StreamingResponse(messages(part, runs, every), media_type="text/event-stream")


async def messages(part: Part, runs: OpenRuns, every: float) -> AsyncIterator[bytes]:
    """The events of it."""
    last: Hashable = None
    quiet = 0
    with bell(runs) as leaving:
        while not runs.closing:
            began = perf_counter()
            mark = part.mark()
            if mark != last:
                last, quiet = mark, 0
                yield f"event: part\ndata: {json.dumps(await part.render())}\n\n".encode()
            quiet += 1
            if quiet % PING_AFTER == 0:
                yield b": still here\n\n"
            await rings(leaving, max(every, (perf_counter() - began) / SHARE))


@contextmanager
def bell(runs: OpenRuns) -> Iterator[asyncio.Event]:
    """An event that is set when the server stops, so that nobody who waits for something else holds it up."""
    rung = asyncio.Event()
    with runs.looked_at(partial(asyncio.get_running_loop().call_soon_threadsafe, rung.set)):
        yield rung


async def rings(rung: asyncio.Event, within: float) -> bool:
    """Whether it is set within so many seconds."""
    try:
        async with asyncio.timeout(within):
            await rung.wait()
    except TimeoutError:
        return False
    return True
