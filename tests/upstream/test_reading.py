"""Short bodies are read so far and no farther."""

from typing import Any

import pytest

from antiphon.network import Network
from antiphon.transport import HttpRequest
from antiphon.upstream.reading import read_at_most


@pytest.mark.parametrize(
    ("end", "limit", "body"),
    [
        ([b"0\r\n\r\n"], 100, b"onetwo"),
        ([b"0\r\n\r\n"], 4, b"onet"),
        ([b"CUT"], 100, b"onetwo"),
        ([b"HANG"], 100, b"onetwo"),
        ([b"HANG"], 6, b"onetwo"),
    ],
)
async def test_as_far_as_it_comes(server: Any, network: Network, end: list[bytes], limit: int, body: bytes) -> None:
    up = await server.start(server.stream(b"one", b"two", end=end))
    answer = await network.send(HttpRequest("GET", up.url, "up"))
    assert await read_at_most(answer, limit, seconds=0.2) == body
    await answer.close()
