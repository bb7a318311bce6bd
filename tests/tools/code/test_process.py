"""A sandbox as a process: what code can't do in the real one, that each try is bounded and told, and how it all ends."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sandboxes import jailed, real, unguarded

from antiphon.errors import NotFound, SandboxFailed
from antiphon.tools.code.descendants import tree
from antiphon.tools.code.jails import Host, Jail, jail
from antiphon.tools.code.process import ProcessSandbox
from antiphon.tools.code.settings import CodeSettings

HARDLY_ENDS = "import signal; signal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True: pass"


@asynccontextmanager
async def started(settings: CodeSettings, name: str = "one") -> AsyncIterator[ProcessSandbox]:
    memory = settings.memory_bytes
    sandbox = await ProcessSandbox.start(jail(settings, name, memory, Host.here()), memory)
    try:
        yield sandbox
    finally:
        await sandbox.close()


def is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def state(pid: int) -> str:
    """One letter: T for a process that is stopped."""
    return Path(f"/proc/{pid}/status").read_text().split("State:\t")[1][0]


def running(sandbox: ProcessSandbox) -> list[int]:
    """The processes of a sandbox, as this machine sees them."""
    return [pid for pid in tree(sandbox._process.pid) if is_there(pid)]


async def gone(pids: Iterable[int]) -> None:
    """Wait until none of these processes is there; who inherits them may take a moment to let go of them."""
    waited = list(pids)
    async with asyncio.timeout(10):
        while any(map(is_there, waited)):  # noqa: ASYNC110 - the kernel sets no event
            await asyncio.sleep(0.05)


@jailed
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import socket; socket.create_connection(('192.0.2.1', 80), 1)", "unreachable"),
        ("import socket; print(socket.if_nameindex())", "[(1, 'lo')]"),
        ("open('/etc/shadow').read()", "FileNotFoundError"),
        ("import os; os.listdir('/root')", "FileNotFoundError"),
        ("import os; os.listdir('/home')", "FileNotFoundError"),
        ("open('/usr/mine', 'w')", "Read-only file system"),
        ("open('/mine', 'w')", "Read-only file system"),
        ("open('/dev/mine', 'w')", "Read-only file system"),
        ("open('/proc/sys/kernel/hostname', 'w')", "denied"),
        ("open('big', 'wb').write(bytes(20_000_000))", "File too large"),
        ("for n in range(40): open(f'{n}', 'wb').write(bytes(1_000_000))", "No space left"),
        ("open('/tmp/big', 'wb').write(bytes(16_000_000)); open('/tmp/b', 'wb').write(bytes(1_000_000))", "No space"),
        ("bytearray(1 << 30)", "MemoryError"),
        ("import os; os.memfd_create('x')", "not implemented"),
        ("import os\nwhile True: os.fork()", "BlockingIOError"),
        ("import subprocess\nl = []\nwhile True: l.append(subprocess.Popen(['sleep', '9']))", "BlockingIOError"),
        ("import os; os.setuid(0)", "Error"),
        ("import ctypes; ctypes.CDLL(None).mount(b'x', b'/', b'tmpfs', 0, None)", "-1"),
        ("import os; os.kill(os.getppid(), 9); 'still here'", "still here"),
        ("while True: pass", "it ran for 2 seconds, which is the limit"),
        ("print('x' * 100_000)", "bytes left out"),
        ("while True: print('x' * 1000)", "Broken pipe"),
        ("import os; os.system('yes')", "bytes left out"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("input()", "EOFError"),
    ],
)
async def test_what_code_may_not_is_told_and_the_container_lives_on(code: str, said: str) -> None:
    async with started(real()) as sandbox:
        await sandbox.run("kept = 7", 2)
        ran = await sandbox.run(code, 2)
        assert said in f"{ran.logs}{ran.result}{ran.error}"
        assert len(f"{ran.logs}{ran.error}") < 10_000
        assert ran.lost is None
        assert (await sandbox.run("kept", 2)).result == "7"


@jailed
@pytest.mark.parametrize(
    ("code", "why"),
    [
        (HARDLY_ENDS, "more than 1 seconds"),
        ("import os; os._exit(3)", "its interpreter ended"),
        (
            "import os\nfor fd in range(3, 50):\n  try: os.close(fd)\n  except OSError: pass",
            "interpreter ended|more than",
        ),
        (
            "import os, time\nfor n in range(6):\n  if not os.fork():\n    x = b'x' * 100_000_000\n    time.sleep(9)\ntime.sleep(9)",
            "more than the 256 MiB of memory",
        ),
    ],
)
async def test_what_cant_be_bounded_otherwise_ends_the_container(code: str, why: str) -> None:
    async with started(real()) as sandbox:
        ran = await sandbox.run(code, 1)
        assert any(reason in str(ran.lost) for reason in why.split("|"))
        assert not sandbox.alive
        assert (await sandbox.run("1", 1)).lost == ran.lost
        with pytest.raises(SandboxFailed, match="was ended"):
            await sandbox.files()


@jailed
async def test_nothing_of_our_environment_is_inside() -> None:
    every = "import glob\n''.join(open(path).read() for path in glob.glob('/proc/[0-9]*/environ'))"
    async with started(real()) as sandbox:
        ran = await sandbox.run(every, 2)
        names = await sandbox.run("import os; sorted(os.environ)", 2)
    assert "PATH=" in str(ran.result)
    assert "PYTEST_CURRENT_TEST" in os.environ
    assert "PYTEST_CURRENT_TEST" not in str(ran.result)
    assert names.result == "['HOME', 'LANG', 'MPLBACKEND', 'PATH', 'PWD', 'TMPDIR']"


@jailed
async def test_a_server_of_this_machine_isnt_reached() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with started(real()) as sandbox:
        ran = await sandbox.run(f"import socket; socket.create_connection(('127.0.0.1', {port}), 1)", 2)
    server.close()
    await server.wait_closed()
    assert "ConnectionRefusedError" in str(ran.error)


@jailed
async def test_two_containers_dont_see_each_other() -> None:
    async with started(real()) as one, started(real(), "two") as other:
        await one.run("import os\nopen('mine', 'w').write('x'); open('/tmp/mine', 'w').write('x')", 2)
        ran = await other.run("import os\nos.listdir('.'), os.listdir('/tmp'), os.listdir('/dev/shm')", 2)
        assert ran.result == "([], [], [])"
        seen = "import os\n[open(f'/proc/{pid}/cmdline').read()[:9] for pid in os.listdir('/proc') if pid.isdigit()]"
        assert len((await other.run(seen, 2)).result.split(",")) == 2  # type: ignore[union-attr] # it is there


@jailed
async def test_what_a_call_leaves_behind_ends_with_it_and_the_rest_is_stopped() -> None:
    thread = "import threading\ndef f():\n  global n\n  while True: n += 1\nn = 0\nthreading.Thread(target=f, daemon=True).start()"
    async with started(real()) as sandbox:
        before = len(running(sandbox))
        await sandbox.run("import subprocess; left = subprocess.Popen(['sleep', '60'])", 2)
        assert (await sandbox.run("left.poll() is not None", 2)).result == "True"
        assert len(running(sandbox)) == before
        await sandbox.run(thread, 2)
        assert {state(pid) for pid in running(sandbox)[1:]} == {"T"}


@jailed
async def test_a_cancelled_call_leaves_no_process() -> None:
    async with started(real()) as sandbox:
        pids = running(sandbox)
        call = asyncio.create_task(sandbox.run("import time; time.sleep(60)", 60))
        await asyncio.sleep(0.2)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert not sandbox.alive
    await gone(pids)


SERVER = """
import asyncio
from test_process import HARDLY_ENDS, real, running, started
async def main():
    async with started(real()) as resting, started(real(), "two") as busy:
        print(*running(resting), *running(busy), flush=True)
        await busy.run(HARDLY_ENDS, 60)
asyncio.run(main())
"""


@jailed
async def test_the_servers_death_leaves_no_process() -> None:
    places = [str(Path(__file__).parent), str(Path(__file__).parents[2])]
    program = f"import sys; sys.path[:0] = {places!r}\n{SERVER}"
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=subprocess.PIPE)
    assert server.stdout is not None
    pids = (await server.stdout.readline()).split()
    server.send_signal(signal.SIGKILL)
    await server.communicate()
    assert len(pids) > 4
    await gone(map(int, pids))


async def test_files_go_in_and_out(tmp_path: Path) -> None:
    large = os.urandom(2_500_000)
    async with started(unguarded(tmp_path)) as sandbox:
        await sandbox.write("sub/large", large)
        await sandbox.write("empty", b"")
        assert [(file.path, file.bytes) for file in await sandbox.files()] == [("empty", 0), ("sub/large", len(large))]
        assert await sandbox.read("sub/large") == large
        assert await sandbox.read("empty") == b""
        await sandbox.remove("empty")
        for path in ("empty", "nothing"):
            with pytest.raises(NotFound, match="no file"):
                await sandbox.read(path)
        with pytest.raises(SandboxFailed, match="can't be written"):
            await sandbox.write("sub", b"x")


async def test_code_cant_answer_for_a_call_that_isnt_made_yet(tmp_path: Path) -> None:
    """It may find the pipe and write to it; what it says names no request."""
    forged = 'import os\nfor fd in range(3, 9):\n  try: os.write(fd, b\'{"id": "2", "result": "forged"}\\n{bad\\n\\xff\\n\')\n  except OSError: pass'
    async with started(unguarded(tmp_path)) as sandbox:
        await sandbox.run(forged, 2)
        assert (await sandbox.run("'true'", 2)).result == "'true'"


async def test_a_line_without_an_end_ends_it(tmp_path: Path) -> None:
    flood = (
        "import os\nwhile True:\n  for fd in (3, 4, 5):\n    try: os.write(fd, b'x' * 65536)\n    except OSError: pass"
    )
    async with started(unguarded(tmp_path)) as sandbox:
        assert (await sandbox.run(flood, 5)).lost == "its interpreter ended"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["/nonexistent/jail"], "can't be started: No such file or directory"),
        ([sys.executable, "-c", "import sys; sys.exit('no user namespaces here')"], "no user namespaces here"),
        ([sys.executable, "-c", "print('hello')"], "its interpreter ended"),
    ],
)
async def test_a_jail_that_doesnt_start_says_why(command: list[str], said: str) -> None:
    with pytest.raises(SandboxFailed, match=said):
        await ProcessSandbox.start(Jail(command), 1 << 30)


async def test_a_container_is_ended_by_its_own_program(tmp_path: Path) -> None:
    async with started(unguarded(tmp_path), "cntr_1"):
        pass
    assert contents(tmp_path / "work-cntr_1.ended") == "rm --force cntr_1"


def contents(path: Path) -> str:
    return path.read_text()
