"""Connections that write once in a turn of the event loop: on real sockets, and nothing is lost or out of order."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from antiphon.server.gathered import AT_ONCE, Departures, GatheredTransport

BIG = b"x" * (AT_ONCE + 1)


@dataclass
class Recorded:
    """What a connection's transport is told, in order."""

    told: list[object] = field(default_factory=list)
    closing: bool = False

    def write(self, data: bytes) -> None:
        self.told.append(data)

    def is_closing(self) -> bool:
        return self.closing

    def write_eof(self) -> None:
        self.told.append("eof")

    def close(self) -> None:
        self.told.append("close")

    def abort(self) -> None:
        self.closing = True
        self.told.append("abort")


def gathered(recorded: Recorded, departures: Departures | None = None) -> GatheredTransport:
    transport = cast("asyncio.Transport", recorded)
    return GatheredTransport(transport, departures or Departures(), asyncio.get_running_loop())


async def test_what_is_written_in_one_turn_leaves_as_one_when_it_is_over() -> None:
    one, other, departures = Recorded(), Recorded(), Departures()
    first, second = gathered(one, departures), gathered(other, departures)
    for letter in (b"a", b"b"):
        first.write(letter)
        second.write(letter.upper())
    assert one.told == other.told == []
    await asyncio.sleep(0)
    assert (one.told, other.told) == ([b"ab"], [b"AB"])
    second.write(b"C")
    await asyncio.sleep(0)
    assert (one.told, other.told) == ([b"ab"], [b"AB", b"C"])


async def test_more_than_may_wait_is_sent_at_once() -> None:
    recorded = Recorded()
    transport = gathered(recorded)
    transport.write(b"a")
    transport.write(BIG)
    transport.write(b"b")
    assert recorded.told == [b"a" + BIG]
    await asyncio.sleep(0)
    assert recorded.told == [b"a" + BIG, b"b"]


async def test_it_ends_after_what_was_written() -> None:
    recorded = Recorded()
    transport = gathered(recorded)
    transport.write(b"a")
    transport.write_eof()
    transport.write(b"b")
    transport.close()
    await asyncio.sleep(0)
    assert recorded.told == [b"a", "eof", b"b", "close"]


async def test_a_connection_that_was_cut_is_told_no_more() -> None:
    recorded = Recorded()
    transport = gathered(recorded)
    transport.write(b"a")
    transport.abort()
    await asyncio.sleep(0)
    assert recorded.told == ["abort"]


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[asyncio.Transport, asyncio.StreamReader]]:
    """A real connection's transport, and who reads at its other end."""
    here, there = socket.socketpair()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=here)
    reader, writer = await asyncio.open_connection(sock=there)
    try:
        yield transport, reader
    finally:
        transport.close()
        writer.close()
        await writer.wait_closed()


@given(st.lists(st.one_of(st.none(), st.integers(0, 2 * AT_ONCE)), max_size=8))
async def test_all_bytes_arrive_in_order(steps: list[int | None]) -> None:
    async with connected() as (transport, reader):
        written = b""
        one = GatheredTransport(transport, Departures(), asyncio.get_running_loop())
        for number, size in enumerate(steps):
            if size is None:
                await asyncio.sleep(0)
                continue
            data = bytes([65 + number]) * size
            written += data
            one.write(data)
        one.close()
        assert await asyncio.wait_for(reader.read(-1), 60) == written
