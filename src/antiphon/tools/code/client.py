"""Asks the service of containers, by whichever transport: the one that runs code, or a cassette that knows what came.

Not here: what the answers mean to a model (`interpreter.py`) or on the wire (`server/routes/containers.py`).
Counterpart: `service.py`.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote

import msgspec

from antiphon.errors import InvalidRequest, NotFound, SandboxFailed
from antiphon.tools.code.service import BASE, UPSTREAM, Make, RanCode, RunCode
from antiphon.transport import HttpRequest, Transport
from antiphon.wire.containers import Container, ContainerFile

T = TypeVar("T")


class _Fault(msgspec.Struct):
    message: str
    param: str | None = None


@dataclass(frozen=True, slots=True)
class CodeClient:
    """The containers of one project. `scope` names the test that asks, where there is one.

    All methods raise `NotFound` for a container or file that isn't there, `SandboxFailed`, and faults of a cassette.
    """

    transport: Transport
    project: str
    scope: str = ""

    async def run(self, container_id: str, said: RunCode) -> RanCode:
        """Run code in a container."""
        return await self._ask("POST", f"{_place(container_id)}/run", RanCode, msgspec.json.encode(said))

    async def make(self, make: Make) -> Container:
        """A new container."""
        return await self._ask("POST", "containers", Container, msgspec.json.encode(make))

    async def get(self, container_id: str) -> Container:
        """One container."""
        return await self._ask("GET", _place(container_id), Container)

    async def all(self) -> list[Container]:
        """All of them, the newest last."""
        return await self._ask("GET", "containers", list[Container])

    async def remove(self, container_id: str) -> None:
        """End a container."""
        await self._bytes("DELETE", _place(container_id))

    async def files(self, container_id: str) -> list[ContainerFile]:
        """The files in it."""
        return await self._ask("GET", f"{_place(container_id)}/files", list[ContainerFile])

    async def upload(self, container_id: str, name: str, data: bytes) -> ContainerFile:
        """Put a file into it."""
        return await self._ask("PUT", _place(container_id, name), ContainerFile, data)

    async def file(self, container_id: str, file_id: str) -> ContainerFile:
        """One file."""
        return await self._ask("GET", _place(container_id, file_id), ContainerFile)

    async def content(self, container_id: str, file_id: str) -> bytes:
        """A file's bytes."""
        return await self._bytes("GET", f"{_place(container_id, file_id)}/content")

    async def remove_file(self, container_id: str, file_id: str) -> None:
        """Remove a file."""
        await self._bytes("DELETE", _place(container_id, file_id))

    async def _ask(self, method: str, path: str, kind: type[T], body: bytes = b"") -> T:
        return msgspec.json.decode(await self._bytes(method, path, body), type=kind)

    async def _bytes(self, method: str, path: str, body: bytes = b"") -> bytes:
        url = f"{BASE}/{quote(self.project, safe='')}/{path}"
        answer = await self.transport.send(HttpRequest(method, url, UPSTREAM, body=body, scope=self.scope))
        try:
            given = b"".join([data async for data in answer.chunks()])
        finally:
            await answer.close()
        if answer.status == HTTPStatus.OK:
            return given
        fault = msgspec.json.decode(given, type=_Fault)
        kinds = {HTTPStatus.NOT_FOUND: NotFound, HTTPStatus.BAD_REQUEST: InvalidRequest}
        raise kinds.get(HTTPStatus(answer.status), SandboxFailed)(fault.message, param=fault.param)


def _place(container_id: str, file_id: str | None = None) -> str:
    place = f"containers/{quote(container_id, safe='')}"
    return place if file_id is None else f"{place}/files/{quote(file_id, safe='')}"
