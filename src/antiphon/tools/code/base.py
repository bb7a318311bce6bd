"""What a sandbox is to the rest: something that runs code and keeps files until it is closed.

Not here: which there are (`process.py` on this machine, `jupyter.py` elsewhere). Counterpart: `containers.py`.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from antiphon.tools.code.protocol import Ran, WorkFile


class Sandbox(Protocol):
    """One container's inside. Calls come one at a time; any of them raises `SandboxFailed`."""

    @property
    def alive(self) -> bool:
        """Whether it can still be used; if not, its variables and files are gone."""
        ...

    async def run(self, code: str, seconds: int) -> Ran:
        """Run code. What the code does wrong is in the outcome, too long a time and its own end included."""
        ...

    async def files(self) -> list[WorkFile]:
        """The files of its work folder."""
        ...

    async def read(self, path: str) -> bytes:
        """A file's content. Raises `NotFound`."""
        ...

    async def write(self, path: str, data: bytes) -> None:
        """Make or replace a file."""
        ...

    async def remove(self, path: str) -> None:
        """Remove a file. Raises `NotFound`."""
        ...

    async def close(self) -> None:
        """End it, with everything that runs in it. May be called twice."""
        ...


Start = Callable[[str, int], Awaitable[Sandbox]]
"""Starts a sandbox for a container's id, with so many bytes of memory. Raises `SandboxFailed`."""
