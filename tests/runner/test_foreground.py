"""The doors of a run whose client waits for it, with an upstream, a store and a client of plain lists."""

import asyncio
from collections.abc import Callable

import pytest
from plain_doors import Client, Slow, Store, Upstream

from antiphon.engine.commands import CallTool, CallUpstream, Check, Finish, Judge, ListTools, Measure
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.replies import (
    Cancelled,
    Checked,
    Judged,
    Measured,
    ToolDone,
    ToolProgress,
    ToolsListed,
    UpstreamDone,
    UpstreamFailed,
    UpstreamOpened,
)
from antiphon.engine.run import Run
from antiphon.errors import StoreFault, UpstreamUnavailable
from antiphon.runner.drive import drive
from antiphon.runner.foreground import Foreground
from antiphon.testing import check_stream
from antiphon.testing.playbook import chunks, said
from antiphon.wire.mcp import McpTool
from antiphon.wire.moderation import ModerationResult

HELLO = (UpstreamOpened({"antiphon-replay": "repeated"}), chunks(said(content="Hel")), chunks(said(content="lo")))
WHOLE = (*HELLO, UpstreamDone(marked=True))
LONG = 60.0
SERVER = McpTool(server_label="s", server_url="http://127.0.0.1/mcp")
TOOL_CALL = CallTool("1", "mcp", {"server": SERVER, "name": "f"}, "{}")


class Tools:
    """Answers every call with `5`, once `held` lets it."""

    def __init__(self, held: asyncio.Event | None = None) -> None:
        self.held = held
        self.waits = asyncio.Event()
        self.cancelled = 0
        self.closed = False

    async def list(self, command: ListTools) -> ToolsListed:
        return ToolsListed(command.server.server_label)

    async def call(self, command: CallTool, report: Callable[[ToolProgress], None]) -> ToolDone:
        del report
        try:
            if self.held:
                self.waits.set()
                await self.held.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return ToolDone(command.item_id, Outcome("5"))

    async def check(self, command: Check) -> Checked:
        raise NotImplementedError(command)

    async def measure(self, command: Measure) -> Measured:
        raise NotImplementedError(command)

    async def judge(self, command: Judge) -> Judged:
        return Judged(command.side, ModerationResult(flagged=False, model=command.model))

    async def close(self) -> None:
        self.closed = True


def doors_of(upstream: Upstream, store: Store, client: Client, open_after: float | None = None) -> Foreground:
    return Foreground(upstream.ask, store, "p", client, open_after=open_after)


async def test_an_answer_reaches_the_client_and_is_kept_before_its_end(run: Run) -> None:
    upstream, store = Upstream(WHOLE), Store()
    client = Client(store)
    finish = await drive(run, doors_of(upstream, store, client, LONG))
    assert finish.error is None
    assert check_stream(client.stream)["status"] == "completed"
    assert (len(store.kept), client.kept_before_end) == (1, 1)
    assert client.headers == {"antiphon-replay": "repeated"}
    assert upstream.closed


async def test_the_client_is_answered_though_the_upstream_says_nothing(run: Run) -> None:
    go_on = asyncio.Event()
    upstream, store = Upstream([go_on, *WHOLE]), Store()
    client = Client(store)
    driving = asyncio.ensure_future(drive(run, doors_of(upstream, store, client, 0.01)))
    await client.told.wait()
    assert client.kinds == ["created", "in_progress"]
    go_on.set()
    await driving
    assert check_stream(client.stream)["status"] == "completed"


async def test_without_patience_a_failure_before_the_status_is_an_error(run: Run) -> None:
    error = UpstreamUnavailable("Nobody is there.")
    upstream, store = Upstream([UpstreamFailed(error)]), Store()
    client = Client(store)
    finish = await drive(run, doors_of(upstream, store, client, LONG))
    assert (finish.error, client.events, store.kept) == (error, [], [])


@pytest.mark.parametrize("at", [0, 1, 2, 3], ids=["before the status", "opened", "in the middle", "near the end"])
async def test_a_client_that_leaves_ends_the_call(run: Run, at: int) -> None:
    upstream, store = Upstream([*WHOLE[:at], asyncio.Event()]), Store()
    client = Client(store)
    doors = doors_of(upstream, store, client, LONG)
    driving = asyncio.ensure_future(drive(run, doors))
    await upstream.waits.wait()
    seen = len(client.events)
    doors.leave()
    await driving
    assert upstream.closed
    assert len(client.events) == seen
    assert [answer.status for answer in store.kept] == (["cancelled"] if at else [])


@pytest.mark.parametrize("slow", [False, True], ids=["after it was answered", "while it is answered"])
async def test_a_client_that_leaves_when_it_is_answered_early_ends_the_call(run: Run, *, slow: bool) -> None:
    upstream, store = Upstream([asyncio.Event()]), Store()
    client = Slow(store) if slow else Client(store)
    doors = doors_of(upstream, store, client, 0.01)
    driving = asyncio.ensure_future(drive(run, doors))
    await client.told.wait()
    await asyncio.sleep(0)
    doors.leave()
    if isinstance(client, Slow):
        client.room.set()
    await driving
    assert (upstream.closed, client.kinds) == (True, ["created", "in_progress"])
    assert [answer.status for answer in store.kept] == ["cancelled"]


async def test_what_comes_while_the_client_is_answered_early_comes_behind(run: Run) -> None:
    go_on = asyncio.Event()
    upstream, store = Upstream([go_on, *WHOLE]), Store()
    client = Slow(store)
    driving = asyncio.ensure_future(drive(run, doors_of(upstream, store, client, 0.01)))
    await client.told.wait()
    go_on.set()
    await asyncio.sleep(0.01)
    assert client.kinds == ["created", "in_progress"]
    client.room.set()
    await driving
    assert check_stream(client.stream)["status"] == "completed"


async def test_a_run_that_is_stopped_says_so_to_its_client(run: Run) -> None:
    upstream, store = Upstream([*HELLO, asyncio.Event()]), Store()
    client = Client(store)
    doors = doors_of(upstream, store, client, LONG)
    driving = asyncio.ensure_future(drive(run, doors))
    await upstream.waits.wait()
    doors.stop()
    await driving
    assert upstream.closed
    final = check_stream(client.stream)
    assert (final["status"], final["output"][0]["content"][0]["text"]) == ("cancelled", "Hello")
    assert [answer.status for answer in store.kept] == ["cancelled"]


async def test_two_wishes_at_once_are_one(run: Run) -> None:
    upstream, store = Upstream([*HELLO, asyncio.Event()]), Store()
    doors = doors_of(upstream, store, Client(store), LONG)
    driving = asyncio.ensure_future(drive(run, doors))
    await upstream.waits.wait()
    doors.stop()
    doors.leave()
    await driving
    assert (upstream.closed, [answer.status for answer in store.kept]) == (True, ["cancelled"])


async def ended_while_it_saves(driving: "asyncio.Future[Finish]", store: Store) -> None:
    """What is being saved is saved all the same."""
    await store.waits.wait()
    driving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await driving
    assert store.held
    store.held.set()
    await store.saved.wait()


async def test_whoever_ends_the_task_while_a_wished_end_is_saved_ends_it(run: Run) -> None:
    upstream, store = Upstream([*HELLO, asyncio.Event()]), Store(held=asyncio.Event())
    doors = doors_of(upstream, store, Client(store), LONG)
    driving = asyncio.ensure_future(drive(run, doors))
    await upstream.waits.wait()
    doors.stop()
    await ended_while_it_saves(driving, store)
    assert [answer.status for answer in store.kept] == ["cancelled"]


async def test_a_wish_and_an_end_at_once_are_an_end(run: Run) -> None:
    upstream, store = Upstream([*HELLO, asyncio.Event()]), Store()
    doors = doors_of(upstream, store, Client(store), LONG)
    driving = asyncio.ensure_future(drive(run, doors))
    await upstream.waits.wait()
    doors.stop()
    driving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await driving
    assert (upstream.closed, store.kept) == (True, [])


async def test_leaving_never_ends_a_save(run: Run) -> None:
    upstream, store = Upstream(WHOLE), Store(held=asyncio.Event())
    client = Client(store)
    doors = doors_of(upstream, store, client, LONG)
    driving = asyncio.ensure_future(drive(run, doors))
    await store.waits.wait()
    doors.leave()
    assert store.held
    store.held.set()
    await driving
    assert [answer.status for answer in store.kept] == ["completed"]


async def test_a_task_that_is_cancelled_never_ends_a_save(run: Run) -> None:
    upstream, store = Upstream(WHOLE), Store(held=asyncio.Event())
    driving = asyncio.ensure_future(drive(run, doors_of(upstream, store, Client(store), LONG)))
    await ended_while_it_saves(driving, store)
    assert [answer.status for answer in store.kept] == ["completed"]


async def test_a_cancelled_task_is_no_client_that_left(run: Run) -> None:
    upstream, store = Upstream([*HELLO, asyncio.Event()]), Store()
    driving = asyncio.ensure_future(drive(run, doors_of(upstream, store, Client(store), LONG)))
    await upstream.waits.wait()
    driving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await driving
    assert upstream.closed
    assert store.kept == []


async def test_what_is_not_kept_is_not_completed(run: Run) -> None:
    error = StoreFault("The disk is full.")
    upstream, store = Upstream(WHOLE), Store(error=error)
    client = Client(store)
    finish = await drive(run, doors_of(upstream, store, client, LONG))
    assert finish.error is error
    assert client.kinds[-2:] == ["error", "failed"]
    assert "completed" not in client.kinds


async def test_the_call_of_a_turn_before_is_let_go_of_while_tools_are_waited_for() -> None:
    upstream, store = Upstream(WHOLE), Store()
    tools = Tools()
    doors = Foreground(upstream.ask, store, "p", Client(store), tools=tools)
    doors.call(CallUpstream("up", {}))
    while not isinstance(await doors.reply(), UpstreamDone):
        pass
    closed = [upstream.closed]
    doors.use_tool(TOOL_CALL)
    assert await doors.reply() == ToolDone("1", Outcome("5"))
    assert [*closed, upstream.closed] == [False, True]
    doors.use_tool(ListTools(SERVER))
    assert await doors.reply() == ToolsListed("s")
    await doors.close()
    assert tools.closed


async def test_tools_that_are_under_way_end_with_the_run() -> None:
    store, tools = Store(), Tools(held=asyncio.Event())
    doors = Foreground(Upstream([]).ask, store, "p", Client(store), tools=tools)
    doors.use_tool(TOOL_CALL)
    doors.use_tool(TOOL_CALL)
    await tools.waits.wait()
    await doors.close()
    assert tools.cancelled == 2


async def test_no_tool_is_begun_once_the_run_is_to_end() -> None:
    store, tools = Store(), Tools(held=asyncio.Event())
    doors = Foreground(Upstream([]).ask, store, "p", Client(store), tools=tools)
    doors.stop()
    doors.use_tool(TOOL_CALL)
    assert await doors.reply() == Cancelled()
    await doors.close()
    assert (tools.waits.is_set(), tools.cancelled) == (False, 0)


def test_a_run_without_tools_may_not_use_one() -> None:
    store = Store()
    with pytest.raises(RuntimeError, match="without tools"):
        Foreground(Upstream([]).ask, store, "p", Client(store)).use_tool(TOOL_CALL)


class Reporter(Tools):
    """Reports twice before it answers; what it says before the run asks for a reply isn't lost."""

    async def call(self, command: CallTool, report: Callable[[ToolProgress], None]) -> ToolDone:
        report(ToolProgress(command.item_id, "one"))
        await super().call(command, report)
        report(ToolProgress(command.item_id, "two"))
        return ToolDone(command.item_id, Outcome("5"))


async def test_what_a_tool_reports_comes_at_once_and_before_its_outcome() -> None:
    store, tools = Store(), Reporter(asyncio.Event())
    doors = Foreground(Upstream([]).ask, store, "p", Client(store), tools=tools)
    doors.use_tool(TOOL_CALL)
    assert await doors.reply() == ToolProgress("1", "one")
    assert not tools.closed
    assert tools.held is not None
    tools.held.set()
    assert await doors.reply() == ToolProgress("1", "two")
    assert await doors.reply() == ToolDone("1", Outcome("5"))
    await doors.close()


async def test_reports_of_many_tools_are_all_told() -> None:
    store = Store()
    doors = Foreground(Upstream([]).ask, store, "p", Client(store), tools=Reporter())
    for number in range(5):
        doors.use_tool(CallTool(str(number), "image_generation", {}, "{}"))
    replies = [await doors.reply() for _ in range(15)]
    for item_id in map(str, range(5)):
        own = [reply for reply in replies if isinstance(reply, ToolProgress | ToolDone) and reply.item_id == item_id]
        assert [getattr(reply, "piece", "done") for reply in own] == ["one", "two", "done"]
    await doors.close()
