"""Reads files in processes that can be killed, so that no file costs more time and memory than it may.

The processes are started when first needed, and stay warm for some files; one that a file broke is replaced. Not here:
what happens in them (`extract_process.py`), which files, and what becomes of the text (`runner/`).
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from antiphon.errors import PackageMissing, UnreadableFile
from antiphon.retrieval.bounds import MIB
from antiphon.retrieval.chunking import Chunking
from antiphon.retrieval.document import Document
from antiphon.retrieval.extract_process import LENGTH, Asked, Said
from antiphon.retrieval.passage import Passage

PROGRAM = (sys.executable, "-m", "antiphon.retrieval.extract_process")
SECONDS = 60
PROCESSES = 1
FILES = 100
MEMORY = 1024 * MIB
LONGEST_ANSWER = 512 * MIB
WAITED = 5
"""Times the seconds of computing that are waited for: a loaded machine gives a process less than all of one core."""
THREADS = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Each thread of a library for numbers takes memory from the start; nothing here computes with them."""


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """`seconds` of computing and `memory` in bytes for one file; `processes` at the same time, for `files` each."""

    seconds: int = SECONDS
    memory: int = MEMORY
    processes: int = PROCESSES
    files: int = FILES


@dataclass(slots=True)
class _Reader:
    """A process, and how many files it has read."""

    process: Process
    files: int = 0


class Extractor:
    """`document` or `passages` as often as needed, `close` in the end. `name` is what a person calls the file."""

    def __init__(self, limits: ReadingLimits | None = None) -> None:
        self._limits = limits or ReadingLimits()
        self._places = asyncio.Semaphore(self._limits.processes)
        self._idle: list[_Reader] = []

    async def document(self, name: str, path: Path) -> Document:
        """A file's text. Raises `UnreadableFile`, whose code is one of `last_error`, and `PackageMissing`."""
        said = await self._said(Asked(name, str(path), self._limits.seconds))
        if said.document is None:
            raise _fault(name, said)
        return said.document

    async def passages(self, name: str, path: Path, chunking: Chunking) -> list[Passage]:
        """A file's passages; `passage.joined` has its text. Raises what `document` does."""
        said = await self._said(Asked(name, str(path), self._limits.seconds, chunking))
        if said.passages is None:
            raise _fault(name, said)
        return said.passages

    async def close(self) -> None:
        """End the processes. Nothing is read any more."""
        while self._idle:
            await _ended(self._idle.pop().process)

    async def _said(self, asked: Asked) -> Said:
        async with self._places:
            reader = self._idle.pop() if self._idle else _Reader(await self._started())
            said = None
            try:
                async with asyncio.timeout(self._limits.seconds * WAITED):
                    said = await _exchanged(reader.process, msgspec.msgpack.encode(asked))
            except TimeoutError:
                return Said(fault=self._too_slow(asked.name))
            finally:
                reader.files += 1
                if said is not None and reader.files < self._limits.files:
                    self._idle.append(reader)
                else:
                    await asyncio.shield(_ended(reader.process))
            return said or Said(fault=self._broke_off(asked.name, reader.process))

    async def _started(self) -> Process:
        environment = os.environ | THREADS
        memory = str(self._limits.memory)
        return await asyncio.create_subprocess_exec(
            *PROGRAM, memory, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment
        )

    def _broke_off(self, name: str, process: Process) -> str:
        if process.returncode == -signal.SIGXCPU:
            return self._too_slow(name)
        return f"'{name}' broke the program that reads it. Open it with its own program and save it anew."

    def _too_slow(self, name: str) -> str:
        return f"'{name}' takes more than {self._limits.seconds} s to read. Split it into smaller files."


def _fault(name: str, said: Said) -> UnreadableFile | PackageMissing:
    message = said.fault or f"'{name}' can't be read."
    return PackageMissing(message) if said.missing else UnreadableFile(message, code=said.code)


async def _exchanged(process: Process, asked: bytes) -> Said | None:
    """The answer, or None where the process broke off."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a process without pipes")
    process.stdin.write(len(asked).to_bytes(LENGTH) + asked)
    try:
        await process.stdin.drain()
        length = int.from_bytes(await process.stdout.readexactly(LENGTH))
        if length > LONGEST_ANSWER:
            return None
        return msgspec.msgpack.decode(await process.stdout.readexactly(length), type=Said)
    except (ConnectionError, EOFError, msgspec.MsgspecError):
        return None


async def _ended(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()
    if process.stdin is not None:
        process.stdin.close()
