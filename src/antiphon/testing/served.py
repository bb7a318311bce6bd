"""Servers of ours inside a test's process, each on a free loopback port, in one thread with an event loop of its own.

Not here: what pytest knows of them (`plugin.py`). Counterpart: `server/serve.py`, which serves in the foreground.
"""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from functools import cached_property
from typing import TypeVar

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from antiphon.cassettes.transport import CassetteTransport
from antiphon.config import Config, Environment
from antiphon.errors import ConfigFault
from antiphon.server.app import build_app
from antiphon.server.front import Guard
from antiphon.server.serve import bound
from antiphon.server.services import Services, open_services
from antiphon.server.standin import Standin, Target

HOST = "127.0.0.1"
T = TypeVar("T")


class LoopThread:
    """An event loop in a thread. `do` runs a coroutine there and waits for it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="antiphon", daemon=True)
        self._thread.start()

    def do(self, work: Coroutine[object, object, T]) -> T:
        """The result of `work`; raises what it raises."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        """End the loop and the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Listener:
    """An application on a free loopback port."""

    def __init__(self, app: ASGIApp) -> None:
        self._config = uvicorn.Config(
            app, http="httptools", ws="none", lifespan="off", log_config=None, server_header=False, proxy_headers=False
        )
        self._state = ServerState()

    async def start(self) -> int:
        """Begin to listen; the port."""
        self._config.load()
        listener = bound(HOST, 0)
        self._server = await asyncio.get_running_loop().create_server(self._connection, sock=listener)
        return int(listener.getsockname()[1])

    async def stop(self) -> None:
        """Hang up on whoever is still there."""
        self._server.close()
        tasks = list(self._state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for connection in list(self._state.connections):
            connection.shutdown()
        # The sockets are closed in the loop's next turn.
        await asyncio.sleep(0)

    def _connection(self) -> asyncio.Protocol:
        protocol: asyncio.Protocol = self._config.http_protocol_class(  # type: ignore[call-arg] # typed as Protocol's
            config=self._config, server_state=self._state, app_state={}
        )
        return protocol


class Served:
    """One test's servers over one cassette, started when their address is first asked for.

    The settings name a cassette, in `live` mode too. Raises `ConfigFault` and `CassetteInvalid` as it is made.
    Close it in the end.
    """

    def __init__(self, thread: LoopThread, config: Config, environment: Environment) -> None:
        self.config = config
        self._thread = thread
        self._environment = environment
        self._stack = AsyncExitStack()
        self._services: Services = thread.do(self._open())
        if self._services.tape is None:
            raise ConfigFault("Servers of a test need a cassette.")
        self.tape: CassetteTransport = self._services.tape

    @cached_property
    def url(self) -> str:
        """The base URL of the Responses API, ending in `/v1`."""
        return f"http://{HOST}:{self._thread.do(self._listen(build_app(self._services)))}/v1"

    @cached_property
    def standin_url(self) -> str:
        """The address of a stand-in for the first upstream, without a path. Raises `ConfigFault`."""
        known = [] if self.tape.replays else self._services.catalog.upstreams
        target = Target(known[0].base_url) if known else None
        standin = Standin(self.tape, Guard([], guarded=True), self.config.max_body, target)
        return f"http://{HOST}:{self._thread.do(self._listen(standin))}"

    def close(self) -> None:
        """Stop the servers and close what they used."""
        self._thread.do(self._stack.aclose())

    async def _open(self) -> Services:
        return await self._stack.enter_async_context(open_services(self.config, self._environment))

    async def _listen(self, app: ASGIApp) -> int:
        listener = Listener(app)
        port = await listener.start()
        self._stack.push_async_callback(listener.stop)
        return port
