"""Runs the application on a socket until it is told to stop. Counterpart: `app.py`, what is run."""

import asyncio
import errno
import gc
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

import uvicorn
from starlette.types import ASGIApp

from antiphon.config import Config, Environment
from antiphon.errors import ConfigFault
from antiphon.server.app import Pages, build_app, no_pages
from antiphon.server.coded import CodedProtocol
from antiphon.server.services import Services, open_services
from antiphon.server.sockets.protocol import SocketProtocol

if sys.platform != "win32":
    from uvloop import new_event_loop
else:
    from asyncio import new_event_loop

Announce = Callable[[Services, int], Awaitable[None]]
T = TypeVar("T")

KEEP_ALIVE = 75
PING_EVERY = 20.0
"""Seconds between pings on a WebSocket, and until one that isn't answered ends it."""
GRACE, SHUTDOWN = 7, 10
"""Seconds that open answers have to end by themselves, and until they are cut: a supervisor waits for 10."""
GC_THRESHOLDS = (20_000, 20, 50)
"""Tokens make no cycles, so the collector finds nothing in them; at its usual pace it takes a seventh of the time."""
BACKLOG = 2048


class Server(uvicorn.Server):
    """uvicorn, but a signal ends `serve` and not the process: what is open is closed in order afterwards.

    `stop` is called when answers go on for `GRACE` seconds after that.
    """

    def __init__(self, config: uvicorn.Config, stop: Callable[[], object]) -> None:
        super().__init__(config)
        self._stop = stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let what is open end."""
        timer = asyncio.get_running_loop().call_later(GRACE, self._stop)
        try:
            await super().shutdown(sockets)
        finally:
            timer.cancel()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM as the wish to stop, while the block runs."""
        stopping = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in stopping.items():
                signal.signal(number, handler)


def serve(config: Config, environment: Environment, announce: Announce, pages: Pages = no_pages) -> None:
    """Serve until SIGINT or SIGTERM. `announce` is told the port once connections are accepted.

    Raises `ConfigFault` for settings that can't work.
    """
    run(_serve(config, environment, announce, pages))


def run(main: Coroutine[object, object, T]) -> T:
    """Run a server's whole life in an event loop that is set up for it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(main)


async def listen(
    app: ASGIApp, config: Config, announce: Callable[[int], Awaitable[None]], stop: Callable[[], object] = int
) -> None:
    """Serve an application until SIGINT or SIGTERM, on the host and port of the settings. Raises `ConfigFault`.

    `stop` is called when it has been told to stop for a while and answers still go on.
    """
    with bound(config.host, config.port) as listener:
        server = Server(settings(app, config.max_body if config.websocket else None), stop)
        announcing = asyncio.ensure_future(announce(listener.getsockname()[1]))
        await server.serve(sockets=[listener])
        await announcing


def settings(app: ASGIApp, largest_message: int | None = None) -> uvicorn.Config:
    """How uvicorn serves an application of ours; WebSockets take messages of so many bytes, or there are none."""
    return uvicorn.Config(
        app,
        http=CodedProtocol,
        ws="none" if largest_message is None else SocketProtocol,
        ws_max_size=largest_message or 0,
        ws_ping_interval=PING_EVERY,
        ws_ping_timeout=PING_EVERY,
        # Small messages, and many: compressing each costs more than the network does.
        ws_per_message_deflate=False,
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=SHUTDOWN,
        backlog=BACKLOG,
    )


async def _serve(config: Config, environment: Environment, announce: Announce, pages: Pages) -> None:
    async with open_services(config, environment) as services:
        await listen(build_app(services, pages), config, partial(announce, services), services.open_runs.stop)


def bound(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises `ConfigFault`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigFault(
                f"Port {port} of {host} is taken, perhaps by another Antiphon. Stop that, or take another with --port."
            ) from None
        raise ConfigFault(f"Can't listen on {host}:{port}: {error.strerror or error}.") from None
