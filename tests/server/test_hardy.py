"""Clients that mean ill, in small; in full with `make soak`. Good clients are answered all the while."""

import contextlib
import http.client
import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from running_server import RunningServer, running_server

from antiphon.testing import ScriptedUpstream, text

LIMITS = "[limits]\nslow_head = 2.0\nslow_body = 2.0\nslow_reader = 2.0\nhead_bytes = 16384\nconnections = {}\n"
HEAD = "POST /v1/responses HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
GOOD = {"model": "up/m", "input": "Hello?"}
PATIENCE = 60.0


@contextlib.contextmanager
def bounded(folder: Path, connections: int = 500, limits: str = LIMITS) -> Iterator[RunningServer]:
    (folder / "antiphon.toml").write_text(limits.format(connections))
    with (
        ScriptedUpstream(default=text("One. ", "x" * 200_000), models=["m"]) as upstream,
        running_server("--upstream", f"up={upstream.url}", folder=folder, complaints=".*") as server,
    ):
        yield server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with bounded(tmp_path_factory.mktemp("bounded")) as made:
        yield made


def connected(server: RunningServer) -> socket.socket:
    return socket.create_connection(server.address, PATIENCE)


def ended(raw: socket.socket) -> bytes:
    """What the server says until it ends the connection."""
    said = b""
    with contextlib.suppress(ConnectionError):
        while data := raw.recv(65536):
            said += data
    return said


BEGUN = (b"", b"POST /v1/resp", HEAD.encode() + b"X-A: b\r\n", (HEAD + "Content-Length: 90\r\n\r\n{").encode())


@pytest.fixture(scope="module")
def silent(server: RunningServer) -> Iterator[dict[bytes, socket.socket]]:
    """Connections that have begun like this, all at once: each is let go after a while."""
    with contextlib.ExitStack() as stack:
        made = {begun: stack.enter_context(connected(server)) for begun in BEGUN}
        for begun, raw in made.items():
            raw.sendall(begun)
        yield made


@pytest.mark.parametrize("begun", BEGUN)
def test_who_says_nothing_more_is_let_go(
    server: RunningServer, silent: dict[bytes, socket.socket], begun: bytes
) -> None:
    assert ended(silent[begun]) == b""
    assert server.post(GOOD).status == 200


def test_a_kept_connection_may_rest_longer_than_a_head_may_take(server: RunningServer) -> None:
    kept = http.client.HTTPConnection(*server.address, timeout=PATIENCE)
    with contextlib.closing(kept):
        for seconds in (3.0, 0.0):
            kept.request("GET", "/v1/health")
            assert kept.getresponse().read() == b'{"status":"OK"}'
            # That it isn't let go shows only after the time in which it would have been.
            time.sleep(seconds)


def test_a_flood_of_headers_ends_early(server: RunningServer) -> None:
    before = server.memory
    with connected(server) as raw:
        with contextlib.suppress(ConnectionError):
            raw.sendall(HEAD.encode())
            for number in range(1_000_000):
                raw.sendall(b"X-%d: %s\r\n" % (number, b"y" * 900))
        said = ended(raw)
    assert said == b"" or b" 431 " in said.partition(b"\r\n")[0]
    assert server.memory - before < 10_000_000
    assert server.post(GOOD).status == 200


def test_a_body_without_an_end_ends_early(server: RunningServer) -> None:
    """Ten gigabytes are announced, or come without being announced."""
    before = server.memory
    with ThreadPoolExecutor() as pool:
        assert not any(
            pool.map(partial(took_all, server), ("Content-Length: 10737418240", "Transfer-Encoding: chunked"))
        )
    assert server.memory - before < 150_000_000
    assert server.post(GOOD).status == 200


def took_all(server: RunningServer, framing: str) -> bool:
    """Whether a server takes ten gigabytes."""
    with connected(server) as raw, contextlib.suppress(ConnectionError):
        raw.sendall(f"{HEAD}{framing}\r\n\r\n".encode())
        chunk = b"100000\r\n" + b" " * 2**20 + b"\r\n"
        for _ in range(10 * 2**10):
            raw.sendall(chunk)
        return True
    return False


def test_json_that_is_deeply_nested(server: RunningServer) -> None:
    deep = b'{"model":"up/m","input":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    refused = server.post(deep)
    assert (refused.status, server.post(GOOD).status) == (400, 200)


def test_one_connection_too_many_is_let_go(tmp_path: Path) -> None:
    with bounded(tmp_path, connections=20, limits=LIMITS.replace("slow_head = 2.0", "slow_head = 60")) as server:
        with contextlib.ExitStack() as stack:
            others = [stack.enter_context(connected(server)) for _ in range(40)]
            assert len([raw for raw in others[25:] if ended_soon(raw)]) >= 10
        waited_for(lambda: server.post(GOOD).status == 200)


def ended_soon(raw: socket.socket) -> bool:
    raw.settimeout(1.0)
    try:
        return raw.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def waited_for(done: Callable[[], bool]) -> None:
    """Until it is so; a connection that is refused meanwhile is no answer."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(Exception):
            if done():
                return
        time.sleep(0.05)
    raise AssertionError("it never was")


def test_first_requests_take_turns(tmp_path: Path) -> None:
    """Many at once, of an upstream that says much: all are answered, and so is who comes between."""
    body = b'{"model":"up/m","input":"x","stream":true}'
    with bounded(tmp_path) as server, contextlib.ExitStack() as stack:
        asking = [stack.enter_context(connected(server)) for _ in range(50)]
        for raw in asking:
            raw.sendall(f"{HEAD}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        asking.pop().close()
        assert server.post(GOOD).status == 200
        for raw in asking:
            said = ended(raw)
            assert said.count(b"event: response.completed") == 1
            assert said.count(b"x" * 200_000) > 1


def siege(server: RunningServer, slow: int, deaf: int, seconds: float) -> None:
    """So many that send a byte a second, and that never read; good clients are answered, and memory keeps its bound."""
    before, end = server.memory, time.monotonic() + seconds
    body = b'{"model":"up/m","input":"x","stream":true}'
    with contextlib.ExitStack() as stack:
        slows = [stack.enter_context(connected(server)) for _ in range(slow)]
        for raw in (stack.enter_context(connected(server)) for _ in range(deaf)):
            raw.sendall(f"{HEAD}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        sent, line = 0, (HEAD + "X: " + "y" * 1000).encode()
        while time.monotonic() < end:
            for raw in slows:
                with contextlib.suppress(ConnectionError):
                    raw.send(line[sent : sent + 1])
            sent += 1
            assert server.post(GOOD).status == 200
            time.sleep(0.2)
    assert server.memory - before < 300_000_000
    assert server.post(GOOD).status == 200


def test_a_siege_in_small(server: RunningServer) -> None:
    siege(server, slow=100, deaf=20, seconds=3.0)


def asked_in(server: RunningServer, seconds: float) -> list[tuple[float, float]]:
    """How long good clients wait, four of them, each with some ten questions a second: when (seconds), milliseconds."""
    begin = time.monotonic()
    end = begin + seconds

    def ask(number: int) -> list[tuple[float, float]]:
        waits: list[tuple[float, float]] = []
        kept = http.client.HTTPConnection(*server.address, timeout=PATIENCE)
        with contextlib.closing(kept):
            while time.monotonic() < end:
                time.sleep(0.05 + number / 100)
                began = time.monotonic()
                kept.request("POST", "/v1/responses", json.dumps(SHORT), {"Content-Type": "application/json"})
                answer = kept.getresponse()
                assert (answer.status, b"Four." in answer.read()) == (200, True)
                waits.append((began - begin, (time.monotonic() - began) * 1000))
        return waits

    with ThreadPoolExecutor(4) as pool:
        return [wait for waits in pool.map(ask, range(4)) for wait in waits]


@contextlib.contextmanager
def program(*words: str, nice: int = 0) -> Iterator[str]:
    """A program of tests/siege.py until the block ends; the first line that it says."""
    command = ["nice", "-n", str(nice), sys.executable, str(Path(__file__).parents[1] / "siege.py"), *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        try:
            assert started.stdout is not None
            yield started.stdout.readline()
        finally:
            # Its connections are reset, and it may take its time to notice by itself: it is the last in line.
            started.kill()


def apart(server: RunningServer) -> None:
    """The server on one core, and whatever this process starts from now on, the clients too, on another."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        for thread in Path(f"/proc/{server.process.pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {cores[0]})
        os.sched_setaffinity(0, {cores[1]})


SHORT = {"model": "short/m", "input": "Hello?"}
ROUNDS = 3
LATER = 10.0
"""Seconds after which all of the siege is there, and goes on."""


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_siege(tmp_path: Path) -> None:
    """In rounds, with and without, so that a machine that is slow for a while is slow for both. It prints figures."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    (tmp_path / "antiphon.toml").write_text("[limits]\nconnections = 5000\n")
    with contextlib.ExitStack() as stack:
        stack.callback(os.sched_setaffinity, 0, os.sched_getaffinity(0))
        short, long = (stack.enter_context(program(name)).strip() for name in ("short", "long"))
        flags = ("--upstream", f"short={short}", "--upstream", f"up={long}")
        server = stack.enter_context(running_server(*flags, folder=tmp_path, complaints=".*"))
        apart(server)
        asked_in(server, 3.0)
        host, port = server.address
        before, most = server.memory, 0
        rounds: list[tuple[float, float, float]] = []
        for _ in range(ROUNDS):
            quiet = asked_in(server, 20.0)
            with ThreadPoolExecutor(1) as aside:
                asking = aside.submit(asked_in, server, LATER + 20.0)
                # They are other machines in the end: what they take of this one isn't to be what good clients wait for.
                with program(host, str(port), nice=19) as said:
                    assert said == "there\n"
                    siege = asking.result()
                    most = max(most, server.memory)
            later = [one for one in siege if one[0] > LATER]
            rounds.append((shown("alone", quiet), shown("from the beginning", siege), shown("later", later)))
        for words, place in (("with the beginning", 1), ("later", 2)):
            ratios = sorted(round(waited[place] / waited[0], 2) for waited in rounds)
            print(f"p99 besieged {words} to alone, by round: {ratios}")  # noqa: T201 - for -s
        print(f"memory: {before >> 20} MB before, {most >> 20} MB at the most")  # noqa: T201 - for -s
        assert most - before < 600_000_000
        assert server.post(SHORT).status == 200


def shown(name: str, waits: list[tuple[float, float]]) -> float:
    """Say how long they waited; the 99th of a hundred."""
    p50, p99 = (sorted(wait for _, wait in waits)[int(len(waits) * part)] for part in (0.5, 0.99))
    print(f"{name}: {len(waits)} answers, p50 {p50:.1f} ms, p99 {p99:.1f} ms")  # noqa: T201 - for -s
    return p99
