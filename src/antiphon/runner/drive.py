"""The shell of a run: carries out its commands and brings it the replies, until it finishes.

All decisions are the `Run`'s (`engine/run.py`); all waiting is behind `Doors`. Counterpart: `foreground.py`.
"""

from asyncio import CancelledError
from collections.abc import Awaitable
from typing import Protocol, assert_never

from antiphon.engine.commands import (
    Aid,
    CallTool,
    CallUpstream,
    Check,
    Emit,
    Finish,
    Judge,
    ListTools,
    Measure,
    Save,
    SaveStep,
)
from antiphon.engine.replies import Reply, UpstreamChunks
from antiphon.engine.run import Run
from antiphon.runner.observing import Observer


class Doors(Protocol):
    """What a run's commands are carried out with."""

    async def emit(self, command: Emit) -> None:
        """Hand events to the client; returns when it may be given more."""
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

    def interrupted(self) -> Reply:
        """What to tell a run whose waiting was cancelled; raises `CancelledError` where the program itself ends."""
        ...

    async def close(self) -> None:
        """Let go of whatever is still open."""
        ...


async def drive(run: Run, doors: Doors, observer: Observer | None = None) -> Finish:
    """Drive `run` to its end and return how it ended. `observer` looks on."""
    last: type[Reply] | None = None
    try:
        commands = run.start()
        while True:
            for command in commands:
                if isinstance(command, Emit):
                    await doors.emit(command)
                    continue
                if isinstance(command, SaveStep):
                    await doors.save_step(command)
                    continue
                if observer is not None:
                    observer.asked(command)
                if isinstance(command, Finish):
                    return command
                _begin(command, doors)
            try:
                reply = await doors.reply()
            except CancelledError:
                reply = doors.interrupted()
            if observer is not None and not (last is type(reply) is UpstreamChunks):
                observer.told(reply)
            last = type(reply)
            commands = run.handle(reply)
    finally:
        await doors.close()


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
