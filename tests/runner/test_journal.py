"""Events wait a moment and are written together; what couldn't be written waits on."""

import asyncio
from collections.abc import Sequence

from antiphon.errors import AntiphonError, LeaseLost, StoreFault
from antiphon.runner.broadcast import Broadcast
from antiphon.runner.journal import Journal, Writer
from antiphon.store.memory import MemoryStore
from antiphon.store.memory_runs import MemoryRuns
from antiphon.store.runs import Batch, Lease
from antiphon.wire.events import Event, RefusalDelta


def delta(number: int) -> Event:
    return RefusalDelta(item_id="i", output_index=0, content_index=0, delta="x", sequence_number=number)


class Runs(MemoryRuns):
    """Writes down what it is to append, and answers as told."""

    def __init__(self, *outcomes: AntiphonError | None) -> None:
        store = MemoryStore()
        super().__init__({}, store.save_answer, store.deliveries, lambda: 0.0)
        self.outcomes = list(outcomes)
        self.appended: list[list[tuple[int, int]]] = []

    async def append(self, batches: Sequence[tuple[Lease, Batch]]) -> list[AntiphonError | None]:
        self.appended.append([(batch.first, batch.last) for _, batch in batches])
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if isinstance(outcome, StoreFault):
            raise outcome
        return [outcome for _ in batches]


class Scene:
    def __init__(self, *outcomes: AntiphonError | None) -> None:
        self.runs = Runs(*outcomes)
        self.lost: list[str] = []
        self.writer = Writer(self.runs, Broadcast(self.runs, MemoryStore().signals), gather=0)
        self.journals = [self._journal("a"), self._journal("b")]

    def _journal(self, name: str) -> Journal:
        return Journal(Lease("p", name, 1), self.writer, lambda: self.lost.append(name))

    async def written(self, times: int) -> None:
        while len(self.runs.appended) < times:  # noqa: ASYNC110 - what is waited for is a plain list
            await asyncio.sleep(0.001)


async def test_events_of_many_runs_are_written_together() -> None:
    scene = Scene()
    for journal in scene.journals:
        await journal.emit([delta(3), delta(4)])
        await journal.emit([])
        await journal.emit([delta(5)])
    await scene.written(1)
    assert scene.runs.appended == [[(3, 5), (3, 5)]]
    await scene.journals[0].settled()
    assert scene.journals[0].take() is None
    await scene.writer.close()


async def test_a_step_takes_along_what_waits() -> None:
    scene = Scene()
    journal = scene.journals[0]
    await journal.emit([delta(0)])
    batch = journal.take([delta(1)])
    assert batch is not None
    assert (batch.first, batch.last, batch.lines.count(b"\n")) == (0, 1, 1)
    journal.put_back(batch, without=1)
    again = journal.take()
    assert again is not None
    assert (again.first, again.last) == (0, 0)
    await scene.writer.close()


async def test_what_a_store_did_not_take_is_written_later() -> None:
    scene = Scene(StoreFault("Busy."))
    journal = scene.journals[0]
    await journal.emit([delta(0)])
    await scene.written(1)
    await journal.emit([delta(1)])
    await scene.written(2)
    assert scene.runs.appended == [[(0, 0)], [(0, 1)]]
    await scene.writer.close()


async def test_a_run_that_is_anothers_is_told() -> None:
    scene = Scene(LeaseLost("Gone."))
    await scene.journals[1].emit([delta(0)])
    await scene.written(1)
    await scene.journals[1].settled()
    assert scene.lost == ["b"]
    await scene.writer.close()
