"""Carries a run out for an HTTP client, streamed or as one JSON answer.

Not here: what the answer is made of (`engine/`), the bytes of events (`sse.py`). Counterpart:
`runner/foreground.py`, the doors that it opens.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress

import msgspec
from starlette.responses import Response as HttpResponse
from starlette.types import Receive, Scope, Send

from antiphon.engine.commands import Finish
from antiphon.engine.run import Run
from antiphon.errors import ServerStopping
from antiphon.runner.drive import drive
from antiphon.runner.foreground import Foreground
from antiphon.runner.observing import Observer, watching
from antiphon.server.callers import project_of
from antiphon.server.coded import BODY_WRITER
from antiphon.server.errors import JSON
from antiphon.server.front import RAW_SEND
from antiphon.server.services import Services
from antiphon.server.sse import TERMINAL, EventStream, LastEvent, attend
from antiphon.wire.responses import Response

OPEN_AFTER = 0.15
"""Seconds after which a stream is opened though the upstream hasn't answered yet."""


class Connection:
    """One HTTP request's ends: what came in, and where the answer goes."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send

    def header(self, name: str) -> str | None:
        """A request header by its lower-case name."""
        wanted = name.encode()
        return next((value.decode("latin-1") for key, value in self.scope["headers"] if key == wanted), None)


async def answer_stream(
    run: Run, services: Services, connection: Connection, headers: Mapping[str, str], pad: Callable[[], str] | None
) -> None:
    """Stream the run's events. Raises the error the client is owed while no status was sent."""
    stream = EventStream(connection.send, connection.scope.get(RAW_SEND, connection.send), headers, pad)
    stream.writer = connection.scope.get(BODY_WRITER)
    every = None if services.replays else services.config.ping_every
    project = project_of(connection.scope)
    tools = services.tools_of(project, run.id)
    doors = Foreground(services.client.ask, services.store, project, stream, tools=tools, open_after=OPEN_AFTER)
    observer = watching(services.watches, run, project)
    stream.tap = services.tap(project, run.id)
    async with Attending(connection.receive, doors.leave, stream, every):
        finish = await _driven(run, doors, services, observer)
    if finish.error and not stream.started:
        raise finish.error
    if stream.started:
        await stream.end()


async def answer_json(run: Run, services: Services, connection: Connection, headers: Mapping[str, str]) -> None:
    """Answer with the response object when the run has ended. Raises the error the client is owed."""
    response, more = await final_response(run, services, connection.scope, connection.receive)
    if response is not None:
        body = msgspec.json.encode(response)
        answer = HttpResponse(body, media_type=JSON, headers={**headers, **more})
        await answer(connection.scope, connection.receive, connection.send)


async def final_response(
    run: Run, services: Services, scope: Scope, receive: Receive
) -> tuple[Response | None, Mapping[str, str]]:
    """The response when the run has ended, None where the client left; and headers that go with it.

    Raises the error the client is owed.
    """
    last, project = LastEvent(), project_of(scope)
    doors = Foreground(services.client.ask, services.store, project, last, tools=services.tools_of(project, run.id))
    async with Attending(receive, doors.leave):
        finish = await _driven(run, doors, services, watching(services.watches, run, project))
    if finish.error:
        raise finish.error
    if last.event is None and doors.stopping:
        raise ServerStopping("The server was stopped before the upstream answered. Ask again.")
    return (last.event.response if isinstance(last.event, TERMINAL) else None), last.headers


async def _driven(run: Run, doors: Foreground, services: Services, observer: Observer | None) -> Finish:
    """Drive the run, in the request's own task: the first thing that is waited for is the upstream."""
    with services.open_runs.holding(doors):
        return await drive(run, doors, observer)


class Attending:
    """Watches the client while a block runs."""

    def __init__(
        self,
        receive: Receive,
        leave: Callable[[], object],
        stream: EventStream | None = None,
        every: float | None = None,
    ) -> None:
        self._attend = attend(receive, leave, stream, every)

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._attend)

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
