"""One WebSocket connection: messages come in, each lane's responses go out.

A client that leaves ends what is under way, as over HTTP. Not here: how a response is made (`engine/`), the HTTP
routes (`routes/responses.py`). Source: API reference, "Responses: connect"; the guide "WebSocket mode".
"""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import msgspec
from starlette.types import Message, Receive, Scope, Send

from antiphon.engine.commands import Finish
from antiphon.engine.input import Item, stored_item
from antiphon.engine.notes import Notes
from antiphon.engine.prepare import Asked
from antiphon.engine.reading import read
from antiphon.engine.run import Run
from antiphon.errors import AntiphonError, ConnectionTooOld, InvalidRequest, NotFound, TooManyRequests
from antiphon.keys import INFERENCE
from antiphon.runner.drive import drive
from antiphon.runner.foreground import Foreground
from antiphon.runner.history import conversation_of, holding
from antiphon.runner.observing import watching
from antiphon.runner.quotas import Spender
from antiphon.server.access import bearer_of
from antiphon.server.answering import OPEN_AFTER
from antiphon.server.callers import caller_of
from antiphon.server.creating import PATH, Making, prepared
from antiphon.server.limits import check_nesting
from antiphon.server.rights import missing
from antiphon.server.services import Services
from antiphon.server.sockets.kept import Kept, Memory, ended_well, required_input
from antiphon.server.sockets.lane import Lane, LaneSink
from antiphon.server.sockets.steering import Steering, Waiting
from antiphon.server.templates import read_asked
from antiphon.sources import Sources
from antiphon.wire.responses import Response
from antiphon.wire.sockets import SocketError, SocketErrorDetail, SteerEvent, SteerRequest

MOST_LANES = 16
LONGEST = 3600.0
"""Seconds after which a connection is closed; the client opens another."""

NORMAL, FAULT = 1000, 1011
NOT_SETTINGS = frozenset({"type", "stream_id", "generate", "stream", "background", "event_id"})
STRICT = b"antiphon-strict"

Fields = dict[str, msgspec.Raw]


class Sockets:
    """The application of `/v1/responses` over WebSocket: a `Connection` each."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await Connection(self._services, scope, receive, send).serve()


class Frame(msgspec.Struct):
    """What tells a message's kind."""

    type: str | None = None
    stream_id: str | None = None
    generate: bool | None = None


class Connection:
    """A connection from its handshake to its end."""

    def __init__(self, services: Services, scope: Scope, receive: Receive, send: Send) -> None:
        self._services = services
        self._caller = caller_of(scope)
        self._bearer = bearer_of(scope["headers"])
        self._receive = receive
        self._raw_send = send
        self._strict = any(name == STRICT and value == b"1" for name, value in scope["headers"])
        self._unnamed = Lane(None, self._send_text, self._break)
        self._lanes: dict[str | None, Lane] = {None: self._unnamed}
        self._memory = Memory()
        self._steering = Steering(services.sources_for("GET", PATH, b""))
        self._lane_of: dict[str, Lane] = {}
        self._unsteerable: set[str] = set()
        self._open: set[Foreground] = set()
        self._left = False
        self._closing: asyncio.Future[None] | None = None

    async def serve(self) -> None:
        """Accept, and answer until one side has enough."""
        await self._receive()
        await self._raw_send({"type": "websocket.accept", "headers": self._limits()})
        try:
            async with asyncio.timeout(LONGEST):
                while (message := await self._receive())["type"] == "websocket.receive":
                    await self._take(message)
        except TimeoutError:
            await self._unnamed.say(_told(ConnectionTooOld("This connection is an hour old. Open another.")))
            await self._raw_send({"type": "websocket.close", "code": NORMAL})
        finally:
            await self._end()

    def _limits(self) -> list[tuple[bytes, bytes]]:
        """What the caller may still use. Later answers have no headers: who uses more is told so by an error."""
        meter, caller = self._services.meter, self._caller
        return [] if meter is None else meter.quotas.headers(Spender(caller.project, caller.key))

    async def _end(self) -> None:
        self._left = True
        for doors in tuple(self._open):
            doors.leave()
        for lane in self._lanes.values():
            await lane.end()

    async def _take(self, message: Message) -> None:
        """One message of the client. What is wrong with it is said, and the connection goes on."""
        text = message.get("text")
        data = text.encode() if text is not None else message.get("bytes") or b""
        lane = self._unnamed
        try:
            check_nesting(data)
            fields = read(data, dict[str, msgspec.Raw])
            frame = read(data, Frame)
            lane = Lane(frame.stream_id, self._send_text)
            match frame.type:
                case "response.create":
                    self._create(frame, _flattened(fields))
                case "response.steer":
                    await self._steer(fields, read(data, SteerRequest))
                case _:
                    raise InvalidRequest(
                        f"Unknown message type {frame.type!r}: send 'response.create' or 'response.steer'.",
                        code="invalid_value",
                        param="type",
                    )
        except AntiphonError as error:
            await lane.say(_told(error))

    def _create(self, frame: Frame, fields: Fields) -> None:
        lane = self._lane(frame.stream_id)
        if lane.full:
            raise TooManyRequests("Too many requests wait on this stream. Wait for their answers.")
        settings = {name: value for name, value in fields.items() if name not in NOT_SETTINGS}
        lane.add(partial(self._answer, lane, settings, generate=frame.generate is not False))

    async def _steer(self, fields: Fields, request: SteerRequest) -> None:
        response_id = request.previous_response_id
        if fields.keys() - {"type", "previous_response_id", "input"}:
            wrong = "A response.steer has a type, a previous_response_id and an input, and nothing else."
            events = self._steering.refused(request, "invalid_input", wrong)
        elif response_id in self._unsteerable:
            wrong = "A response that is bound to a conversation can't be steered."
            events = self._steering.refused(request, "steering_not_supported", wrong)
        else:
            kept = self._memory.find(response_id)
            required = kept.required if kept else None
            events = self._steering.take(request, known=kept is not None, required=required)
        await self._say_all(self._lane_of.get(response_id), events)

    def _lane(self, name: str | None) -> Lane:
        lane = self._lanes.get(name)
        if lane is None:
            if len(self._lanes) >= MOST_LANES:
                raise TooManyRequests(f"A connection has {MOST_LANES} streams at most. Open another connection.")
            lane = self._lanes[name] = Lane(name, self._send_text, self._break)
        return lane

    async def _answer(self, lane: Lane, settings: Fields, *, generate: bool, steered: Sequence[Waiting] = ()) -> None:
        """Answer one request. `steered` is the input that a successor was begun for."""
        if self._left:
            return
        previous: str | None = None
        waiting = list(steered)
        try:
            await self._still_admitted()
            with self._metered():
                sources, asked = await self._read(settings)
                previous = asked.request.previous_response_id
                kept = self._memory.find(previous)
                if not steered and (waiting := self._steering.use(previous)):
                    settings = {**settings, "input": _joined(waiting, settings.get("input"))}
                    sources, asked = await self._read(settings)
                if kept is not None and not kept.stored and asked.request.store is not False:
                    raise InvalidRequest(
                        f"Response '{previous}' isn't stored, so what continues it can't be either. "
                        "Send 'store': false.",
                        param="store",
                    )
                await self._respond(lane, _Request(asked, sources, settings, kept, generate=generate))
        except AntiphonError as error:
            # A continuation that failed: what it continued isn't trusted any more.
            self._memory.forget(previous)
            await self._say_all(lane, self._steering.failed(waiting, "successor_creation_failed", error.message))
            if not steered:
                await lane.say(_told(_by_its_name(error, previous)))

    async def _still_admitted(self) -> None:
        """A key may have ended since the handshake. Raises `Unauthorized`, `ScopeMissing`, `LimitReached`."""
        self._caller = await self._services.access.admit(self._bearer)
        if refusal := missing(INFERENCE, self._caller.scopes):
            raise refusal
        if self._services.meter is not None:
            await self._services.meter.check_storage(self._caller)

    def _metered(self) -> AbstractContextManager[None]:
        """Count a request on the connection. Raises `LimitReached` as it is entered."""
        meter = self._services.meter
        return nullcontext() if meter is None else meter.using(self._caller, streams=True)

    async def _read(self, settings: Fields) -> tuple[Sources, Asked]:
        body = msgspec.json.encode({**settings, "stream": True})
        sources = self._services.sources_for("POST", PATH, body)
        return sources, await read_asked(self._services.store, self._caller.project, body, sources)

    async def _respond(self, lane: Lane, request: "_Request") -> None:
        services, caller, asked = self._services, self._caller, request.asked
        making = Making(caller, request.sources, Notes())
        conversation = None if asked.request.store is False else conversation_of(asked)
        async with holding(services.store, caller.project, conversation, asked.response_id):
            before = request.kept.items if request.kept and not request.kept.stored else None
            ready = await prepared(services, asked, making, before)
            if self._strict:
                making.notes.refuse()
            run = Run(replace(ready.plan, generate=request.generate), request.sources, services.seal(caller.project))
            self._lane_of[run.id] = lane
            if asked.request.conversation is None:
                self._steering.begin(run.id)
            else:
                self._unsteerable.add(run.id)
            sink = LaneSink(lane)
            finish = await self._driven(run, sink)
        response = ended_well(sink.event)
        if response is not None:
            output = [stored_item(stored) for stored in run.output]
            await self._ended(lane, request, response, [*ready.items, *output])
            return
        await self._say_all(lane, self._steering.lost(run.id))
        if sink.event is None and finish.error is not None:
            raise finish.error
        self._memory.forget(asked.request.previous_response_id)

    async def _driven(self, run: Run, sink: LaneSink) -> Finish:
        services, project = self._services, self._caller.project
        tools = services.tools_of(project, run.id)
        doors = Foreground(services.client.ask, services.store, project, sink, tools=tools, open_after=OPEN_AFTER)
        self._open.add(doors)
        try:
            with services.open_runs.holding(doors):
                return await drive(run, doors, watching(services.watches, run, project))
        finally:
            self._open.discard(doors)

    async def _ended(self, lane: Lane, request: "_Request", response: Response, items: Sequence[Item]) -> None:
        """Remember the response, and go on with what was submitted for it meanwhile."""
        stored = request.asked.request.store is not False
        required = required_input(response)
        self._memory.keep(response.id, Kept([] if stored else list(items), stored, required))
        await self._say_all(lane, self._steering.ended(response.id, required))
        waiting = self._steering.use(response.id) if required is None else []
        if waiting:
            previous = msgspec.Raw(msgspec.json.encode(response.id))
            settings = {**request.settings, "previous_response_id": previous, "input": _joined(waiting, None)}
            lane.add(partial(self._answer, lane, settings, generate=True, steered=waiting), first=True)

    async def _say_all(self, lane: Lane | None, events: Sequence[SteerEvent]) -> None:
        for event in events:
            await (lane or self._unnamed).say(event)

    def _break(self) -> None:
        """A fault of this program: the client is told by the end of the connection, the log by the error itself."""
        if not self._left and self._closing is None:
            self._closing = asyncio.ensure_future(self._close_with(FAULT))

    async def _close_with(self, code: int) -> None:
        with suppress(OSError):
            await self._raw_send({"type": "websocket.close", "code": code})

    async def _send_text(self, text: bytes) -> None:
        if not self._left:
            # A client that is gone is told of by the next message; until then the run goes on, and ends in order.
            with suppress(OSError):
                await self._raw_send({"type": "websocket.send", "text": text.decode()})


@dataclass(frozen=True, slots=True)
class _Request:
    """One request: as it was read, the settings it was read from, and what it continues."""

    asked: Asked
    sources: Sources
    settings: Fields
    kept: Kept | None
    generate: bool


def _flattened(fields: Fields) -> Fields:
    """A request's fields, which some clients put into a member `response`."""
    outer = {name: value for name, value in fields.items() if name != "response"}
    return {**read(fields["response"], dict[str, msgspec.Raw], "response"), **outer} if "response" in fields else outer


def _joined(waiting: Sequence[Waiting], given: msgspec.Raw | None) -> msgspec.Raw:
    """Submitted input in the order it came, then the request's own."""
    items: list[Any] = [message for one in waiting for message in one.messages]
    own = msgspec.json.decode(given) if given is not None else []
    if isinstance(own, str):
        items.append({"type": "message", "role": "user", "content": own})
    elif isinstance(own, list):
        items += read(given or b"[]", list[msgspec.Raw], "input")
    return msgspec.Raw(msgspec.json.encode(items))


def _by_its_name(error: AntiphonError, previous: str | None) -> AntiphonError:
    """A response that can't be continued has a code of its own here: clients then send the whole context."""
    if isinstance(error, NotFound) and previous is not None and error.param == "previous_response_id":
        return InvalidRequest(error.message, code="previous_response_not_found", param=error.param)
    return error


def _told(error: AntiphonError) -> SocketError:
    detail = SocketErrorDetail(error.message, getattr(error, "kind", None) or error.type, error.code, error.param)
    return SocketError(detail, error.http_status)
