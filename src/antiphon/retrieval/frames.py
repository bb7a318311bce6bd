"""Messages between this process and one of its own that works for it: a length of eight bytes, then MessagePack.

Both ends are here: `serve` is the working process's, `Workers` are those who ask. What it works on may break it: it is
killed and replaced. Not here: what is asked (`extract_process.py`, `embed_process.py`).
"""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO

from antiphon.retrieval.bounds import MIB

LENGTH = 8
GRACE = 5.0
"""Seconds in which one that broke off is gone."""
LONGEST = 512 * MIB
THREADS = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "0"}
"""One thread a process: where the cores have other work, threads that wait for each other are many times slower."""


def serve(asking: BinaryIO, saying: BinaryIO, answer: Callable[[bytes], bytes]) -> None:
    """Answer until nobody asks any more."""
    while head := asking.read(LENGTH):
        said = answer(asking.read(int.from_bytes(head)))
        saying.write(len(said).to_bytes(LENGTH))
        saying.write(said)
        saying.flush()


def serve_pipes(answer: Callable[[bytes], bytes]) -> None:
    """`serve` over standard input and output; what libraries print there is kept out of the answers."""
    with os.fdopen(os.dup(1), "wb") as saying:
        os.dup2(2, 1)
        serve(sys.stdin.buffer, saying, answer)


@dataclass(slots=True)
class Worker:
    """A process, how often it was asked, and whether it broke off."""

    process: Process
    asked: int = 0
    broke_off: bool = False

    async def ask(self, data: bytes) -> bytes | None:
        """The answer, or None where the process broke off."""
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("a process without pipes")
        self.asked += 1
        try:
            stdin.writelines((len(data).to_bytes(LENGTH), data))
            await stdin.drain()
            length = int.from_bytes(await stdout.readexactly(LENGTH))
            return await stdout.readexactly(length) if length <= LONGEST else None
        except (ConnectionError, EOFError):
            self.broke_off = True
            return None

    async def end(self, grace: float = 0.0) -> None:
        """Kill it unless it ends by itself in so many seconds, and wait until it is gone."""
        # A signal to one that has ended takes its status away from who waits for it.
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self.process.wait()
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()


@dataclass(slots=True)
class Workers:
    """Up to `most` processes of one program, started when first needed; each is asked at most `often` times."""

    program: Sequence[str]
    most: int = 1
    often: int = 1 << 62
    _idle: list[Worker] = field(default_factory=list)
    _places: asyncio.Semaphore | None = None

    async def ask(self, data: bytes, seconds: float) -> tuple[bytes | None, int | None]:
        """The answer; None with the process's status where it broke off. Raises TimeoutError after so many seconds."""
        self._places = self._places or asyncio.Semaphore(self.most)
        async with self._places:
            worker = self._idle.pop() if self._idle else await self._started()
            said = None
            try:
                async with asyncio.timeout(seconds):
                    said = await worker.ask(data)
            finally:
                if said is not None and worker.asked < self.often:
                    self._idle.append(worker)
                else:
                    await asyncio.shield(worker.end(GRACE if worker.broke_off else 0.0))
            return said, worker.process.returncode

    async def close(self) -> None:
        """End them. Nothing is asked any more."""
        while self._idle:
            await self._idle.pop().end()

    async def _started(self) -> Worker:
        environment = os.environ | THREADS
        process = await asyncio.create_subprocess_exec(
            *self.program, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment
        )
        return Worker(process)
