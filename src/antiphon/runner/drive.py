"""The shell of a run: carries out its commands and brings it the replies, until it finishes.

All decisions are the `Run`'s (`engine/run.py`); all waiting is behind `Doors`. Counterpart: `foreground.py`.
"""

from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Iterator
from itertools import groupby
from typing import Protocol, assert_never

from antiphon.engine.commands import (
    Aid,
    CallTool,
    CallUpstream,
    Check,
    Command,
    Emit,
    Finish,
    Judge,
    ListTools,
    Measure,
    Save,
    SaveStep,
)
from antiphon.engine.replies import Reply, UpstreamChunks, UpstreamOpened
from antiphon.engine.run import Run
from antiphon.runner.observing import Observer


class Doors(Protocol):
    """What a run's commands are carried out with."""

    async def emit(self, command: Emit) -> None:
        """Hand events to the client; returns when it may be given more."""
        ...

    def emit_now(self, command: Emit) -> bool:
        """The same without waiting; False where that can't be, and nothing was handed on."""
        ...

    async def save_step(self, command: SaveStep) -> None:
        """Keep how far a durable run came, with the events so far; returns when it is kept."""
        ...

    def call(self, command: CallUpstream) -> None:
        """Begin an upstream call; its replies come through `reply`."""
        ...

    def use_tool(self, command: Aid) -> None:
        """Begin to use a tool of the server, or to look something up; several may be in use.

        The outcomes come through `reply`.
        """
        ...

    def save(self, command: Save) -> None:
        """Begin to save; the outcome comes through `reply`."""
        ...

    def reply(self) -> Awaitable[Reply]:
        """The next reply, to be waited for."""
        ...

    def meanwhile(self, tell: Callable[[UpstreamOpened], Awaitable[None]]) -> None:
        """Have `tell` called where the client is to be answered while `reply` is still waited for."""
        ...

    def at_hand(self) -> bool:
        """Whether the next reply is there already, since it came with the last one."""
        ...

    def hand_over(self, take: Callable[[UpstreamChunks], bool]) -> Awaitable[None] | None:
        """Have `take` called with chunks where they arrive, until it gives False or another reply comes; or None."""
        ...

    def interrupted(self) -> Reply:
        """What to tell a run whose waiting was cancelled; raises `CancelledError` where the program itself ends."""
        ...

    async def close(self) -> None:
        """Let go of whatever is still open."""
        ...


async def drive(run: Run, doors: Doors, observer: Observer | None = None) -> Finish:
    """Drive `run` to its end and return how it ended. `observer` looks on."""
    return await _Driver(run, doors, observer).to_end()


class _Driver:
    """Nearly all of a stream is chunks whose events the client takes at once: those wake no task (`_take`)."""

    def __init__(self, run: Run, doors: Doors, observer: Observer | None) -> None:
        self._run = run
        self._doors = doors
        self._observer = observer
        self._last: type[Reply] | None = None
        self._left: list[Command] = []

    async def to_end(self) -> Finish:
        self._doors.meanwhile(self._tell)
        try:
            commands = self._run.start()
            while True:
                for command in _joined(commands):
                    finish = await self._carry_out(command)
                    if finish is not None:
                        return finish
                commands = await self._next()
                while self._doors.at_hand():
                    commands += await self._next()
        finally:
            await self._doors.close()

    async def _carry_out(self, command: Command) -> Finish | None:
        if isinstance(command, Emit):
            await self._doors.emit(command)
            return None
        if isinstance(command, SaveStep):
            await self._doors.save_step(command)
            return None
        if self._observer is not None:
            self._observer.asked(command)
        if isinstance(command, Finish):
            return command
        _begin(command, self._doors)
        return None

    async def _next(self) -> list[Command]:
        """What the run wants after the replies that come now."""
        try:
            handed = self._doors.hand_over(self._take) if self._last is UpstreamChunks else None
            if handed is not None:
                await handed
                if self._left:
                    return self._what_is_left()
            reply = await self._doors.reply()
        except CancelledError:
            reply = self._doors.interrupted()
        if self._observer is not None and not (self._last is type(reply) is UpstreamChunks):
            self._observer.told(reply)
        self._last = type(reply)
        return [*self._what_is_left(), *self._run.handle(reply)]

    async def _tell(self, reply: UpstreamOpened) -> None:
        """Tell the run something else than it waits for. All that it wants then is to say so."""
        if self._observer is not None:
            self._observer.told(reply)
        for command in _joined(self._run.handle(reply)):
            await self._carry_out(command)

    def _what_is_left(self) -> list[Command]:
        left, self._left = self._left, []
        return left

    def _take(self, chunks: UpstreamChunks) -> bool:
        """Have the run take chunks where they arrive. What must be waited for is done next, by `to_end`."""
        commands = self._run.handle(chunks)
        for place, command in enumerate(commands):
            if not (isinstance(command, Emit) and self._doors.emit_now(command)):
                self._left = commands[place:]
                return False
        return True


def _joined(commands: list[Command]) -> Iterator[Command]:
    """The commands; events that follow each other leave together."""
    for kind, row in groupby(commands, type):
        if kind is Emit:
            yield Emit([event for command in row if isinstance(command, Emit) for event in command.events])
        else:
            yield from row


def _begin(command: CallUpstream | Aid | Save, doors: Doors) -> None:
    """Have carried out what the run waits for."""
    match command:
        case CallUpstream():
            doors.call(command)
        case CallTool() | ListTools() | Check() | Measure() | Judge():
            doors.use_tool(command)
        case Save():
            doors.save(command)
        case _:
            assert_never(command)
