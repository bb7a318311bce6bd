"""Runs the application on a socket until it is told to stop. Counterpart: `app.py`, what is run."""

import asyncio
import errno
import gc
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from math import ceil
from types import FrameType
from typing import TypeVar, cast

import uvicorn
from starlette.types import ASGIApp

from antiphon.config import Config, Environment
from antiphon.errors import ConfigFault
from antiphon.server import large_pages
from antiphon.server.app import Pages, build_app, no_pages
from antiphon.server.hardy import hardy
from antiphon.server.services import Services, open_services

if sys.platform != "win32":
    from uvloop import new_event_loop
else:
    from asyncio import new_event_loop

Announce = Callable[[Services, int], Awaitable[None]]
T = TypeVar("T")

KEEP_ALIVE = 75
PING_EVERY = 20.0
"""Seconds between pings on a WebSocket, and until one that isn't answered ends it."""
CUT_AFTER = 3.0
"""Seconds from the wish that open answers end until they are cut."""
GC_THRESHOLDS = (20_000, 1, 32)
"""Tokens make no cycles, so the collector finds nothing in them; at its usual pace it takes a seventh of the time.

Everyone waits while it looks, a millisecond for each thousand objects where the machine is busy: 40,000 at the most of
those that are young. But requests make cycles, and those that are under way while it looks are old then: what is old
is to be looked at every few minutes, else memory grows for an hour before it is given back.
"""
BACKLOG = 2048
UNSENT = 256 * 1024
"""Bytes that the system takes of an answer before the client has room for them: it would take 4 MB for each.

What is on its way isn't bounded by that, so a fast client far away is as fast as ever.
"""
TICK = 1.0
"""Seconds between looks at the clock: the header `date` has no finer ones."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a server ends when it is told to; times in seconds.

    At once it calls `close`, to take no more work. After `delay` it takes no more connections, and `stop` is called
    when answers go on for `grace` after that.
    """

    close: Callable[[], object] = int
    stop: Callable[[], object] = int
    delay: float = 0.0
    grace: float = 7.0


class Server(uvicorn.Server):
    """uvicorn, but a signal ends `serve` and not the process: what is open is closed in order afterwards."""

    def __init__(self, config: uvicorn.Config, ending: "Ending") -> None:
        super().__init__(config)
        self._ending = ending
        self._told: float | None = None
        self._stirred = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal closes the door to new work; after the delay, or a second one, the server ends."""
        again = self._told is not None
        if not again:
            self._told = time.monotonic()
            self._ending.close()
        if again or not self._ending.delay:
            super().handle_exit(sig, frame)
        self._loop.call_soon_threadsafe(self._stirred.set)

    async def main_loop(self) -> None:
        """Until it is to end; uvicorn's own looks ten times a second, which an idle machine would notice."""
        while not await self.on_tick(0):
            self._stirred.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._until_next()):
                    await self._stirred.wait()

    def _until_next(self) -> float:
        """Seconds until something may be due."""
        if self._told is None:
            return TICK
        return min(max(self._told + self._ending.delay - time.monotonic(), 0.0), TICK)

    async def on_tick(self, counter: int) -> bool:
        """Whether it is to end now."""
        if self._told is not None and self._told + self._ending.delay <= time.monotonic():
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let what is open end."""
        timer = asyncio.get_running_loop().call_later(self._ending.grace, self._ending.stop)
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
    app: ASGIApp, config: Config, announce: Callable[[int], Awaitable[None]], ending: Ending | None = None
) -> None:
    """Serve an application until SIGINT or SIGTERM, on the host and port of the settings. Raises `ConfigFault`."""
    with bound(config.host, config.port) as listener:
        server = Server(settings(app, config), ending or Ending(delay=config.stop_delay, grace=config.stop_grace))
        announcing = asyncio.ensure_future(announce(listener.getsockname()[1]))
        await server.serve(sockets=[listener])
        await announcing


def settings(app: ASGIApp, config: Config) -> uvicorn.Config:
    """How uvicorn serves an application of ours."""
    return uvicorn.Config(
        app,
        http=hardy(config.limits),
        ws=cast("type[asyncio.Protocol]", _socket_protocol) if config.websocket else "none",
        ws_max_size=config.max_body,
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
        timeout_graceful_shutdown=ceil(config.stop_grace + CUT_AFTER),
        backlog=BACKLOG,
    )


def _socket_protocol(**given: object) -> asyncio.Protocol:
    """The protocol of one WebSocket, loaded with the first: most servers are never asked for any."""
    made: asyncio.Protocol = import_module("antiphon.server.sockets.protocol").SocketProtocol(**given)
    return made


async def _serve(config: Config, environment: Environment, announce: Announce, pages: Pages) -> None:
    async with open_services(config, environment) as services:
        if services.access.locked:
            raise unprotected(config)
        runs, app = services.open_runs, build_app(services, pages)
        services.worker.start()
        large_pages.move()

        def close() -> None:
            runs.close()
            services.worker.retire()

        ending = Ending(close, runs.stop, config.stop_delay, config.stop_grace)
        await listen(app, config, partial(announce, services), ending)


def unprotected(config: Config) -> ConfigFault:
    """Why a server that others can reach isn't started without keys."""
    return ConfigFault(
        f"Others can reach {config.host}, and there is no key: everyone would be let in. Make one first, with "
        f"`antiphon keys create --project NAME` (and the --db of this server), and send it as "
        "'Authorization: Bearer KEY'. Or listen on 127.0.0.1 only, or say --insecure to let everyone in all the same."
    )


def bound(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises `ConfigFault`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigFault(
                f"Port {port} of {host} is taken, perhaps by another Antiphon. Stop that, or take another with --port."
            ) from None
        raise ConfigFault(f"Can't listen on {host}:{port}: {error.strerror or error}.") from None
    if unsent := getattr(socket, "TCP_NOTSENT_LOWAT", None):
        # Whoever is let in has it from the listener.
        listener.setsockopt(socket.IPPROTO_TCP, unsent, UNSENT)
    return listener
