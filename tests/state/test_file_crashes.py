"""Files and the worst: a server that is killed while they arrive, and bodies that are larger than it takes."""

import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from judged_http import NO_TLS
from running_server import RunningServer, running_server

HEAD = (
    b'--XX\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n'
    b'--XX\r\ncontent-disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
)
PATIENCE = 60
MIB = 1 << 20
OLD = 7200


def opened(server: RunningServer, *headers: str) -> socket.socket:
    """A connection on which the head of an upload was sent."""
    connection = socket.create_connection(server.address, timeout=PATIENCE)
    lines = ["POST /v1/files HTTP/1.1", "host: 127.0.0.1", "content-type: multipart/form-data; boundary=XX", *headers]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    return connection


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def lying(folder: Path) -> list[Path]:
    """The files of the folder that blobs are kept in, half ones too."""
    return [path for path in folder.rglob("*") if path.is_file()]


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def half_ones(folder: Path, size: int = 0) -> list[Path]:
    """The files that are arriving, of so many bytes at least."""
    return [path for path in lying(folder) if path.parent.name == "arriving" and path.stat().st_size >= size]


class Senders:
    """Threads that upload one file after the other; `acknowledged` has the content of each by its id."""

    def __init__(self, url: str, threads: int) -> None:
        self.acknowledged: dict[str, bytes] = {}
        self._url = url
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=self._send) for _ in range(threads)]

    @contextmanager
    def at_work(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            for thread in self._threads:
                thread.join(PATIENCE)

    def wait(self) -> None:
        """Wait until some files were acknowledged, while others are on their way."""
        assert self._enough.wait(PATIENCE)

    def _send(self) -> None:
        with httpx2.Client(base_url=self._url, timeout=PATIENCE, verify=NO_TLS) as http:
            while True:
                content = os.urandom(300_000)
                try:
                    answer = http.post("/files", files={"file": ("a", content)}, data={"purpose": "user_data"})
                except httpx2.TransportError:
                    return
                assert answer.status_code == 200
                self.acknowledged[answer.json()["id"]] = content
                if len(self.acknowledged) >= 20:
                    self._enough.set()


def test_a_killed_server_lost_no_file_that_it_acknowledged_and_leaves_none_behind(tmp_path: Path) -> None:
    folder = tmp_path / "kept.files"
    with running_server(folder=tmp_path) as server:
        with opened(server, "transfer-encoding: chunked") as half:
            half.sendall(chunk(HEAD + b"x" * 2 * MIB))
            senders = Senders(server.url, 3)
            with senders.at_work():
                try:
                    senders.wait()
                    wait_until(lambda: bool(half_ones(folder, MIB)))
                finally:
                    server.process.send_signal(signal.SIGKILL)
        server.process.wait(PATIENCE)
    assert half_ones(folder)
    for path in lying(folder):
        os.utime(path, times=(time.time() - OLD,) * 2)
    with running_server(folder=tmp_path) as server:
        for file_id, content in senders.acknowledged.items():
            assert server.get(f"/files/{file_id}/content").body == content
        kept = len(server.get("/files").json["data"])
        assert kept >= len(senders.acknowledged)
        wait_until(lambda: len(lying(folder)) == kept)
        assert not half_ones(folder)


@pytest.mark.parametrize("announced", [True, False])
def test_ten_gigabytes_are_refused_at_the_limit_and_cost_no_memory(tmp_path: Path, *, announced: bool) -> None:
    length = f"content-length: {10 << 30}" if announced else "transfer-encoding: chunked"
    with running_server("--max-file", str(64 * MIB), folder=tmp_path) as server:
        server.client.files.create(file=("a", b"a" * MIB), purpose="user_data")
        before, sent, piece = server.memory, 0, b"x" * MIB
        with opened(server, length) as connection:
            send = (lambda data: data) if announced else chunk
            connection.sendall(send(HEAD))
            while not select.select([connection], [], [], 0)[0] and sent < 10 << 30:
                try:
                    connection.sendall(send(piece))
                except ConnectionError:
                    break
                sent += MIB
            answer = connection.recv(4096)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert sent < 100 * MIB
        assert server.memory - before < 32 * MIB
        assert len(lying(tmp_path / "kept.files")) == 1
        assert server.get("/health").status == 200
