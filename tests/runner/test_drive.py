"""A run is driven to its end: its commands are carried out in order, and everything is let go of."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from engine_answers import planned, sources

from antiphon.engine.commands import Aid, CallUpstream, Emit, Finish, Save, SaveStep
from antiphon.engine.replies import (
    Cancelled,
    Reply,
    Saved,
    UpstreamChunks,
    UpstreamDone,
    UpstreamFailed,
    UpstreamOpened,
)
from antiphon.engine.run import Run
from antiphon.engine.state import State
from antiphon.errors import UpstreamUnavailable
from antiphon.runner.drive import drive
from antiphon.testing.playbook import chunks, said


class Doors:
    """Writes down what it is asked, and gives the replies of a list."""

    def __init__(self, *replies: Reply | BaseException) -> None:
        self.asked: list[str] = []
        self._replies = list(replies)

    async def emit(self, command: Emit) -> None:
        self.asked.append(f"emit {len(command.events)}")

    def emit_now(self, command: Emit) -> bool:
        raise AssertionError(command)

    def at_hand(self) -> bool:
        """It has to be waited for."""
        return False

    def hand_over(self, take: Callable[[UpstreamChunks], bool]) -> Awaitable[None] | None:
        """There is nothing to hand over."""
        del take
        return None

    async def save_step(self, command: SaveStep) -> None:
        raise AssertionError(command)

    def call(self, command: CallUpstream) -> None:
        self.asked.append(f"call {command.upstream}")

    def use_tool(self, command: Aid) -> None:
        raise AssertionError(command)

    def save(self, command: Save) -> None:
        self.asked.append(f"save {command.answer.status}")

    def reply(self) -> Awaitable[Reply]:
        return self._next()

    def meanwhile(self, tell: Callable[[UpstreamOpened], Awaitable[None]]) -> None: ...

    async def _next(self) -> Reply:
        reply = self._replies.pop(0)
        if isinstance(reply, BaseException):
            raise reply
        return reply

    def interrupted(self) -> Reply:
        self.asked.append("interrupted")
        return Cancelled()

    async def close(self) -> None:
        self.asked.append("close")


async def test_commands_are_carried_out_in_order(run: Run) -> None:
    doors = Doors(UpstreamOpened(), chunks(said(content="Hi", finish="stop")), UpstreamDone(marked=True), Saved())
    assert await drive(run, doors) == Finish()
    assert [asked.split()[0] for asked in doors.asked] == ["call", "emit", "emit", "emit", "save", "emit", "close"]
    assert run.state is State.COMPLETED


async def test_the_last_events_leave_together() -> None:
    doors = Doors(UpstreamOpened(), chunks(said(content="Hi", finish="stop")), UpstreamDone(marked=True))
    assert await drive(Run(planned(store=False).plan, sources()), doors) == Finish()
    assert doors.asked == ["call up", "emit 2", "emit 3", "emit 4", "close"]


class AtHand(Doors):
    """Doors whose last two replies came in one read."""

    def at_hand(self) -> bool:
        return len(self._replies) == 1


async def test_events_of_replies_that_came_together_leave_together() -> None:
    doors = AtHand(UpstreamOpened(), chunks(said(content="Hi", finish="stop")), UpstreamDone(marked=True))
    assert await drive(Run(planned(store=False).plan, sources()), doors) == Finish()
    assert doors.asked == ["call up", "emit 2", "emit 7", "close"]


async def test_a_failure_before_the_beginning_is_the_outcome(run: Run) -> None:
    error = UpstreamUnavailable("Nobody is there.")
    doors = Doors(UpstreamFailed(error))
    assert await drive(run, doors) == Finish(error=error)
    assert doors.asked[-1] == "close"


async def test_what_interrupts_is_a_reply(run: Run) -> None:
    doors = Doors(UpstreamOpened(), asyncio.CancelledError(), Saved())
    assert await drive(run, doors) == Finish()
    assert "interrupted" in doors.asked
    assert run.state is State.CANCELLED


async def test_everything_is_let_go_of_when_something_breaks(run: Run) -> None:
    doors = Doors(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        await drive(run, doors)
    assert doors.asked[-1] == "close"


class Handing(Doors):
    """Doors that hand chunks over, until the client is behind after `prompt` of them."""

    def __init__(self, *replies: Reply | BaseException, handed: int, prompt: int, ends: bool = False) -> None:
        super().__init__(*replies)
        self.events: list[int] = []
        self._handed = handed
        self._prompt = prompt
        self._ends = ends

    async def emit(self, command: Emit) -> None:
        await super().emit(command)
        self.events += [event.sequence_number for event in command.events]

    def emit_now(self, command: Emit) -> bool:
        self._prompt -= 1
        if self._prompt < 0:
            return False
        self.events += [event.sequence_number for event in command.events]
        return True

    def hand_over(self, take: Callable[[UpstreamChunks], bool]) -> Awaitable[None] | None:
        return self._hand(take) if self._handed else None

    async def _hand(self, take: Callable[[UpstreamChunks], bool]) -> None:
        await asyncio.sleep(0)
        while self._handed:
            self._handed -= 1
            if not take(chunks(said(content="more"))):
                if self._ends:
                    raise asyncio.CancelledError
                return


@pytest.mark.parametrize("prompt", range(4))
async def test_chunks_are_taken_where_they_arrive_and_waited_for_where_they_must(run: Run, prompt: int) -> None:
    begun, ended = chunks(said(content="Hi")), chunks(said(finish="stop"))
    doors = Handing(UpstreamOpened(), begun, ended, UpstreamDone(marked=True), Saved(), handed=3, prompt=prompt)
    # Whoever declined is given the others as they come later.
    assert await drive(run, doors) == Finish()
    assert doors.events == list(range(len(doors.events)))
    assert run.state is State.COMPLETED


async def test_who_is_stopped_while_the_client_is_behind_loses_no_event(run: Run) -> None:
    begun = chunks(said(content="Hi"))
    doors = Handing(UpstreamOpened(), begun, Saved(), handed=2, prompt=1, ends=True)
    assert await drive(run, doors) == Finish()
    assert doors.events == list(range(len(doors.events)))
    assert run.state is State.CANCELLED
