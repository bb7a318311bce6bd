"""One connection told bytes: no sockets, so that each splitting of the bytes can be tried."""

import asyncio
from itertools import pairwise
from typing import Any, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.network.connection import AT_ONCE, HEAD_LIMIT, HELD_MOST, PART, SMALL, Connection, Garbled, Lost
from antiphon.network.turns import TURNS, Turns

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
ANSWERS = {
    "chunked": HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n5;x=y\r\nthree\r\n0\r\n\r\n",
    "with a trailer": HEAD + b"Transfer-Encoding: chunked\r\n\r\n8\r\nonethree\r\n0\r\nX-Sum: 9\r\n\r\n",
    "of a length": HEAD + b"Content-Length: 8\r\n\r\nonethree",
    "announced": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + HEAD + b"Content-Length: 8\r\n\r\nonethree",
    "continued": b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"content-length: 8\r\n\r\nonethree",
}


class Wire(asyncio.Transport):
    """What a connection did to its socket."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.did: list[str] = []

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def abort(self) -> None:
        self.did.append("abort")

    def pause_reading(self) -> None:
        self.did.append("pause")

    def resume_reading(self) -> None:
        self.did.append("resume")


class Line:
    """A connection that was asked something, and its wire."""

    def __init__(self, turns: Turns | None = None, *, bare: bool = False) -> None:
        self.loop = asyncio.new_event_loop()
        self.lost: list[Connection] = []
        self.wire = Wire()
        self.connection = self.loop.run_until_complete(self._made())
        self.connection.connection_made(self.wire)
        before = TURNS.set(turns)
        self.connection.ask(b"GET / HTTP/1.1\r\n\r\n", b"", bare=bare)
        TURNS.reset(before)

    async def _made(self) -> Connection:
        return Connection(self.lost.append)

    def told(self, *pieces: bytes) -> Connection:
        for piece in pieces:
            self.connection.data_received(piece)
        return self.connection

    def given(self) -> Connection:
        """As much of an answer as is handled at once has been taken."""
        self.told(HEAD + b"Content-Length: 10000000\r\n\r\n", *[b"x" * HELD_MOST] * (AT_ONCE // HELD_MOST))
        self.connection.take()
        self.wire.did.clear()
        return self.connection

    def turns(self, count: int) -> None:
        """The event loop comes round so many times."""
        for _ in range(count):
            self.loop.run_until_complete(asyncio.sleep(0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.close()


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=list(ANSWERS))
@given(cuts=st.lists(st.integers(0, 120)))
def test_any_splitting_gives_the_same_answer(answer: bytes, cuts: list[int]) -> None:
    with Line() as line:
        ends = [0, *sorted(cut for cut in cuts if cut < len(answer)), len(answer)]
        for start, end in pairwise(ends):
            assert not line.connection.over
            line.told(answer[start:end])
        connection = line.connection
        assert (connection.status, connection.take(), connection.fault) == (200, b"onethree", None)
        assert (connection.over, connection.reusable) == (True, True)
        assert connection.headers["content-type"] == "text/event-stream"
        assert "x-sum" not in connection.headers
        assert "link" not in connection.headers


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=list(ANSWERS))
def test_a_connection_that_is_lost_anywhere_inside_says_so(answer: bytes) -> None:
    for length in range(len(answer)):
        with Line() as line:
            connection = line.told(answer[:length]) if length else line.connection
            connection.connection_lost(None)
            assert isinstance(connection.fault, Lost)
            assert b"onethree".startswith(connection.take())
            assert line.lost == [connection]


def test_without_framing_the_end_of_the_connection_is_the_end() -> None:
    with Line() as line:
        connection = line.told(HEAD + b"\r\n", b"one")
        assert not connection.over
        connection.connection_lost(None)
        assert (connection.over, connection.fault, connection.take(), connection.reusable) == (
            True,
            None,
            b"one",
            False,
        )


def test_without_framing_an_error_is_a_cut() -> None:
    with Line() as line:
        connection = line.told(HEAD + b"\r\none")
        connection.connection_lost(ConnectionResetError())
        assert isinstance(connection.fault, Lost)


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_an_answer_without_a_body_is_over_with_its_head(status: bytes) -> None:
    with Line() as line:
        connection = line.told(b"HTTP/1.1 " + status + b"\r\n\r\n")
        assert (connection.over, connection.reusable) == (True, True)


def test_the_answer_to_a_bare_request_is_over_with_its_head() -> None:
    with Line(bare=True) as line:
        connection = line.told(HEAD + b"Content-Length: 100\r\n\r\n")
        assert (connection.over, connection.fault, connection.reusable) == (True, None, False)


@pytest.mark.parametrize("end", [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"rubbish"])
def test_what_follows_an_answer_spoils_the_connection(end: bytes) -> None:
    with Line() as line:
        connection = line.told(ANSWERS["chunked"] + end)
        assert (connection.take(), connection.fault, connection.reusable) == (b"onethree", None, False)
        assert connection.headers["content-type"] == "text/event-stream"


def test_a_server_that_speaks_unasked_is_hung_up_on() -> None:
    with Line() as line:
        line.told(ANSWERS["chunked"], b"HTTP/1.1 408 Request Timeout\r\n\r\n")
        assert line.wire.did == ["abort"]
        assert not line.connection.reusable


@pytest.mark.parametrize(
    "sent", [b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"]
)
def test_what_is_not_an_answer(sent: bytes) -> None:
    with Line() as line:
        assert isinstance(line.told(sent).fault, Garbled)
        assert line.wire.did == ["abort"]


@pytest.mark.parametrize("before", [b"", HEAD, HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n"])
@pytest.mark.parametrize("line_end", [b"\r\n", b""])
def test_a_flood_of_headers_is_ended(before: bytes, line_end: bytes) -> None:
    with Line() as line:
        connection = line.told(before or b"HTTP/1.1 200 OK\r\n", b"A: ")
        for _ in range(HEAD_LIMIT // 1000):
            assert not connection.over
            line.told(b"x" * 998 + line_end + (b"A:" if line_end else b"xx"))
        line.told(b"x" * 2000)
        assert "bytes of headers" in str(connection.fault)
        assert line.wire.did == ["abort"]


def test_a_header_that_comes_twice_is_one() -> None:
    with Line() as line:
        connection = line.told(b"HTTP/1.1 200 OK\r\nA: 1\r\na: 2 \r\nContent-Length: 0\r\n\r\n")
        assert connection.headers["a"] == "1, 2"


def test_what_nobody_takes_stops_the_reading() -> None:
    with Line() as line:
        small = [b"x" * PART] * (HELD_MOST // PART)
        connection = line.told(HEAD + b"Content-Length: 1000000\r\n\r\n", *small, b"x")
        assert line.wire.did == ["pause"]
        assert len(connection.take()) == HELD_MOST + 1
        assert line.wire.did == ["pause", "resume"]


def test_what_comes_in_a_large_piece_is_handled_in_parts() -> None:
    taken: list[int] = []

    def take(data: bytes) -> bool:
        taken.append(len(data))
        return True

    with Line() as line:
        line.given().hand_over(take)
        line.told(b"x" * SMALL, b"x" * (3 * PART + 1))
        assert (taken, line.wire.did) == ([SMALL], ["pause"])
        line.turns(9)
        assert (taken[1:], line.wire.did) == ([PART, PART, PART, 1], ["pause", "resume"])


def test_large_pieces_for_who_waits_for_turns_wait_in_the_same_row() -> None:
    taken: list[int] = []

    def take(data: bytes) -> bool:
        taken.append(len(data))
        return True

    with Line(Turns(every=3)) as line:
        line.told(HEAD + b"Content-Length: 1000000\r\n\r\n").hand_over(take)
        line.told(b"x" * SMALL, b"x" * (PART + 1))
        assert taken == [SMALL]
        line.turns(20)
        assert taken == [SMALL, PART, 1]


def test_of_a_large_piece_that_nobody_takes_little_is_read() -> None:
    with Line() as line:
        connection = line.given()
        line.told(b"x" * (4 * HELD_MOST))
        line.turns(100)
        assert HELD_MOST <= len(first := connection.take()) <= HELD_MOST + PART
        line.turns(100)
        assert line.wire.did == ["pause"]
        assert len(first) + len(connection.take()) <= 2 * (HELD_MOST + PART)


def test_a_connection_with_something_put_off_is_of_no_more_use() -> None:
    with Line() as line:
        connection = line.given()
        line.told(b"x" * (10_000_000 - AT_ONCE + 1))
        assert not connection.reusable
        while connection.holds or not connection.over:
            connection.take()
            line.turns(1)
        assert not connection.reusable


def test_what_came_before_the_end_is_part_of_the_answer() -> None:
    with Line() as line:
        line.told(HEAD + b"\r\n", b"x" * AT_ONCE)
        line.connection.take()
        line.told(b"x" * (3 * PART))
        line.connection.connection_lost(None)
        assert (len(line.connection.take()), line.connection.fault) == (3 * PART, None)


def test_a_large_body_is_sent_whole() -> None:
    with Line() as line:
        line.told(ANSWERS["chunked"])
        line.wire.written = b""
        line.connection.ask(b"head", b"b" * (HELD_MOST + 1))
        assert line.wire.written == b"head" + b"b" * (HELD_MOST + 1)


def test_connection_close_is_obeyed() -> None:
    with Line() as line:
        assert not line.told(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").reusable
