"""Holds what a model wrote against a constraint, in processes that can be killed.

A schema or a grammar comes from a client and may cost more than anyone has: it is checked beside the event loop, for
so many seconds and no longer. The processes are started when first needed and stay warm. Not here: how a check is done
(`check_process.py`), what follows from it (`engine/review.py`).
"""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from antiphon.engine.commands import Check
from antiphon.engine.constraints import Constraint
from antiphon.engine.replies import Checked

PROGRAM = (sys.executable, "-m", "antiphon.tools.check_process")
SECONDS = 5.0
PROCESSES = 2
REMEMBERED = 256
"""Rules known to be sound: a client sends the same ones with every request."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`seconds` for one check, a new process's start included; `processes` at the same time."""

    seconds: float = SECONDS
    processes: int = PROCESSES


class _Verdict(msgspec.Struct):
    fault: str | None = None
    undecided: bool = False


class Checker:
    """`check` as often as needed, `close` in the end."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._places = asyncio.Semaphore(self._limits.processes)
        self._idle: list[Process] = []
        self._sound: OrderedDict[bytes, None] = OrderedDict()

    async def check(self, command: Check) -> Checked:
        """What is wrong, if anything. A check that takes too long is ended, and says so."""
        known = msgspec.json.encode((command.constraint.kind, command.constraint.definition))
        if command.text is None and known in self._sound:
            self._sound.move_to_end(known)
            return Checked(command.key)
        verdict = await self._verdict(command.constraint, command.text)
        if command.text is None and verdict.fault is None:
            self._sound[known] = None
            if len(self._sound) > REMEMBERED:
                self._sound.popitem(last=False)
        return Checked(command.key, verdict.fault, undecided=verdict.undecided)

    async def close(self) -> None:
        """End the processes. Nothing is checked any more."""
        while self._idle:
            await _ended(self._idle.pop())

    async def _verdict(self, constraint: Constraint, text: str | None) -> _Verdict:
        asked = {"kind": constraint.kind, "definition": constraint.definition, "text": text}
        line = msgspec.json.encode(asked) + b"\n"
        async with self._places:
            try:
                async with asyncio.timeout(self._limits.seconds):
                    said = await self._asked(line)
            except TimeoutError:
                return _Verdict(f"It couldn't be checked within {self._limits.seconds:g} s.", undecided=True)
        if not said.endswith(b"\n"):
            return _Verdict("It couldn't be checked: the check broke off.", undecided=True)
        return msgspec.json.decode(said, type=_Verdict)

    async def _asked(self, line: bytes) -> bytes:
        """The answer's line; cut short where the process broke. One that isn't done with its work is killed."""
        process = self._idle.pop() if self._idle else await _started()
        said = b""
        try:
            said = await _exchanged(process, line)
        finally:
            if said.endswith(b"\n"):
                self._idle.append(process)
            else:
                await asyncio.shield(_ended(process))
        return said


async def _started() -> Process:
    return await asyncio.create_subprocess_exec(*PROGRAM, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)


async def _exchanged(process: Process, line: bytes) -> bytes:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a process without pipes")
    process.stdin.write(line)
    with suppress(ConnectionError):
        await process.stdin.drain()
    return await process.stdout.readline()


async def _ended(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()
    if process.stdin is not None:
        process.stdin.close()
