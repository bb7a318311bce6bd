"""Too much at once, and a server that stops, as clients of a real one see it."""

import contextlib
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openai
import pytest
from running_server import RunningServer, running_server

from antiphon.server.pressure import brings_work, follows
from antiphon.testing import Gate, ScriptedUpstream, text

BODY = {"model": "scripted/m", "input": "Hello?"}
LIMITS = """
[limits]
project-open-answers = 2
project-held-bytes = 100_000
slow-reader = 0.3
"""


@contextlib.contextmanager
def limited(folder: Path, upstream: ScriptedUpstream, *flags: str) -> Iterator[RunningServer]:
    (folder / "antiphon.toml").write_text(LIMITS)
    with running_server("--upstream", f"scripted={upstream.url}", *flags, folder=folder) as server:
        yield server


@pytest.mark.parametrize(
    ("method", "path", "query", "work", "follow"),
    [
        ("POST", "/v1/responses", b"", True, False),
        ("POST", "/v1/responses/resp_1/cancel", b"", False, False),
        ("POST", "/console/login", b"", False, False),
        ("GET", "/v1/responses/resp_1", b"", False, False),
        ("GET", "/v1/responses/resp_1", b"stream=true&starting_after=3", False, True),
    ],
)
def test_what_is_counted(method: str, path: str, query: bytes, *, work: bool, follow: bool) -> None:
    scope = {"type": "http", "method": method, "path": path, "query_string": query}
    assert (brings_work(scope), follows(scope)) == (work, follow)
    assert brings_work({"type": "websocket"})
    assert not brings_work({"type": "lifespan"})


def test_one_project_is_told_when_it_has_enough(tmp_path: Path) -> None:
    gate = Gate()
    with (
        ScriptedUpstream(default=text("Hello!").held(gate, at=0), models=["m"]) as upstream,
        limited(tmp_path, upstream) as server,
        ThreadPoolExecutor(2) as threads,
    ):
        asked = [threads.submit(server.post, BODY) for _ in range(2)]
        upstream.wait(lambda: sum(request.method == "POST" for request in upstream.requests) == 2)
        with pytest.raises(openai.RateLimitError) as refused:
            server.client.responses.create(model="scripted/m", input="Hello?")
        assert refused.value.response.headers["retry-after"] == "2"
        assert refused.value.code == "project_overloaded"
        assert server.get("/health").status == 200
        gate.open()
        assert [one.result().text for one in asked] == ["Hello!"] * 2
        assert server.post(BODY).text == "Hello!"


def test_a_request_that_is_too_much_beside_the_others(tmp_path: Path) -> None:
    with ScriptedUpstream(default=text("Hello!"), models=["m"]) as upstream, limited(tmp_path, upstream) as server:
        answer = server.post(BODY | {"input": "x" * 200_000})
        assert (answer.status, answer.error["code"]) == (429, "project_overloaded")
        assert server.post(BODY).text == "Hello!"


def test_a_client_that_does_not_read_is_let_go(tmp_path: Path) -> None:
    long = text(*["x" * 40_000] * 500)
    with ScriptedUpstream(long, models=["m"]) as upstream, limited(tmp_path, upstream) as server:
        with socket.create_connection(server.address) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            body = b'{"model":"scripted/m","input":"?","stream":true}'
            head = f"POST /v1/responses HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            client.sendall(head.encode() + body)
            upstream.wait(lambda: any(request.aborted for request in upstream.requests))
        assert server.get("/health").status == 200


def test_a_server_that_stops_says_so_and_takes_no_more_work(tmp_path: Path) -> None:
    gate = Gate()
    with (
        ScriptedUpstream(text("Hello!").held(gate, at=0), models=["m"]) as upstream,
        limited(tmp_path, upstream, "--stop-delay", "3") as server,
        ThreadPoolExecutor(1) as threads,
    ):
        assert server.get("/ready").json == {"status": "ready"}
        asked = threads.submit(server.post, BODY)
        upstream.wait(lambda: any(request.method == "POST" for request in upstream.requests))
        server.process.terminate()
        while server.get("/ready").status == 200:
            pass
        assert server.get("/ready").status == 503
        assert server.get("/health").status == 200
        refused = server.post(BODY)
        assert (refused.status, refused.error["code"], refused.headers["retry-after"]) == (503, "server_stopping", "2")
        gate.open()
        assert asked.result().text == "Hello!"
        assert server.process.wait(60) == 0


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with ScriptedUpstream(models=["m"]) as upstream, limited(tmp_path, upstream, "--stop-delay", "600") as server:
        server.process.terminate()
        while server.get("/ready").status == 200:
            pass
        assert server.stop() == 0
