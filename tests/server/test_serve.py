"""A server's life: it starts, is told to stop in the middle of things, and loses nothing."""

import contextlib
import signal
import socket
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest
from judged_http import judge_stream
from running_server import RunningServer, running_server

from antiphon.errors import ConfigFault
from antiphon.server.serve import bound
from antiphon.testing import Gate, ScriptedUpstream, never, text

BODY = {"model": "scripted/m", "input": "Hello?"}


def test_a_port_is_taken_once() -> None:
    with bound("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigFault, match=f"Port {port} of 127.0.0.1 is taken"):
            bound("127.0.0.1", port)


def test_a_host_that_is_not_this_machine() -> None:
    with pytest.raises(ConfigFault, match=r"Can't listen on 192\.0\.2\.1:0"):
        bound("192.0.2.1", 0)


@pytest.mark.skipif(not hasattr(socket, "TCP_NOTSENT_LOWAT"), reason="this system has no such bound")
def test_the_system_takes_little_of_an_answer_that_isnt_read() -> None:
    with bound("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()) as client:
        accepted, _ = listener.accept()
        with accepted:
            accepted.settimeout(0)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            taken = 0
            with contextlib.suppress(BlockingIOError):
                while taken < 2**22:
                    taken += accepted.send(b"x" * 2**16)
            assert taken < 2**21


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_ipv6() -> None:
    with (
        ScriptedUpstream(text("Hello!"), models=["m"]) as upstream,
        running_server("--host", "::1", "--upstream", f"scripted={upstream.url}") as server,
    ):
        assert server.url.startswith("http://[::1]:")
        assert server.post(BODY).text == "Hello!"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well(number: signal.Signals) -> None:
    with ScriptedUpstream() as upstream, running_server("--upstream", f"scripted={upstream.url}") as server:
        assert server.get("/health").status == 200
        server.process.send_signal(number)
        assert server.process.wait(20) == 0


def test_answers_outlive_the_server(tmp_path: Path) -> None:
    with ScriptedUpstream(text("One."), text("Two."), models=["m"]) as upstream:
        flags = ["--upstream", f"scripted={upstream.url}"]
        with running_server(*flags, folder=tmp_path) as server:
            first = server.post(BODY | {"stream": True})
            server.process.kill()
            server.process.wait()
        with running_server(*flags, folder=tmp_path) as server:
            assert server.get(f"/responses/{first.response['id']}").json == first.response
            second = server.post(BODY | {"previous_response_id": first.response["id"]})
            assert second.text == "Two."
        assert [message["content"] for message in upstream.requests[-1].json["messages"]] == [
            "Hello?", "One.", "Hello?"
        ]  # fmt: skip


class Reading:
    """A stream read in a thread, as it comes."""

    def __init__(self, server: RunningServer) -> None:
        self.read = b""
        self._url = f"{server.url}/responses"
        self._thread = Thread(target=self._run)

    def _run(self) -> None:
        with (
            contextlib.suppress(httpx2.HTTPError),
            httpx2.stream("POST", self._url, json=BODY | {"stream": True}, timeout=30) as got,
        ):
            for part in got.iter_bytes():
                self.read += part

    @contextlib.contextmanager
    def going_on(self) -> Iterator[None]:
        self._thread.start()
        yield
        self._thread.join()


def test_a_stream_that_goes_on_is_finished_before_it_ends(tmp_path: Path) -> None:
    gate = Gate()
    with (
        ScriptedUpstream(text("Hel", "lo!").held(gate, at=2), models=["m"]) as upstream,
        running_server("--upstream", f"scripted={upstream.url}", folder=tmp_path) as server,
    ):
        reading = Reading(server)
        with reading.going_on():
            upstream.wait(lambda: any(request.method == "POST" and request.sent for request in upstream.requests))
            server.process.terminate()
            refused(server)
            gate.open()
        assert server.process.wait(20) == 0
    final = judge_stream(reading.read)
    assert final["status"] == "completed"
    assert kept(tmp_path) == [(final["id"], "completed")]


def test_a_stream_that_does_not_end_is_ended_and_kept(tmp_path: Path) -> None:
    with (
        ScriptedUpstream(text("Hel", "lo!").held(Gate(), at=2), never(), models=["m"]) as upstream,
        running_server("--upstream", f"scripted={upstream.url}", folder=tmp_path) as server,
        ThreadPoolExecutor() as threads,
    ):
        reading = Reading(server)
        with reading.going_on():
            upstream.wait(lambda: any(request.method == "POST" and request.sent for request in upstream.requests))
            not_begun = threads.submit(server.post, BODY)
            upstream.wait(lambda: sum(request.method == "POST" for request in upstream.requests) == 2)
            server.process.terminate()
        assert server.process.wait(20) == 0
        assert (not_begun.result().status, not_begun.result().error["code"]) == (503, "server_stopping")
    final = judge_stream(reading.read)
    assert final["status"] == "cancelled"
    assert final["output"][0]["content"][0]["text"] == "Hel"
    assert kept(tmp_path) == [(final["id"], "cancelled")]


def refused(server: RunningServer) -> None:
    """Wait until it takes no more connections."""
    with contextlib.suppress(OSError):
        while True:
            socket.create_connection(server.address).close()


def kept(folder: Path) -> list[Any]:
    with contextlib.closing(sqlite3.connect(folder / "kept.db")) as database:
        return database.execute("SELECT id, status FROM responses").fetchall()


def test_the_database_is_whole_when_it_was_killed(tmp_path: Path) -> None:
    with (
        ScriptedUpstream(default=text("Hello!"), models=["m"]) as upstream,
        running_server("--upstream", f"scripted={upstream.url}", folder=tmp_path) as server,
    ):
        ids = [server.post(BODY).response["id"] for _ in range(20)]
        server.process.kill()
        server.process.wait()
    with contextlib.closing(sqlite3.connect(tmp_path / "kept.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert sorted(kept(tmp_path)) == sorted((response_id, "completed") for response_id in ids)
