"""Reads the files of vector stores in the background: text, passages, vectors, and all of a file kept at once.

What is to be read stands in the store, so that a crash loses nothing: a file is held for `HELD` seconds, again and
again while somebody is at work on it, and is anybody's afterwards. A file that can't be read fails alone, and says
why. Not here: reading one (`reading.py`). Counterpart: `store/vectors.py`, whose rows are the queue.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from antiphon.errors import AntiphonError, StoreFault, UnreadableFile
from antiphon.store.vectors import Fault, Held, NewPassage, Vectors

log = logging.getLogger("antiphon")

HELD, RENEWED = 10.0, 3.0
"""Seconds for which a file is held, and after which that is said again."""
EVERY = 5.0
"""Seconds after which the store is looked at though nobody said that there is anything."""
SWEPT = 300.0
AT_ONCE = 4
FAULTS: dict[str, Fault] = {"unsupported_file": "unsupported_file", "invalid_file": "invalid_file"}


class Reads(Protocol):
    """Reads one file."""

    async def passages(self, held: Held) -> tuple[list[NewPassage], int]:
        """Its passages with their vectors, and the dimension of these. Raises `AntiphonError` that says why not."""
        ...


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: a name among others, and the model that stores follow; empty for none."""

    name: str
    model: str = ""


class Ingest:
    """Reads what waits in the stores of one `Vectors`, from `wake` to `stop`. `clock` gives Unix seconds."""

    def __init__(self, vectors: Vectors, reads: Reads, clock: Callable[[], float], reader: Reader) -> None:
        self._vectors = vectors
        self._reads = reads
        self._clock = clock
        self._reader = reader
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """There is something to read; whoever isn't at work begins."""
        self._wanted.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End; others may read at once what isn't finished."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def drain(self) -> int:
        """Read until nothing waits that isn't held by others; how many files there were."""
        done = 0
        while held := await self._vectors.hold(self._reader.name, self._clock() + HELD, AT_ONCE):
            await self._batch(held)
            done += len(held)
        return done

    async def _run(self) -> None:
        swept = 0.0
        following = bool(self._reader.model)
        while True:
            self._wanted.clear()
            try:
                if following:
                    await self._follow()
                    following = False
                if await self._vectors.waiting():
                    await self.drain()
                if self._clock() - swept >= SWEPT:
                    swept = self._clock()
                    await self._vectors.sweep(int(swept), AT_ONCE)
            except StoreFault as fault:
                log.info("files can't be read now, which is tried again: %s", fault.message)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), EVERY)

    async def _follow(self) -> None:
        """Have stores read again that are to have the vectors of the server's model, where that is another now."""
        if again := await self._vectors.follow(self._reader.model):
            log.info("%d vector stores are read again, for vectors of %s", again, self._reader.model)

    async def _batch(self, held: list[Held]) -> None:
        """Read several at once, and go on holding them meanwhile."""
        beat = asyncio.create_task(self._keep_holding())
        tasks = [asyncio.create_task(self._one(one)) for one in held]
        try:
            await asyncio.wait(tasks)
        finally:
            beat.cancel()
            for task in tasks:
                task.cancel()
            await asyncio.wait([beat, *tasks])
        for task in tasks:
            task.result()

    async def _one(self, held: Held) -> None:
        try:
            passages, dimension = await self._reads.passages(held)
            if not await self._vectors.finish(held, passages, dimension):
                await self._vectors.let_go(held)
        except UnreadableFile as fault:
            await self._vectors.fail(held, FAULTS.get(fault.code or "", "invalid_file"), fault.message)
        except StoreFault:
            raise
        except AntiphonError as fault:
            log.warning("file %s of vector store %s: %s", held.file_id, held.store_id, fault.message)
            await self._vectors.fail(held, "server_error", fault.message)
        except asyncio.CancelledError:
            with suppress(StoreFault):
                await asyncio.shield(self._vectors.let_go(held))
            raise

    async def _keep_holding(self) -> None:
        while True:
            await asyncio.sleep(RENEWED)
            with suppress(StoreFault):
                await self._vectors.hold_longer(self._reader.name, self._clock() + HELD)
