"""A streamed body on the socket: a chunk for each that was recorded, and nothing lost to a slow reader."""

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from running_standin import RunningStandin, running_standin

from antiphon.cassettes.format import encode_header, encode_interaction
from antiphon.cassettes.interaction import Answered, Chunk, End
from antiphon.cassettes.redaction import redact_request
from antiphon.server.coded import BodyWriter, write_coded
from antiphon.transport import HttpRequest

PIECES = [b"data: %d\n\n" % number for number in range(100)]
LARGE = [b"data: " + b"x" * 50_000 + b"\n\n"] * 200
SSE = {"content-type": "text/event-stream"}


def lines(number: int, path: str, pieces: list[bytes]) -> bytes:
    request = redact_request(HttpRequest("POST", f"http://api{path}", "api", {}, json.dumps({}).encode()))
    answer = Answered(200, SSE, tuple(Chunk(0, piece) for piece in pieces), End.COMPLETE)
    return encode_interaction(number, request, answer)


@pytest.fixture
def replay(tmp_path: Path) -> Iterator[RunningStandin]:
    tape = encode_header(5) + lines(1, "/small", PIECES) + lines(2, "/large", LARGE)
    (tmp_path / "tape.jsonl").write_bytes(tape)
    with running_standin("replay", "tape.jsonl", folder=tmp_path) as running:
        yield running


def connected(api: RunningStandin) -> socket.socket:
    host, port = api.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=20)


def test_each_recorded_chunk_is_a_chunk_and_the_connection_lives_on(replay: RunningStandin) -> None:
    expected = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in PIECES) + b"0\r\n\r\n"
    with connected(replay) as connection:
        for _ in range(2):
            connection.sendall(b"POST /small HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 2\r\n\r\n{}")
            came = b""
            while not came.endswith(b"0\r\n\r\n"):
                came += connection.recv(65536)
            head, _, body = came.partition(b"\r\n\r\n")
            assert b"transfer-encoding: chunked" in head.lower()
            assert body == expected


def test_a_slow_reader_gets_all_of_it_and_one_that_leaves_disturbs_nobody(replay: RunningStandin) -> None:
    with connected(replay) as leaving:
        leaving.sendall(b"POST /large HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 2\r\n\r\n{}")
        leaving.recv(1000)
    with replay.http.stream("POST", "/large", content=b"{}") as answer:
        assert b"".join(answer.iter_raw()) == b"".join(LARGE)


async def test_elsewhere_it_says_that_it_cannot() -> None:
    assert await write_coded({"type": "http"}, [b"1\r\na\r\n"]) is False


@dataclass
class Cycle:
    """What of uvicorn's request a writer looks at."""

    disconnected: bool = False
    chunked_encoding: bool | None = True
    response_complete: bool = False
    write_paused: bool = False
    written: list[bytes] = field(default_factory=list)
    drains: int = 0

    @property
    def flow(self) -> "Cycle":
        return self

    async def drain(self) -> None:
        self.drains += 1

    def __post_init__(self) -> None:
        self.transport: Cycle = self

    def write(self, data: bytes) -> None:
        self.written.append(data)


@pytest.mark.parametrize(
    ("cycle", "ready"),
    [
        (Cycle(), True),
        (Cycle(disconnected=True), False),
        (Cycle(chunked_encoding=False), False),
        (Cycle(response_complete=True), False),
        (Cycle(write_paused=True), False),
    ],
)
def test_a_piece_is_written_at_once_unless_somebody_must_wait(cycle: Cycle, *, ready: bool) -> None:
    assert BodyWriter(cast("Any", cycle)).ready is ready


@pytest.mark.parametrize(
    ("cycle", "behind"),
    [(Cycle(), False), (Cycle(write_paused=True), True), (Cycle(write_paused=True, disconnected=True), False)],
)
async def test_room_is_waited_for_where_a_client_is_behind(cycle: Cycle, *, behind: bool) -> None:
    writer = BodyWriter(cast("Any", cycle))
    assert writer.behind is behind
    await writer.room()
    assert cycle.drains == 1


def test_a_piece_is_a_chunk_of_the_body() -> None:
    cycle = Cycle()
    BodyWriter(cast("Any", cycle)).write(b"one")
    assert cycle.written == [b"3\r\none\r\n"]
