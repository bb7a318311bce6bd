"""Requests off a socket, and what is known of them."""

import asyncio

import pytest

from antiphon.testing.http_request import End, Head, Request, read_request


async def read(data: bytes, prefix: bytes = b"") -> Head | None:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return await read_request(reader, prefix)


async def test_a_body_with_a_length() -> None:
    head = await read(b"POST /v1/x?y=1 HTTP/1.1\r\nContent-Length: 3\r\nX-A:  b \r\n\r\nabcmore")
    assert head == Head("POST", "/v1/x?y=1", {"content-length": "3", "x-a": "b"}, b"abc")


async def test_a_body_in_chunks() -> None:
    head = await read(
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=1\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"
    )
    assert head is not None
    assert head.body == b"abc0123456789"


async def test_no_body_and_a_byte_read_before() -> None:
    head = await read(b"ET / HTTP/1.1\r\n\r\n", b"G")
    assert head == Head("GET", "/", {}, b"")


async def test_the_end_of_a_connection() -> None:
    assert await read(b"") is None
    with pytest.raises(asyncio.IncompleteReadError):
        await read(b"POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\nabc")


def test_a_request_knows_its_json_and_its_end() -> None:
    request = Request(1, 1, "POST", "/v1/x", {}, b'{"a": 1}')
    assert request.json == {"a": 1}
    assert Request(1, 1, "POST", "/", {}, b"\xff{").json is None
    assert str(request) == "1. POST /v1/x: its answer goes on"
    request.end = End.ABORTED
    assert request.aborted
    assert str(request).endswith("the client went away before its end")
