"""The containers of this server as a service of its own, behind the transport.

To the rest it looks like one more server that is asked over HTTP, so that a cassette records what code came to and
plays it where there is no sandbox. Nothing of it leaves the process. Not here: the public routes (`server/routes/`).
Counterpart: `client.py`, which asks.
"""

import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

import msgspec

from antiphon.errors import AntiphonError, InvalidRequest, NotFound
from antiphon.tools.code.base import Sandbox, Start
from antiphon.tools.code.containers import FOLDER, Containers, Kept, Wanted, file_id, shown_files
from antiphon.tools.code.jails import Host, jail
from antiphon.tools.code.process import ProcessSandbox
from antiphon.tools.code.protocol import Ran
from antiphon.tools.code.settings import CodeSettings, checked
from antiphon.transport import HttpAnswer, HttpRequest, Transport
from antiphon.wire.containers import Container, ContainerFile

UPSTREAM = "code_interpreter"
"""What the service is called on a cassette."""
BASE = "sandbox://code/v1"
JSON = {"content-type": "application/json"}
BYTES = {"content-type": "application/octet-stream"}

_encode = msgspec.json.Encoder().encode


class Make(msgspec.Struct, kw_only=True):
    """The body that makes a container."""

    id: str
    name: str = ""
    memory: str | None = None
    idle_seconds: int | None = None


class RunCode(msgspec.Struct, kw_only=True):
    """The body that runs code. A container that isn't there is made where `memory` is said."""

    code: str
    make: bool = False
    memory: str | None = None


class RanCode(msgspec.Struct, kw_only=True):
    """What it came to; `fresh` where no code had run in the container, `written` what files it made or changed."""

    ran: Ran
    fresh: bool
    written: list[ContainerFile] = []


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that is there at once. Implements `HttpAnswer`."""

    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=lambda: JSON)
    body: bytes = b""

    async def chunks(self) -> AsyncIterator[bytes]:
        if self.body:
            yield self.body

    async def close(self) -> None:
        return


class CodeTransport:
    """A `Transport` that answers for the containers itself and hands everything else to the one behind it."""

    def __init__(self, inner: Transport, containers: Containers) -> None:
        self._inner = inner
        self._containers = containers

    async def send(self, request: HttpRequest) -> HttpAnswer:
        if request.upstream != UPSTREAM:
            return await self._inner.send(request)
        project, *path = map(unquote, urlsplit(request.url).path.removeprefix("/v1/").split("/"))
        try:
            return await _Desk(self._containers, project, request).answer(path)
        except AntiphonError as error:
            return Given(error.http_status, body=_encode({"message": error.message, "param": error.param}))

    async def close(self) -> None:
        await self._containers.close()
        await self._inner.close()


@dataclass(frozen=True, slots=True)
class _Desk:
    """One request for one project."""

    containers: Containers
    project: str
    request: HttpRequest

    async def answer(self, path: list[str]) -> HttpAnswer:
        match self.request.method, path:
            case "GET", ["containers"]:
                return _given(self.containers.of(self.project))
            case "POST", ["containers"]:
                return _given(await self._make())
            case "GET", ["containers", container]:
                return _given(self._kept(container).shown)
            case "DELETE", ["containers", container]:
                await self.containers.remove(self.project, container)
                return Given()
            case "POST", ["containers", container, "run"]:
                return _given(await self._run(container))
            case method, ["containers", container, "files", *rest]:
                return await self._files(method, self._kept(container), rest)
            case _:
                raise NotFound(f"There is no {self.request.method} {'/'.join(path)} here.")

    def _kept(self, container: str) -> Kept:
        return self.containers.get(self.project, container)

    async def _make(self) -> Container:
        make = msgspec.json.decode(self.request.body, type=Make)
        wanted = Wanted(self.project, make.id, make.name, make.memory, make.idle_seconds)
        return (await self.containers.make(wanted)).shown

    async def _run(self, container: str) -> RanCode:
        said = msgspec.json.decode(self.request.body, type=RunCode)
        if said.make:
            kept = await self.containers.make(Wanted(self.project, container, memory=said.memory))
        else:
            kept = self._kept(container)
        run = await self.containers.run(kept, said.code)
        return RanCode(ran=run.ran, fresh=run.fresh, written=run.written)

    async def _files(self, method: str, kept: Kept, rest: list[str]) -> HttpAnswer:
        match method, rest:
            case "GET", []:
                return _given(await self.containers.files(kept))
            case "PUT", [name]:
                return _given(await self._upload(kept, name))
            case "GET", [file]:
                return _given(await self._file(kept, file))
            case "GET", [file, "content"]:
                found = await self._file(kept, file)
                async with self.containers.using(kept) as sandbox:
                    return Given(headers=BYTES, body=await sandbox.read(_inner(found.path)))
            case "DELETE", [file]:
                found = await self._file(kept, file)
                async with self.containers.using(kept) as sandbox:
                    await sandbox.remove(_inner(found.path))
                return Given()
            case _:
                raise NotFound("There is nothing of that name among a container's files.")

    async def _upload(self, kept: Kept, name: str) -> ContainerFile:
        if "/" in name or name in {"", ".", ".."} or "\0" in name:
            raise InvalidRequest(f"A file can't be called {name!r} in a container.", param="file")
        async with self.containers.using(kept) as sandbox:
            await sandbox.write(name, self.request.body)
            kept.uploaded.add(name)
            files = await sandbox.files()
            kept.look(files)
        wanted = file_id(kept.shown.id, name)
        return next(file for file in shown_files(kept, files) if file.id == wanted)

    async def _file(self, kept: Kept, wanted: str) -> ContainerFile:
        for file in await self.containers.files(kept):
            if file.id == wanted:
                return file
        raise NotFound(f"File '{wanted}' doesn't exist in container '{kept.shown.id}'.", param="file_id")


def _given(value: object) -> Given:
    return Given(body=_encode(value))


def _inner(path: str) -> str:
    return path.removeprefix(f"{FOLDER}/")


def with_containers(inner: Transport, settings: CodeSettings | None, token: str) -> Transport:
    """The transport that also answers for containers, where there is a sandbox for them. Raises `ConfigFault`."""
    if settings is None:
        return inner
    return CodeTransport(inner, Containers(settings, starter(inner, settings, token), time.time))


def starter(inner: Transport, settings: CodeSettings, token: str) -> Start:
    """What starts the sandbox that is set up; `token` is that of a Jupyter server. Raises `ConfigFault`."""
    checked(settings)
    if settings.sandbox == "jupyter":
        from antiphon.tools.code.jupyter import JupyterSandbox  # noqa: PLC0415 - 0.1 s to import, for one sandbox of four

        return partial(JupyterSandbox.start, inner, settings, token)
    host = Host.here()

    async def start(container_id: str, memory: int) -> Sandbox:
        return await ProcessSandbox.start(jail(settings, container_id, memory, host), memory)

    return start
