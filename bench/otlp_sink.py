"""A collector that takes whatever it is sent and counts it, so cheap that it is not what is measured.

    python -m bench.otlp_sink --port 4318

Counterpart: `seen.py`, which asks `GET /` how many exports there were. Not here: what is in them
(`tests/otel_collector.py`).
"""

import argparse
import asyncio
from collections.abc import Callable


class Sink(asyncio.Protocol):
    """One connection: requests with a content length, each answered with an empty 200; a GET with the count."""

    taken = 0

    def __init__(self) -> None:
        self._rest = b""
        self._write: Callable[[bytes], object] = _nowhere

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there."""
        self._write = transport.write  # type: ignore[attr-defined] # it is one that writes

    def data_received(self, data: bytes) -> None:
        """Bytes of requests, split anywhere."""
        self._rest += data
        while (answered := self._one()) is not None:
            self._write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(answered), answered))

    def _one(self) -> bytes | None:
        """Take a whole request, if there is one; what it is answered."""
        head, found, rest = self._rest.partition(b"\r\n\r\n")
        if not found or len(rest) < (length := length_of(head)):
            return None
        self._rest = rest[length:]
        if head.startswith(b"GET"):
            return b"%d" % Sink.taken
        Sink.taken += 1
        return b""


def _nowhere(_: bytes) -> None:
    """Nobody is there yet."""


def length_of(head: bytes) -> int:
    """The content length that a request's head names, 0 without one."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


async def main() -> None:
    """Take, until killed."""
    parser = argparse.ArgumentParser(prog="bench.otlp_sink")
    parser.add_argument("--port", type=int, default=4318)
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", parser.parse_args().port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
