"""The doors of a run that nobody waits for: its steps are kept, its end is kept with its answer."""

import asyncio

import engine_answers
import pytest
from plain_doors import Upstream

from antiphon.engine import run_state
from antiphon.engine.commands import SaveStep
from antiphon.engine.durable import DurableRun
from antiphon.engine.replies import UpstreamDone, UpstreamOpened
from antiphon.engine.run_state import RunState
from antiphon.errors import LeaseLost
from antiphon.runner.background import Background, NoAnswers
from antiphon.runner.broadcast import Broadcast
from antiphon.runner.drive import drive
from antiphon.runner.journal import Journal, Writer
from antiphon.store.memory import MemoryStore
from antiphon.store.runs import Batch, NewRun
from antiphon.testing import check_stream, parse_sse
from antiphon.testing.playbook import chunks, said
from antiphon.tools.server_tools import ServerTools

WHOLE = (
    UpstreamOpened(),
    chunks(said(content="Hel")),
    chunks(said(content="lo", finish="stop")),
    UpstreamDone(marked=True),
)


class Scene:
    """A run that is queued in a store in memory."""

    def __init__(self, upstream: Upstream) -> None:
        self.store = MemoryStore()
        self.run = DurableRun(engine_answers.planned(background=True).plan, engine_answers.sources())
        self.upstream = upstream

    async def doors(self, tools: ServerTools) -> Background:
        queued = self.run.enqueue()
        lines = b"\n".join(map(run_state.encode, queued.events.events))
        new = NewRun(answer=queued.answer, events=Batch(0, 1, lines), request=b"", state=run_state.encode(queued.state))
        self.lease = await self.store.runs.create("p", new, "me", 60)
        broadcast = Broadcast(self.store.runs, self.store.signals)
        self.writer = Writer(self.store.runs, broadcast)
        journal = Journal(self.lease, self.writer, lambda: None)
        return Background(self.upstream.ask, self.store.runs, broadcast, journal, tools)

    async def events(self) -> bytes:
        log = await self.store.runs.events_after("p", self.run.id, -1)
        lines = [line for batch in log.batches for line in batch.lines.split(b"\n")]
        return b"".join(b"event: %b\ndata: %b\n\n" % (line.split(b'"')[3], line) for line in lines)


class NoTools(ServerTools):
    def __init__(self) -> None:
        """None."""

    async def close(self) -> None:
        """Nothing is open."""


async def test_it_is_kept_step_by_step_to_its_end() -> None:
    scene = Scene(Upstream(WHOLE))
    finish = await drive(scene.run, await scene.doors(NoTools()))
    assert finish.error is None
    assert check_stream(await scene.events())["status"] == "completed"
    assert (await scene.store.get_answer("p", scene.run.id)).status == "completed"
    assert (await scene.store.runs.get("p", scene.run.id)).ended
    await scene.writer.close()


async def test_its_end_can_be_wished() -> None:
    scene = Scene(Upstream([*WHOLE[:2], asyncio.Event()]))
    doors = await scene.doors(NoTools())
    driving = asyncio.ensure_future(drive(scene.run, doors))
    await scene.upstream.waits.wait()
    doors.stop()
    await driving
    assert scene.upstream.closed
    assert check_stream(await scene.events())["status"] == "cancelled"
    await scene.writer.close()


async def test_what_was_taken_by_another_is_not_written() -> None:
    scene = Scene(Upstream(WHOLE))
    doors = await scene.doors(NoTools())
    await scene.store.runs.seize("p", scene.run.id, "other", 60)
    before = len(parse_sse(await scene.events()))
    with pytest.raises(LeaseLost):
        await drive(scene.run, doors)
    assert (len(parse_sse(await scene.events())), scene.upstream.calls) == (before, [])
    with pytest.raises(LeaseLost):
        await doors.save_step(SaveStep(RunState(phase="queued", sequence=2)))
    await scene.writer.close()


async def test_answers_are_kept_with_their_ends() -> None:
    scene = Scene(Upstream(WHOLE))
    with pytest.raises(NotImplementedError):
        await NoAnswers().save_answer("p", scene.run.enqueue().answer)
