"""Parts of a page that follow what happens: HTML over server-sent events, rendered anew when something has changed.

Looked at a few times a second while somebody watches, and not at all otherwise. Counterpart: `static/console.js`.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import StreamingResponse

EVERY = 0.25
PING_AFTER = 60
"""Looks without a change after which a comment keeps the connection open."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is watched: `mark` changes with what there is, `render` gives the HTML, `over` says it was the last."""

    mark: Callable[[], Hashable]
    render: Callable[[], Awaitable[str]]
    over: Callable[[], bool]


def watch(request: Request, part: Part, every: float = EVERY) -> StreamingResponse:
    """The part's HTML now and whenever it changes, until it is over or the browser leaves."""
    return StreamingResponse(_messages(request, part, every), media_type="text/event-stream")


async def _messages(request: Request, part: Part, every: float) -> AsyncIterator[bytes]:
    last: Hashable = None
    quiet = 0
    while not await request.is_disconnected():
        mark, over = part.mark(), part.over()
        if mark != last or over:
            last, quiet = mark, 0
            yield f"event: {'over' if over else 'part'}\ndata: {json.dumps(await part.render())}\n\n".encode()
        if over:
            return
        quiet += 1
        if quiet % PING_AFTER == 0:
            yield b": still here\n\n"
        await asyncio.sleep(every)
