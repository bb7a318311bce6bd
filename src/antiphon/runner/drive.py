"""The shell of a run: carries out its commands and brings it the replies, until it finishes.

All decisions are the `Run`'s (`engine/run.py`); all waiting is behind `Doors`. Counterpart: `foreground.py`.
"""

from asyncio import CancelledError
from collections.abc import Awaitable
from typing import Protocol, assert_never

from antiphon.engine.commands import CallTool, CallUpstream, Check, Emit, Finish, ListTools, Measure, Save
from antiphon.engine.replies import Reply
from antiphon.engine.run import Run


class Doors(Protocol):
    """What a run's commands are carried out with."""

    async def emit(self, command: Emit) -> None:
        """Hand events to the client; returns when it may be given more."""
        ...

    def call(self, command: CallUpstream) -> None:
        """Begin an upstream call; its replies come through `reply`."""
        ...

    def use_tool(self, command: CallTool | ListTools | Check | Measure) -> None:
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


async def drive(run: Run, doors: Doors) -> Finish:
    """Drive `run` to its end and return how it ended."""
    try:
        commands = run.start()
        while True:
            for command in commands:
                match command:
                    case Emit():
                        await doors.emit(command)
                    case CallUpstream():
                        doors.call(command)
                    case CallTool() | ListTools() | Check() | Measure():
                        doors.use_tool(command)
                    case Save():
                        doors.save(command)
                    case Finish():
                        return command
                    case _:
                        assert_never(command)
            try:
                reply = await doors.reply()
            except CancelledError:
                reply = doors.interrupted()
            commands = run.handle(reply)
    finally:
        await doors.close()
