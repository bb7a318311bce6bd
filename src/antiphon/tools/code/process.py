"""A sandbox that is a process on this machine: started, asked line by line, watched, and ended as a whole.

Whatever runs inside, the calls end: after its time a sandbox is killed with all it started; so it is when its
processes together use more memory than they may. What a call started ends with it, and between two calls the
interpreter is stopped, so that no thread of it uses the processor.
Not here: what keeps the code in (`jails.py`), what runs it (`worker.py`).
"""

import asyncio
import contextlib
import itertools
import os
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import AsyncIterator

from antiphon.errors import NotFound, SandboxFailed
from antiphon.tools.code import descendants
from antiphon.tools.code.jails import Jail
from antiphon.tools.code.protocol import PIECE_BYTES, Asked, Lines, Ran, Said, TooLong, WorkFile, line

GRACE = 3.0
"""Seconds beyond the time of a call: the program inside ends the code by itself first, where it can."""
START = 60.0
"""Seconds that a sandbox may take to begin; a container's image may have to be fetched."""
REPLY = 30.0
"""Seconds for anything but code."""
LOOK = 0.2
"""Seconds between two looks at the memory."""
WORDS_BYTES = 2000
READY = ""


class ProcessSandbox:
    """A started jail whose processes may use `memory` bytes together. Use `start`."""

    def __init__(self, process: asyncio.subprocess.Process, jail: Jail, memory: int) -> None:
        self._process = process
        self._jail = jail
        self._memory = memory
        self._numbers = itertools.count(1)
        self._own: frozenset[int] = frozenset()
        self._lost: str | None = None
        self._words = b""
        self._awaited = READY
        self._answer: asyncio.Future[Said | None] = asyncio.get_running_loop().create_future()
        self._listening = [asyncio.create_task(self._listen()), asyncio.create_task(self._hear())]

    @classmethod
    async def start(cls, jail: Jail, memory: int) -> "ProcessSandbox":
        """Start a sandbox. Raises `SandboxFailed` with its own words where it can't be."""
        pipe = asyncio.subprocess.PIPE
        # What is in our environment is no business of the code's, and the first process inside has that of the jail.
        # The program of a container needs it to find its daemon, and takes nothing of it inside.
        environment = None if jail.ending else {"PATH": os.defpath}
        try:
            with jail.ready() as (command, passed):
                process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=pipe,
                    stdout=pipe,
                    stderr=pipe,
                    env=environment,
                    start_new_session=True,
                    pass_fds=passed,
                )
        except OSError as error:
            raise SandboxFailed(
                f"The sandbox's program {jail.command[0]!r} can't be started: {error.strerror}. Whoever runs this "
                "server can install it, or name another in [tools.code_interpreter]."
            ) from error
        sandbox = cls(process, jail, memory)
        try:
            await sandbox._begun()
        except BaseException:
            await sandbox.close()
            raise
        return sandbox

    @property
    def alive(self) -> bool:
        return self._lost is None and self._process.returncode is None

    async def run(self, code: str, seconds: int) -> Ran:
        asked = Asked(id=self._number(), do="run", code=code, seconds=seconds)
        said = await self._ask(asked, seconds + GRACE, f"it ran for more than {seconds} seconds, which is the limit")
        return Ran(lost=self._lost) if said is None else said.ran()

    async def files(self) -> list[WorkFile]:
        return (await self._do(Asked(id=self._number(), do="files"))).files

    async def read(self, path: str) -> bytes:
        parts: list[bytes] = []
        while not parts or len(parts[-1]) == PIECE_BYTES:
            offset = PIECE_BYTES * len(parts)
            said = await self._do(Asked(id=self._number(), do="read", path=path, offset=offset, bytes=PIECE_BYTES))
            try:
                parts.append(b64decode(said.data)[:PIECE_BYTES])
            except NotBase64 as error:
                raise SandboxFailed("The sandbox sent a file that can't be read.") from error
        return b"".join(parts)

    async def write(self, path: str, data: bytes) -> None:
        for offset in range(0, max(len(data), 1), PIECE_BYTES):
            piece = b64encode(data[offset : offset + PIECE_BYTES]).decode()
            await self._do(Asked(id=self._number(), do="write", path=path, offset=offset, data=piece))

    async def remove(self, path: str) -> None:
        await self._do(Asked(id=self._number(), do="remove", path=path))

    async def close(self) -> None:
        self._end("it was closed")
        if self._jail.ending:
            await self._end_elsewhere()
        await self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        await asyncio.wait(self._listening)

    def _number(self) -> str:
        # Not to be guessed, so that the code can't answer beforehand.
        return f"{next(self._numbers)}-{os.urandom(8).hex()}"

    async def _do(self, asked: Asked) -> Said:
        said = await self._ask(asked, REPLY, f"it didn't answer within {REPLY:g} seconds")
        if said is None:
            raise SandboxFailed(f"The container was ended: {self._lost}.")
        if said.fault is None:
            return said
        if asked.do == "write":
            raise SandboxFailed(f"The file {asked.path!r} can't be written: {said.fault}.")
        raise NotFound(f"There is no file {asked.path!r} in this container: {said.fault}.")

    async def _begun(self) -> None:
        async with self._awake(START, f"nothing happened for {START:g} seconds"):
            if await self._answer is not None:
                # No code has run yet, so these are the jail and the interpreter.
                self._own = frozenset(descendants.tree(self._process.pid))
        if self._own:
            return
        await asyncio.wait(self._listening)
        words = self._words.decode(errors="replace").strip() or self._lost
        raise SandboxFailed(f"The sandbox for code doesn't start: {words}")

    async def _ask(self, asked: Asked, seconds: float, late: str) -> Said | None:
        """The answer; None when the sandbox was lost over it, and `_lost` says why."""
        if self._lost is not None:
            return None
        said: Said | None = None
        self._awaited, self._answer = asked.id, asyncio.get_running_loop().create_future()
        async with self._awake(seconds, late):
            if self._process.stdin is not None:
                self._process.stdin.write(line(asked))
            said = await self._answer
        return said  # noqa: RET504 - the block before may swallow what ended it

    @contextlib.asynccontextmanager
    async def _awake(self, seconds: float, late: str) -> AsyncIterator[None]:
        """Its processes run inside this block. It is ended where that takes too long, or is given up."""
        descendants.thaw(self._process.pid)
        watching = asyncio.create_task(self._watch())
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            self._end(late)
        except BaseException:
            # Whoever asked has left; what runs on would be in the way of the next call.
            self._end("its call was cancelled")
            raise
        finally:
            watching.cancel()
            await asyncio.wait([watching])
        await asyncio.to_thread(descendants.settle, self._process.pid, self._own)

    async def _watch(self) -> None:
        """End it when its processes use too much together: each alone is limited inside."""
        while self._process.returncode is None:
            if await asyncio.to_thread(descendants.memory, self._process.pid) > self._memory:
                self._end(f"its processes used more than the {self._memory // 1024**2} MiB of memory that they may")
            await asyncio.sleep(LOOK)

    async def _listen(self) -> None:
        """Hand on the line that is waited for; whatever else comes out is dropped."""
        lines, stdout = Lines(), self._process.stdout
        with contextlib.suppress(TooLong):
            while stdout is not None and (data := await stdout.read(65536)):
                for said in lines.feed(data):
                    if self._is_awaited(said):
                        self._answer.set_result(said)
        self._end("its interpreter ended")
        if not self._answer.done():
            self._answer.set_result(None)

    def _is_awaited(self, said: Said) -> bool:
        named = said.ready is not None if self._awaited == READY else said.id == self._awaited
        return named and not self._answer.done()

    async def _hear(self) -> None:
        """Keep the first words of the jail's own complaints."""
        stderr = self._process.stderr
        while stderr is not None and (data := await stderr.read(4096)):
            self._words = (self._words + data)[:WORDS_BYTES]

    def _end(self, why: str) -> None:
        """Kill all of it. The first reason counts."""
        self._lost = self._lost or why
        if self._process.returncode is None:
            descendants.kill(self._process.pid)

    async def _end_elsewhere(self) -> None:
        """A container lives with its daemon, so that daemon is told."""
        quiet = asyncio.subprocess.DEVNULL
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(REPLY):
                ending = await asyncio.create_subprocess_exec(
                    *self._jail.ending, stdin=quiet, stdout=quiet, stderr=quiet
                )
                await ending.wait()
