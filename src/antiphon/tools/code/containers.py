"""The containers of this server: which there are, whose they are, and when they end.

A container belongs to a project; its sandbox is started when it is first used. One that nobody used for its time is
ended, and so is the one that rested longest where there are too many. Nothing is kept beyond this process.
Not here: what a sandbox is (`base.py`), what of it is asked from outside (`service.py`).
"""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import get_args

from antiphon.errors import NotFound, SandboxFailed
from antiphon.tools.code.base import Sandbox, Start
from antiphon.tools.code.protocol import Ran, WorkFile
from antiphon.tools.code.settings import CodeSettings, size
from antiphon.wire.code_interpreter import MemoryLimit
from antiphon.wire.containers import Container, ContainerFile, ExpiresAfter

FOLDER = "/mnt/data"
LIMITS = get_args(MemoryLimit)
LOOK = 5.0
"""Seconds between two looks for containers whose time is over."""


@dataclass(slots=True, eq=False)
class Kept:
    """One container.

    `busy` counts those who use it or wait for it; `uploaded` are the paths of the user's files, `seen` says of each
    file when it was changed, as far as is known.
    """

    shown: Container
    memory: int
    idle_seconds: float
    last_used: float
    sandbox: Sandbox | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    busy: int = 0
    closed: bool = False
    used: bool = False
    uploaded: set[str] = field(default_factory=set)
    seen: dict[str, int] = field(default_factory=dict)

    def look(self, files: Sequence[WorkFile]) -> list[WorkFile]:
        """Take note of the files that are there now; those that are new, or were changed."""
        changed = [file for file in files if self.seen.get(file.path) != file.changed]
        self.seen = {file.path: file.changed for file in files}
        return changed


@dataclass(frozen=True, slots=True)
class Wanted:
    """A container that is to be there. `memory` is as the API says it (`1g`), None for what is usual."""

    project: str
    id: str
    name: str = ""
    memory: str | None = None
    idle_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """What a run of code came to; `written` are the files that it made or changed.

    `fresh`: no code had run in the container before.
    """

    ran: Ran
    written: list[ContainerFile]
    fresh: bool


class Containers:
    """All of them. `start` starts a sandbox, `clock` gives Unix seconds."""

    def __init__(self, settings: CodeSettings, start: Start, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._start = start
        self._clock = clock
        self._all: dict[tuple[str, str], Kept] = {}
        self._sweeping: asyncio.Task[None] | None = None
        self._stopped = asyncio.Event()

    def of(self, project: str) -> list[Container]:
        """Those of a project, the newest last."""
        return [kept.shown for (owner, _), kept in self._all.items() if owner == project]

    def get(self, project: str, container_id: str) -> Kept:
        """One of them. Raises `NotFound`."""
        kept = self._all.get((project, container_id))
        if kept is None:
            raise NotFound(f"Container '{container_id}' doesn't exist, or has expired.", param="container")
        return kept

    async def make(self, wanted: Wanted) -> Kept:
        """The container, a new one where there is none of its id. Raises `SandboxFailed` where all are in use."""
        key = (wanted.project, wanted.id)
        if key not in self._all:
            await self._make_room()
        if key not in self._all:
            self._all[key] = self._new(wanted)
        if self._sweeping is None:
            self._sweeping = asyncio.create_task(self._keep_sweeping())
        return self._all[key]

    async def run(self, kept: Kept, code: str) -> Run:
        """Run code in a container. Raises `SandboxFailed` where its sandbox can't be started."""
        async with self.using(kept) as sandbox:
            fresh, kept.used = not kept.used, True
            ran = await sandbox.run(code, self._settings.seconds)
            return Run(ran, shown_files(kept, kept.look(ran.files)), fresh=fresh)

    async def files(self, kept: Kept) -> list[ContainerFile]:
        """Its files. Raises `SandboxFailed`."""
        async with self.using(kept) as sandbox:
            return shown_files(kept, await sandbox.files())

    @contextlib.asynccontextmanager
    async def using(self, kept: Kept) -> AsyncIterator[Sandbox]:
        """A container's sandbox, for one at a time."""
        kept.busy += 1
        try:
            async with kept.lock:
                sandbox = await self._opened(kept)
                try:
                    yield sandbox
                finally:
                    if not sandbox.alive:
                        await _let_go(kept)
        finally:
            kept.busy -= 1
            kept.last_used = self._clock()
            kept.shown.last_active_at = int(kept.last_used)

    async def remove(self, project: str, container_id: str) -> None:
        """End a container. Raises `NotFound`."""
        kept = self.get(project, container_id)
        del self._all[project, container_id]
        await _close(kept)

    async def sweep(self) -> None:
        """End those that nobody used for their time."""
        now = self._clock()
        over = [key for key, kept in self._all.items() if now - kept.last_used > kept.idle_seconds]
        for key in over:
            if key in self._all and not self._all[key].busy:
                await self.remove(*key)

    async def close(self) -> None:
        """End all of them."""
        self._stopped.set()
        if self._sweeping is not None:
            # It may be in the middle of ending one.
            await self._sweeping
        ended = list(self._all.values())
        self._all.clear()
        await asyncio.gather(*map(_close, ended))

    def _new(self, wanted: Wanted) -> Kept:
        settings, now = self._settings, self._clock()
        memory = min(size(wanted.memory), settings.memory_bytes) if wanted.memory else settings.memory_bytes
        idle = min(wanted.idle_seconds or settings.idle_seconds, settings.idle_seconds)
        shown = Container(
            id=wanted.id,
            name=wanted.name,
            created_at=int(now),
            last_active_at=int(now),
            expires_after=ExpiresAfter(minutes=max(1, idle // 60)),
            memory_limit=next((limit for limit in LIMITS if size(limit) == memory), None),
        )
        return Kept(shown, memory, idle, now)

    async def _opened(self, kept: Kept) -> Sandbox:
        if kept.closed:
            raise SandboxFailed("The container was removed while it was waited for.")
        if kept.sandbox is not None and not kept.sandbox.alive:
            await _let_go(kept)
        if kept.sandbox is None:
            kept.sandbox = await self._start(kept.shown.id, kept.memory)
        return kept.sandbox

    async def _make_room(self) -> None:
        if len(self._all) < self._settings.containers:
            return
        resting = [(kept.last_used, key) for key, kept in self._all.items() if not kept.busy]
        if not resting:
            raise SandboxFailed(
                f"All {self._settings.containers} containers of this server are in use. Ask again a little later."
            )
        await self.remove(*min(resting)[1])

    async def _keep_sweeping(self) -> None:
        while not self._stopped.is_set():
            await self.sweep()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._stopped.wait()


def file_id(container_id: str, path: str) -> str:
    """The id of a file: the same for the same place, in every process."""
    return f"cfile_{hashlib.sha256(f'{container_id} {path}'.encode()).hexdigest()[:32]}"


def shown_files(kept: Kept, files: Sequence[WorkFile]) -> list[ContainerFile]:
    """A container's files as the API shows them."""
    container_id = kept.shown.id
    return [
        ContainerFile(
            id=file_id(container_id, file.path),
            container_id=container_id,
            path=f"{FOLDER}/{file.path}",
            bytes=file.bytes,
            created_at=file.changed // 1_000_000_000,
            source="user" if file.path in kept.uploaded else "assistant",
        )
        for file in files
    ]


async def _close(kept: Kept) -> None:
    kept.closed = True
    await _let_go(kept)


async def _let_go(kept: Kept) -> None:
    """End what runs in a container at once: one of Docker's goes on after the call that waited for it."""
    sandbox, kept.sandbox = kept.sandbox, None
    kept.uploaded.clear()
    kept.seen.clear()
    kept.used = False
    if sandbox is not None:
        await sandbox.close()
