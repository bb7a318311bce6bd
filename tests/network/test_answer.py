"""What the iterator does about its connection; the rest is tried over real sockets in `test_network.py`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from antiphon.errors import UpstreamCut
from antiphon.network.answer import Answer
from antiphon.network.connection import Connection
from antiphon.transport import HttpRequest

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n"


class Quiet:
    """A wire to which nothing happens."""

    def write(self, data: bytes) -> None:
        del data


@asynccontextmanager
async def answering(*pieces: bytes) -> AsyncIterator[tuple[Answer, Connection, list[Connection]]]:
    given_back: list[Connection] = []
    connection = Connection(lambda _: None)
    connection.connection_made(Quiet())  # type: ignore[arg-type] # all that is called here
    connection.ask(b"", b"")
    for piece in pieces:
        connection.data_received(piece)
    answer = Answer(connection, HttpRequest("GET", "http://u:p@a/x?key=k", "up"), 60, given_back.append)
    yield answer, connection, given_back
    await answer.close()


async def test_the_connection_is_given_back_once_at_the_end() -> None:
    async with answering(HEAD, b"one", b"two") as (answer, connection, given_back):
        assert answer.status == 200
        assert [data async for data in answer.chunks()] == [b"onetwo"]
        assert given_back == [connection]
        await answer.close()
        assert [data async for data in answer.chunks()] == []
    assert given_back == [connection]


async def test_closing_early_gives_it_back_unfit_for_more() -> None:
    async with answering(HEAD, b"one") as (answer, connection, given_back):
        assert await anext(answer.chunks()) == b"one"
        await answer.close()
        assert given_back == [connection]
        assert not connection.reusable


async def test_a_fault_comes_after_what_came_before_it_and_names_no_secret() -> None:
    async with answering(HEAD, b"one") as (answer, connection, given_back):
        connection.connection_lost(None)
        assert await anext(answer.chunks()) == b"one"
        with pytest.raises(UpstreamCut, match=r"'up' at http://a/x ended the connection") as cut:
            await anext(answer.chunks())
        assert cut.value.__cause__ is connection.fault
        assert given_back == [connection]
