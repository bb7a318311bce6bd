"""A kernel of a Jupyter server as a sandbox: against a scripted counterpart, and a real one where there is one."""

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest
from jupyter_server import Server, jupyter

from antiphon.errors import NotFound, SandboxFailed
from antiphon.network import Network
from antiphon.tools.code.jupyter import JupyterSandbox
from antiphon.tools.code.settings import CodeSettings

TOKEN = "t0ken"
JUPYTER = os.environ.get("ANTIPHON_TEST_JUPYTER") or shutil.which("jupyter-server")


@asynccontextmanager
async def started(url: str, token: str = TOKEN) -> AsyncIterator[JupyterSandbox]:
    network = Network()
    settings = CodeSettings(sandbox="jupyter", url=url, output="4k")
    try:
        sandbox = await JupyterSandbox.start(network, settings, token, "cntr_1", 1 << 30)
        try:
            yield sandbox
        finally:
            await sandbox.close()
            await sandbox.close()
    finally:
        await network.close()


@asynccontextmanager
async def scripted() -> AsyncIterator[tuple[JupyterSandbox, Server]]:
    async with jupyter(TOKEN) as (server, url), started(url) as sandbox:
        yield sandbox, server


async def shows_what_a_kernel_does(sandbox: JupyterSandbox) -> None:
    """What holds for the counterpart and for a real one."""
    ran = await sandbox.run("x = 20\nprint('hi')\nx + 1", 5)
    assert (ran.logs, ran.result, ran.error, ran.files) == ("hi\n", "21", None, [])
    assert (await sandbox.run("x", 5)).result == "20"
    failed = (await sandbox.run("1/0", 5)).error
    assert "ZeroDivisionError" in str(failed)
    assert "\x1b" not in str(failed)
    assert "KeyboardInterrupt" in str((await sandbox.run("while True: pass", 1)).error)
    long = await sandbox.run("for n in range(8): print('x' * 1000)", 20)
    assert "bytes left out" in long.logs
    assert (await sandbox.run("x", 5)).result == "20"
    large = os.urandom(1_500_000)
    await sandbox.write("sub/large", large)
    assert await sandbox.read("sub/large") == large
    assert [(file.path, file.bytes) for file in (await sandbox.run("1", 5)).files] == [("sub/large", len(large))]
    await sandbox.remove("sub/large")
    with pytest.raises(NotFound):
        await sandbox.read("sub/large")
    assert sandbox.alive
    assert (await sandbox.run("import os; os._exit(1)", 5)).lost == "its interpreter ended"
    assert not sandbox.alive


async def test_a_kernel_does_what_a_sandbox_does() -> None:
    async with scripted() as (sandbox, server):
        await shows_what_a_kernel_does(sandbox)
    assert server.kernels == {}
    assert server.asked[:2] == ["POST /api/kernels", "GET /api/kernels/kernel-1/channels"]
    assert server.asked[-1] == "DELETE /api/kernels/kernel-1"


@pytest.mark.skipif(JUPYTER is None, reason="no jupyter-server here (ANTIPHON_TEST_JUPYTER names one)")
async def test_a_real_server_does_too(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(JUPYTER), "--allow-root", f"--port={port}", f"--IdentityProvider.token={TOKEN}", "--no-browser"]
    with running(command, tmp_path) as server:
        await accepting(port)
        async with started(f"http://127.0.0.1:{port}") as sandbox:
            await shows_what_a_kernel_does(sandbox)
        assert server.poll() is None


@contextmanager
def running(command: list[str], home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {**os.environ, "HOME": str(home), "JUPYTER_RUNTIME_DIR": str(home)}
    with subprocess.Popen(command, cwd=home, env=environment, stderr=subprocess.DEVNULL) as server:
        yield server
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(10)
        server.kill()


async def accepting(port: int) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.2)
            else:
                writer.close()
                await writer.wait_closed()
                return


async def test_a_flood_is_interrupted() -> None:
    async with scripted() as (sandbox, _):
        flood = await sandbox.run("while True: print('x' * 1000)", 20)
        assert "bytes left out" in flood.logs
        assert "KeyboardInterrupt" in str(flood.error)
        assert (await sandbox.run("1", 5)).result == "1"


async def test_pictures_are_shown() -> None:
    code = "class P:\n  def _repr_png_(self): return 'aGk='\nP()"
    async with scripted() as (sandbox, _):
        assert (await sandbox.run(code, 5)).images == ["data:image/png;base64,aGk="]


async def test_a_kernel_that_isnt_interrupted_is_lost() -> None:
    stubborn = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    async with scripted() as (sandbox, server):
        assert "couldn't be interrupted" in str((await sandbox.run(stubborn, 1)).lost)
        assert (await sandbox.run("1", 1)).lost
        with pytest.raises(SandboxFailed, match="was ended"):
            await sandbox.files()
    assert server.kernels == {}


async def test_a_cancelled_call_loses_it() -> None:
    async with scripted() as (sandbox, server):
        call = asyncio.create_task(sandbox.run("import time; time.sleep(60)", 60))
        await asyncio.sleep(0.1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert not sandbox.alive
    assert server.kernels == {}


async def test_a_server_that_refuses_or_isnt_there_is_told() -> None:
    async with jupyter(TOKEN) as (server, url):
        with pytest.raises(SandboxFailed, match=r"status 403\. Check its url and token"):
            async with started(url, "wrong"):
                pass
        server.status = 500
        with pytest.raises(SandboxFailed, match="status 500"):
            async with started(url):
                pass
        server.status = 200
        with pytest.raises(SandboxFailed, match="answers as none does"):
            async with started(url):
                pass
    with pytest.raises(SandboxFailed, match="can't be reached"):
        async with started("http://127.0.0.1:1"):
            pass
