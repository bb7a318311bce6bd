"""The containers behind a transport: what is asked of them, and what is handed on. Asked by `CodeClient`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from jupyter_server import jupyter
from sandboxes import unguarded

from antiphon.errors import InvalidRequest, NotFound, SandboxFailed
from antiphon.network import Network
from antiphon.tools.code.client import CodeClient
from antiphon.tools.code.service import BASE, UPSTREAM, Given, Make, RunCode, with_containers
from antiphon.tools.code.settings import CodeSettings
from antiphon.transport import HttpAnswer, HttpRequest


class Beyond:
    """What stands behind: it keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.closed = False

    async def send(self, request: HttpRequest) -> HttpAnswer:
        self.asked.append(request.url)
        return Given(body=b"beyond")

    async def close(self) -> None:
        self.closed = True


@asynccontextmanager
async def service(settings: CodeSettings) -> AsyncIterator[tuple[CodeClient, Beyond]]:
    beyond = Beyond()
    transport = with_containers(beyond, settings, "")
    try:
        yield CodeClient(transport, "my project"), beyond
    finally:
        await transport.close()
    assert beyond.closed


async def test_only_what_is_meant_for_it_is_taken(tmp_path: Path) -> None:
    async with service(unguarded(tmp_path)) as (client, beyond):
        answer = await client.transport.send(HttpRequest("GET", "http://up/v1/models", "up"))
        assert [data async for data in answer.chunks()] == [b"beyond"]
        assert beyond.asked == ["http://up/v1/models"]
        with pytest.raises(NotFound):
            await client.get("none")
        assert beyond.asked == ["http://up/v1/models"]


def test_without_settings_nothing_stands_before() -> None:
    beyond = Beyond()
    assert with_containers(beyond, None, "") is beyond


async def test_a_container_from_its_making_to_its_end(tmp_path: Path) -> None:
    async with service(unguarded(tmp_path)) as (client, _):
        made = await client.make(Make(id="cntr_1", name="mine", memory="1g"))
        assert await client.all() == [made] == [await client.get("cntr_1")]
        first = await client.run("cntr_1", RunCode(code="x = 1"))
        again = await client.run("cntr_1", RunCode(code="x"))
        assert (first.fresh, again.fresh, again.ran.result) == (True, False, "1")
        file = await client.upload("cntr_1", "ä b.txt", b"\xff\n")
        assert await client.files("cntr_1") == [file]
        assert await client.file("cntr_1", file.id) == file
        assert await client.content("cntr_1", file.id) == b"\xff\n"
        await client.remove_file("cntr_1", file.id)
        with pytest.raises(NotFound, match="File 'cfile"):
            await client.content("cntr_1", file.id)
        await client.remove("cntr_1")
        with pytest.raises(NotFound, match="'cntr_1'"):
            await client.files("cntr_1")


async def test_one_project_doesnt_see_anothers(tmp_path: Path) -> None:
    async with service(unguarded(tmp_path)) as (client, _):
        await client.run("cntr_1", RunCode(code="x = 1", make=True))
        other = CodeClient(client.transport, "another")
        assert await other.all() == []
        with pytest.raises(NotFound):
            await other.run("cntr_1", RunCode(code="x"))
        made = await other.run("cntr_1", RunCode(code="x", make=True))
        assert "NameError" in str(made.ran.error)


@pytest.mark.parametrize("name", ["../x", "a/b", "..", ".", "", "\0"])
async def test_a_file_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    async with service(unguarded(tmp_path)) as (client, _):
        await client.make(Make(id="cntr_1"))
        with pytest.raises((InvalidRequest, NotFound)):
            await client.upload("cntr_1", name, b"x")


async def test_what_cant_be_started_is_told() -> None:
    settings = CodeSettings(sandbox="bubblewrap", program="/nonexistent/bwrap")
    async with service(settings) as (client, _):
        with pytest.raises(SandboxFailed, match=r"can't be started|doesn't start"):
            await client.run("cntr_1", RunCode(code="1", make=True))


async def test_a_jupyter_server_is_a_sandbox_too() -> None:
    async with jupyter("t") as (server, url):
        transport = with_containers(Network(), CodeSettings(sandbox="jupyter", url=url), "t")
        client = CodeClient(transport, "p")
        ran = await client.run("cntr_1", RunCode(code="print(2)", make=True))
        assert (ran.ran.logs, len(server.kernels)) == ("2\n", 1)
        file = await client.upload("cntr_1", "a.txt", b"abc")
        assert await client.content("cntr_1", file.id) == b"abc"
        await transport.close()
        assert server.kernels == {}


@pytest.mark.parametrize("path", ["p/nothing", "p/containers/cntr_1/files/a/b", "p"])
async def test_nothing_else_is_there(tmp_path: Path, path: str) -> None:
    async with service(unguarded(tmp_path)) as (client, _):
        await client.make(Make(id="cntr_1"))
        answer = await client.transport.send(HttpRequest("PATCH", f"{BASE}/{path}", UPSTREAM))
        assert answer.status == 404
