"""The whole answer to one request, as a conversation: told replies, it answers with commands.

`start()` once, then `handle(reply)` until a `Finish` comes back. Nothing here waits, looks at a clock
or reaches outside. Not here: one upstream stream (`turn.py`), how a request becomes a plan (`prepare.py`).
Counterpart: `runner/drive.py`, which carries the commands out.
"""

from typing import Any, assert_never

import msgspec

from antiphon.engine.commands import Command, Emit, Finish, Save
from antiphon.engine.plan import Plan
from antiphon.engine.replies import (
    Cancelled,
    Reply,
    Saved,
    SaveFailed,
    UpstreamChunks,
    UpstreamDone,
    UpstreamFailed,
    UpstreamOpened,
)
from antiphon.engine.state import IllegalMove, State, move
from antiphon.engine.turn import Turn
from antiphon.engine.usage import response_usage
from antiphon.errors import AntiphonError, UpstreamCut, UpstreamGarbage, UpstreamRefused
from antiphon.sources import Sources
from antiphon.wire import events as ev
from antiphon.wire.answers import Answer, StoredItem
from antiphon.wire.items import ItemHead
from antiphon.wire.responses import IncompleteDetails, Response, ResponseError

TERMINAL: dict[State, type[ev.ResponseCompleted | ev.ResponseIncomplete | ev.ResponseFailed]] = {
    State.COMPLETED: ev.ResponseCompleted,
    State.INCOMPLETE: ev.ResponseIncomplete,
    State.FAILED: ev.ResponseFailed,
    State.CANCELLED: ev.ResponseIncomplete,
}
HTTP_TOO_MANY = 429
KNOWN_TIERS = frozenset({"auto", "default", "flex", "scale", "priority", "fast", "ultrafast"})

_encode = msgspec.json.Encoder().encode
_head = msgspec.json.Decoder(ItemHead)


class Run:
    """One response in the making."""

    def __init__(self, plan: Plan, sources: Sources) -> None:
        self.state = State.QUEUED
        self._plan = plan
        self._sources = sources
        self._turn = Turn(sources, bindings=plan.bindings, taken_ids=plan.call_ids)
        self._sequence = 0
        self._ending: tuple[State, Response, AntiphonError | None] | None = None

    def start(self) -> list[Command]:
        """The first commands."""
        self.state = move(self.state, State.ASKING)
        return [self._plan.call]

    def handle(self, reply: Reply) -> list[Command]:
        """What to do now that `reply` came. Raises `IllegalMove` for a reply nothing was asked for."""
        match reply:
            case UpstreamChunks(chunks):
                commands = self._open() if self.state is not State.STREAMING else []
                commands.append(self._emit([event for chunk in chunks for event in self._turn.feed(chunk)]))
            case UpstreamOpened():
                commands = self._open()
            case UpstreamDone(marked):
                commands = self._done(marked=marked)
            case UpstreamFailed(error):
                commands = self._failed(error)
            case Cancelled():
                commands = self._cancelled()
            case Saved():
                commands = self._end(None)
            case SaveFailed(error):
                commands = self._unsaved(error)
            case _:
                assert_never(reply)
        return commands

    def _open(self) -> list[Command]:
        if self.state is State.STREAMING:
            return []
        self.state = move(self.state, State.STREAMING)
        response = self._plan.response
        return [self._emit([ev.ResponseCreated(response=response), ev.ResponseInProgress(response=response)])]

    def _done(self, *, marked: bool) -> list[Command]:
        if not marked and self._turn.finish_reason is None:
            return self._failed(UpstreamCut("The upstream's stream ended without a finish reason or [DONE]."))
        if self._turn.broken:
            return self._failed(UpstreamCut(f"The upstream broke its answer off: {self._turn.finish_reason}."))
        opened = self._open()
        events = self._turn.finish()
        if self._turn.nameless_call:
            error = UpstreamGarbage("The upstream asked for a tool without naming it.")
            return [*opened, *self._close(events, State.FAILED, error)]
        state = State.INCOMPLETE if self._turn.incomplete_reason else State.COMPLETED
        return [*opened, *self._close(events, state)]

    def _failed(self, error: AntiphonError) -> list[Command]:
        if self.state is State.ASKING:
            # Nothing was promised yet: the client gets an HTTP error and may try again.
            self.state = move(self.state, State.FAILED)
            return [Finish(error=error)]
        return self._close(self._turn.abort(), State.FAILED, error)

    def _cancelled(self) -> list[Command]:
        if self.state is State.ASKING:
            self.state = move(self.state, State.CANCELLED)
            return [Finish()]
        return self._close(self._turn.abort(), State.CANCELLED)

    def _close(self, events: list[ev.Event], state: State, error: AntiphonError | None = None) -> list[Command]:
        """Emit the last items, then save, then (in `_end`) the terminal event."""
        self.state = move(self.state, State.SAVING)
        response = self._response(state, error)
        self._ending = (state, response, error)
        if not self._plan.store:
            return [self._emit(events), *self._end(None)]
        return [self._emit(events), Save(self._answer(response))]

    def _unsaved(self, error: AntiphonError) -> list[Command]:
        """What isn't saved is never called completed."""
        if self.state is not State.SAVING:
            raise IllegalMove(f"nothing was to be saved in state {self.state}")
        self._ending = (State.FAILED, self._response(State.FAILED, error), error)
        return self._end(error)

    def _end(self, finish_error: AntiphonError | None) -> list[Command]:
        if self._ending is None:
            raise IllegalMove(f"nothing was to be saved in state {self.state}")
        state, response, error = self._ending
        self.state = move(self.state, state)
        events: list[ev.Event] = [_error_event(error)] if error else []
        events.append(TERMINAL[state](response=response))
        return [self._emit(events), Finish(error=finish_error)]

    def _emit(self, events: list[ev.Event]) -> Emit:
        """The one place where an event gets its number."""
        number = self._sequence
        for event in events:
            event.sequence_number = number
            number += 1
        self._sequence = number
        return Emit(events)

    def _response(self, state: State, error: AntiphonError | None) -> Response:
        reason = self._turn.incomplete_reason if state is State.INCOMPLETE else None
        tier = self._turn.service_tier
        return msgspec.structs.replace(
            self._plan.response,
            status=state.value,
            completed_at=self._sources.now() if state is State.COMPLETED else None,
            error=_response_error(error) if error else None,
            incomplete_details=IncompleteDetails(reason=reason) if reason else None,
            output=self._turn.output,
            usage=response_usage(self._turn.usage),
            service_tier=tier if tier in KNOWN_TIERS else "default",
        )

    def _answer(self, response: Response) -> Answer:
        return Answer(
            id=response.id,
            created_at=response.created_at,
            status=response.status,
            model=response.model,
            previous_response_id=response.previous_response_id,
            conversation_id=response.conversation.id if response.conversation else None,
            body=_encode(msgspec.structs.replace(response, output=[])),
            input=self._plan.input,
            output=tuple(StoredItem(id=_head.decode(raw).id or "", raw=bytes(raw)) for raw in response.output),
        )

    def __repr__(self) -> str:
        return f"<Run {self._plan.response.id} {self.state} at {self._sequence}>"


def _response_error(error: AntiphonError) -> ResponseError:
    """The nearest code of the API's list; the upstream's own stands in the `error` event."""
    limited = isinstance(error, UpstreamRefused) and error.upstream_status == HTTP_TOO_MANY
    code = "rate_limit_exceeded" if limited or error.code == "rate_limit_exceeded" else "server_error"
    return ResponseError(code=code, message=error.message)


def _error_event(error: AntiphonError) -> ev.StreamError:
    fields: dict[str, Any] = {"code": error.code or error.type, "message": error.message, "param": error.param}
    return ev.StreamError(**fields, error={"type": error.type, **fields})
