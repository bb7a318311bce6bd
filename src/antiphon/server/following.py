"""Shows the events of a response in the background to an HTTP client, from any number on, as often as it likes.

A client that leaves ends nothing but its own stream. Not here: where events come from (`runner/broadcast.py`).
Counterpart: `answering.py`, for a client that waits for its response.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field

import msgspec
from starlette.requests import Request

from antiphon.errors import InvalidRequest, NotFound
from antiphon.runner.broadcast import Broadcast
from antiphon.server.answering import Attending, Connection
from antiphon.server.callers import project_of
from antiphon.server.front import RAW_SEND
from antiphon.server.paging import MAX_DIGITS
from antiphon.server.services import Services
from antiphon.server.sse import EventStream
from antiphon.wire.responses import Response

START = -1
"""The number after which a whole stream follows."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which response to show, behind which event; `pad` gives padding, where the client wants it."""

    response_id: str
    after: int = START
    headers: Mapping[str, str] = field(default_factory=dict)
    pad: Callable[[], str] | None = None


@dataclass(slots=True, eq=False)
class _Follower:
    """A client's stream; it is stopped when the client leaves or the server ends."""

    task: "asyncio.Task[None]"

    def stop(self) -> None:
        self.task.cancel()


def place_of(request: Request, pad: Callable[[], str]) -> Place:
    """What a request wants to see. Raises `InvalidRequest`."""
    said = request.query_params
    after = said.get("starting_after", "")
    if after and not (after.isascii() and after.isdecimal() and len(after) <= MAX_DIGITS):
        raise InvalidRequest(
            f"'starting_after' must be the sequence_number of an event, not '{after}'.", param="starting_after"
        )
    padded = said.get("include_obfuscation") == "true"
    return Place(request.path_params["id"], int(after) if after else START, pad=pad if padded else None)


async def check_followed(services: Services, project: str, response_id: str) -> None:
    """Raise `NotFound` for no response, and `InvalidRequest` for one whose events can't be shown."""
    saved = await services.store.get_answer(project, response_id)
    background = msgspec.json.decode(saved.body, type=Response).background
    try:
        await services.store.runs.get(project, response_id)
    except NotFound:
        said = (
            "The events of this response were kept for a time only, which is over. Get it without 'stream'."
            if background
            else "Only a response made in the background can be streamed again. Leave 'stream' out."
        )
        raise InvalidRequest(said, param="stream") from None


async def follow(services: Services, connection: Connection, place: Place) -> None:
    """Send the events, until the last or until the client leaves."""
    scope, project = connection.scope, project_of(connection.scope)
    stream = EventStream(connection.send, scope.get(RAW_SEND, connection.send), place.headers, place.pad)
    stream.tap = services.tap(project, place.response_id)
    every = None if services.replays else services.config.ping_every
    await stream.begin()
    follower = _Follower(asyncio.create_task(_show(services.worker.broadcast, project, place, stream)))
    with services.open_runs.holding(follower):
        async with Attending(connection.receive, follower.stop, stream, every):
            with suppress(asyncio.CancelledError):
                await follower.task
    await stream.end()


async def _show(broadcast: Broadcast, project: str, place: Place, stream: EventStream) -> None:
    async with aclosing(broadcast.follow(project, place.response_id, place.after)) as events:
        async for lines in events:
            await stream.emit_lines(lines)
