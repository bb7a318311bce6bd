"""The doors of a run whose client waits for it: an upstream, a store, and a sink that the client reads.

A client that leaves ends the upstream call at once and never a save. Not here: HTTP (`server/`), what to
do when the client left (`engine/run.py`). Counterpart: `drive.py`.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from typing import Any, Protocol, assert_never

from antiphon.engine.commands import (
    Aid,
    CallTool,
    CallUpstream,
    Check,
    Emit,
    Judge,
    ListTools,
    Measure,
    Save,
    SaveStep,
)
from antiphon.engine.replies import (
    Cancelled,
    Checked,
    Judged,
    Measured,
    Reply,
    Saved,
    SaveFailed,
    ToolDone,
    ToolProgress,
    ToolsListed,
    UpstreamChunks,
    UpstreamFailed,
    UpstreamOpened,
)
from antiphon.errors import AntiphonError
from antiphon.wire.answers import Answer
from antiphon.wire.events import Event

Ask = Callable[[CallUpstream], AsyncGenerator[Reply, None]]
Take = Callable[[UpstreamChunks], bool]
Tell = Callable[[UpstreamOpened], Awaitable[None]]


class Sink(Protocol):
    """Where the events of a foreground run go."""

    def opened(self, headers: Mapping[str, str]) -> None:
        """The first upstream call has its status line; `headers` of it concern the client."""
        ...

    async def emit(self, events: list[Event]) -> None:
        """Take events; return when more may come."""
        ...


EmitNow = Callable[[list[Event]], bool]
"""What a `Sink` has as `emit_now` that needn't be waited for: False where it must be, and nothing was taken."""

HandOver = Callable[[Take], Awaitable[None] | None]
"""What replies have as `hand_over` that needn't be waited for: see `upstream/replies.py`."""


class Keep(Protocol):
    """What a foreground run needs of a store."""

    async def save_answer(self, project: str, answer: Answer) -> None:
        """Keep the answer durably, or raise."""
        ...


class Tools(Protocol):
    """The tools that this server runs itself, for one run."""

    async def list(self, command: ListTools) -> ToolsListed:
        """What a server offers; a fault is in the reply."""
        ...

    async def call(self, command: CallTool, report: Callable[[ToolProgress], None]) -> ToolDone:
        """A call's outcome; a fault is in the reply. `report` takes what is to be shown before it."""
        ...

    async def check(self, command: Check) -> Checked:
        """What is wrong with a text, or with a rule."""
        ...

    async def measure(self, command: Measure) -> Measured:
        """How long a call is, and may be; what can't be known is None."""
        ...

    async def judge(self, command: Judge) -> Judged:
        """What a moderation model finds in a text; why there is no judgement is in the reply."""
        ...

    async def close(self) -> None:
        """No more calls."""
        ...


async def _begun(tools: Tools, command: Aid, report: Callable[[ToolProgress], None]) -> Reply:
    match command:
        case CallTool():
            return await tools.call(command, report)
        case ListTools():
            return await tools.list(command)
        case Check():
            return await tools.check(command)
        case Measure():
            return await tools.measure(command)
        case Judge():
            return await tools.judge(command)
        case _:
            assert_never(command)


class Foreground:
    """One run's doors. `open_after` seconds without a status line, the client is answered all the same.

    `reply` is on the way of every token: while an upstream streams, it hands out the stream's own awaitable, and
    nothing stands between `drive` and the socket but the reading of it.
    """

    def __init__(  # noqa: PLR0913 - a door each
        self,
        ask: Ask,
        store: Keep,
        project: str,
        sink: Sink,
        *,
        tools: Tools | None = None,
        open_after: float | None = None,
    ) -> None:
        self._tools = tools
        self._using: dict[asyncio.Task[Reply], None] = {}
        self._reported: list[ToolProgress] = []
        self._woken: asyncio.Future[None] | None = None
        self._ask = ask
        self._store = store
        self._project = project
        self._sink = sink
        self._emit_now: EmitNow | None = getattr(sink, "emit_now", None)
        self._hand_over: HandOver | None = None
        self._open_after = open_after
        self._task: asyncio.Task[object] | None = None
        self._source: AsyncGenerator[Reply, None] | None = None
        self._ended: list[AsyncGenerator[Reply, None]] = []
        self._streaming = False
        self._tell: Tell | None = None
        self._opening: asyncio.Task[None] | None = None
        self._saving: asyncio.Future[Reply] | None = None
        self._interruptible = False
        self._left = False
        self._stopped = False
        self._stirred = False

    @property
    def stopping(self) -> bool:
        """Whether the run was told to stop while its client still waits."""
        return self._stopped and not self._left

    def leave(self) -> None:
        """The client is gone: the upstream call that is waited for ends now."""
        self._left = True
        self.stop()

    def stop(self) -> None:
        """The run is to end now, as cancelled; the client, if it is there, is told so."""
        self._stopped = True
        if self._interruptible and self._task is not None and not self._stirred:
            self._stirred = True
            self._task.cancel()

    async def emit(self, command: Emit) -> None:
        self._interruptible = False
        if command.events and not self._left:
            await self._sink.emit(command.events)

    def emit_now(self, command: Emit) -> bool:
        return self._left or not command.events or bool(self._emit_now and self._emit_now(command.events))

    async def save_step(self, command: SaveStep) -> None:
        raise RuntimeError(f"a run whose client waits isn't kept: {command.state.phase}")

    def call(self, command: CallUpstream) -> None:
        self._task = asyncio.current_task()
        self._end_call()
        self._source = self._ask(command)
        self._hand_over = None
        self._streaming = False

    def use_tool(self, command: Aid) -> None:
        if self._tools is None:
            raise RuntimeError("a run without tools of the server asks for one")
        self._task = asyncio.current_task()
        self._end_call()
        if self._stopped:
            # The reply says so; nothing is begun that might not be undone.
            return
        self._using[asyncio.ensure_future(_begun(self._tools, command, self._report))] = None

    def save(self, command: Save) -> None:
        self._interruptible = False
        self._saving = asyncio.ensure_future(self._save(command))

    def reply(self) -> Awaitable[Reply]:
        if self._saving is not None:
            return asyncio.shield(self._saving)
        if self._stopped:
            return self._cancelled()
        self._interruptible = True
        if self._using:
            return self._tool_reply()
        if self._source is None:
            raise RuntimeError("a run waits for a reply to nothing")
        return self._source.__anext__() if self._streaming else self._first_reply(self._source)

    def meanwhile(self, tell: Tell) -> None:
        self._tell = tell

    def at_hand(self) -> bool:
        return self._streaming and not self._stopped and bool(getattr(self._source, "at_hand", False))

    def hand_over(self, take: Take) -> Awaitable[None] | None:
        if self._hand_over is None or self._stopped or self._saving is not None or self._using:
            return None
        self._interruptible = True
        return self._hand_over(take)

    def interrupted(self) -> Reply:
        self._interruptible = False
        stirred, self._stirred = self._stirred, False
        if not stirred or self._task is None or self._task.uncancel():
            # Somebody else ends the task itself, perhaps while what the wish came to is being saved.
            raise asyncio.CancelledError
        return Cancelled()

    async def close(self) -> None:
        self._interruptible = False
        for task in self._using:
            task.cancel()
        if self._using:
            await asyncio.wait(self._using)
        if self._tools is not None:
            await self._tools.close()
        self._end_call()
        await self._let_go()
        # Whoever drove the run knows these doors: a circle would wait for the garbage collector, with all of the run.
        self._tell = None

    def _end_call(self) -> None:
        """The upstream call of a turn before has said all: its connection is to be free while others are waited for."""
        if self._source is not None:
            self._ended.append(self._source)
            self._source = self._hand_over = None

    async def _let_go(self) -> None:
        while self._ended:
            await self._ended[-1].aclose()
            self._ended.pop()

    def _report(self, progress: ToolProgress) -> None:
        self._reported.append(progress)
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)

    async def _tool_reply(self) -> Reply:
        """What a tool reports, or the outcome of whichever is done first."""
        await self._let_go()
        done: set[asyncio.Future[Any]] = set()
        if not self._reported:
            self._woken = asyncio.get_running_loop().create_future()
            waited: list[asyncio.Future[Any]] = [*self._using, self._woken]
            done, _ = await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if self._reported:
            # A tool that is done has reported before.
            return self._reported.pop(0)
        first = next(task for task in self._using if task in done)
        del self._using[first]
        try:
            return first.result()
        except AntiphonError as error:
            return UpstreamFailed(error)

    async def _cancelled(self) -> Reply:
        return Cancelled()

    async def _first_reply(self, source: AsyncGenerator[Reply, None]) -> Reply:
        """The reply that says how the call begins; the client isn't kept waiting for it for ever."""
        if self._ended:
            await self._let_go()
        patience, self._open_after = self._open_after, None
        reply = await (source.__anext__() if patience is None else self._patient(source.__anext__(), patience))
        if isinstance(reply, UpstreamOpened):
            self._streaming = True
            if self._emit_now is not None:
                self._hand_over = getattr(source, "hand_over", None)
            self._sink.opened(reply.headers)
        return reply

    async def _patient(self, reply: Coroutine[Any, Any, Reply], patience: float) -> Reply:
        """A reply; if it takes longer than that, the client is answered meanwhile."""
        timer = asyncio.get_running_loop().call_later(patience, self._open)
        try:
            return await reply
        finally:
            timer.cancel()
            if self._opening is not None:
                await self._opening

    def _open(self) -> None:
        if self._tell is not None and not self._stopped:
            self._opening = asyncio.ensure_future(self._opened(self._tell))

    async def _opened(self, tell: Tell) -> None:
        await tell(UpstreamOpened())
        # What was told made it wait for the client; now it waits for the upstream again.
        self._interruptible = True
        if self._stopped:
            self.stop()

    async def _save(self, command: Save) -> Reply:
        try:
            await self._store.save_answer(self._project, command.answer)
        except AntiphonError as error:
            return SaveFailed(error)
        return Saved()
