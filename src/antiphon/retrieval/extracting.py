"""Reads files in processes that can be killed, so that no file costs more time and memory than it may.

The processes are started when first needed, and stay warm for some files; one that a file broke is replaced. Not here:
what happens in them (`extract_process.py`), which files, and what becomes of the text (`runner/`).
"""

import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from antiphon.errors import PackageMissing, UnreadableFile
from antiphon.retrieval.bounds import MIB
from antiphon.retrieval.chunking import Chunking
from antiphon.retrieval.document import Document
from antiphon.retrieval.extract_process import Asked, Said
from antiphon.retrieval.frames import Workers
from antiphon.retrieval.passage import Passage

PROGRAM = (sys.executable, "-m", "antiphon.retrieval.extract_process")
SECONDS = 60
PROCESSES = 1
FILES = 100
MEMORY = 1024 * MIB
WAITED = 5
"""Times the seconds of computing that are waited for: a loaded machine gives a process less than all of one core."""


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """`seconds` of computing and `memory` in bytes for one file; `processes` at the same time, for `files` each."""

    seconds: int = SECONDS
    memory: int = MEMORY
    processes: int = PROCESSES
    files: int = FILES


class Extractor:
    """`document` or `passages` as often as needed, `close` in the end. `name` is what a person calls the file."""

    def __init__(self, limits: ReadingLimits | None = None) -> None:
        self._limits = limits or ReadingLimits()
        program = (*PROGRAM, str(self._limits.memory))
        self._workers = Workers(program, self._limits.processes, self._limits.files)

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
        await self._workers.close()

    async def _said(self, asked: Asked) -> Said:
        try:
            said, status = await self._workers.ask(msgspec.msgpack.encode(asked), self._limits.seconds * WAITED)
        except TimeoutError:
            return Said(fault=self._too_slow(asked.name))
        if said is not None:
            return msgspec.msgpack.decode(said, type=Said)
        if status == -signal.SIGXCPU:
            return Said(fault=self._too_slow(asked.name))
        broke = f"'{asked.name}' broke the program that reads it. Open it with its own program and save it anew."
        return Said(fault=broke)

    def _too_slow(self, name: str) -> str:
        return f"'{name}' takes more than {self._limits.seconds} s to read. Split it into smaller files."


def _fault(name: str, said: Said) -> UnreadableFile | PackageMissing:
    message = said.fault or f"'{name}' can't be read."
    return PackageMissing(message) if said.missing else UnreadableFile(message, code=said.code)
