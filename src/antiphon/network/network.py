"""`Network`: the Transport of a running server, and its pool of kept-alive connections.

No cookies, no redirects, no decompression, no proxies. Not here: one connection (`connection.py`), the words of
errors (`faults.py`). Why an HTTP client of our own: docs/decisions/.
"""

import asyncio
import ssl
from functools import cached_property

from antiphon.errors import UpstreamUnavailable
from antiphon.network.answer import Answer
from antiphon.network.connection import Connection, Garbled
from antiphon.network.faults import NoConnection, no_answer
from antiphon.network.message import Origin, head_of, origin_of
from antiphon.network.resolver import Resolve, addresses_of, system_resolve
from antiphon.network.turns import Turns
from antiphon.transport import HttpAnswer, HttpRequest, Timeouts

KEPT_SECONDS = 15.0
"""How long a connection may rest. Servers close theirs after a while; one that was just closed costs an attempt."""

ROUNDS_TO_CLOSE = 10


class Network:
    """Opens connections when they are needed and keeps them for the next request. One serves the whole process."""

    def __init__(
        self,
        timeouts: Timeouts | None = None,
        tls: ssl.SSLContext | None = None,
        *,
        resolve: Resolve = system_resolve,
    ) -> None:
        """Without `tls`, the certificates of the system are trusted (and those of SSL_CERT_FILE)."""
        self._resolve = resolve
        self._timeouts = timeouts or Timeouts()
        self._own_tls = tls
        self._turns = Turns()
        self._open: dict[Connection, Origin] = {}
        self._resting: dict[Origin, dict[Connection, asyncio.TimerHandle]] = {}

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """As `Transport.send` says. Raises `InvalidRequest` too, for an address or a header that can't be sent.

        A request that is `public` goes to addresses that were checked, and on connections made for such requests only.
        """
        head = head_of(request)
        kept = self._take(origin_of(request))
        if kept is not None:
            try:
                return await self._send(request, head, kept)
            except UpstreamUnavailable:
                if kept.heard:
                    raise
        # The server closed a kept connection just as we took it, and sent nothing on it. A second POST costs at most
        # a second answer that nobody reads.
        return await self._send(request, head, None)

    async def close(self) -> None:
        """Close all connections, those under way as well."""
        for connection in list(self._open):
            self._discard(connection)
        for _ in range(ROUNDS_TO_CLOSE):
            if not self._open:
                break
            # The event loop closes the sockets in its next rounds.
            await asyncio.sleep(0)

    async def _send(self, request: HttpRequest, head: bytes, connection: Connection | None) -> HttpAnswer:
        try:
            connection = connection or await self._connect(origin_of(request))
            await self._ask(connection, request, head)
        except (OSError, Garbled) as error:
            raise no_answer(request, error, self._timeouts) from error
        return Answer(connection, request, self._timeouts.idle, self._give_back)

    async def _ask(self, connection: Connection, request: HttpRequest, head: bytes) -> None:
        """Send, and wait for the head of the answer. Raises `Lost`, `Garbled` and `TimeoutError`."""
        patience = asyncio.get_running_loop().call_later(self._timeouts.first_byte, connection.fail, TimeoutError())
        try:
            connection.ask(head, request.body, bare=request.method == "HEAD")
            while not (connection.opened or connection.over):
                await connection.news()
            if not connection.opened and connection.fault is not None:
                raise connection.fault
        finally:
            patience.cancel()
            if not connection.opened:
                self._discard(connection)

    async def _connect(self, origin: Origin) -> Connection:
        """A new connection, to the first of the host's addresses that takes one. Raises `OSError`, `AddressRefused`."""
        failures: list[OSError] = []
        try:
            async with asyncio.timeout(self._timeouts.connect):
                addresses = await addresses_of(origin, self._resolve)
                for host in addresses:
                    try:
                        async with asyncio.timeout(self._timeouts.connect / len(addresses)):
                            return await self._dial(origin, host)
                    except OSError as error:
                        failures.append(error)
        except TimeoutError as error:
            failures.append(error)
        refused = next((error for error in failures if isinstance(error, ConnectionRefusedError)), None)
        fault = refused or failures[-1]
        if isinstance(fault, TimeoutError) and not fault.errno:
            raise NoConnection from fault
        raise fault

    async def _dial(self, origin: Origin, host: str) -> Connection:
        secure = origin.scheme == "https"
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: Connection(self._lost, self._turns),
            host,
            origin.port,
            ssl=self._tls if secure else None,
            server_hostname=origin.host if secure else None,
        )
        self._open[connection] = origin
        return connection

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Made when it is first needed: reading the system's certificates takes a while."""
        return self._own_tls or ssl.create_default_context()

    def _take(self, origin: Origin) -> Connection | None:
        """The connection to this origin that rested last: the one that is least likely to have been closed."""
        resting = self._resting.get(origin)
        if not resting:
            return None
        connection, timer = resting.popitem()
        timer.cancel()
        return connection

    def _give_back(self, connection: Connection) -> None:
        origin = self._open.get(connection)
        if origin is None or not connection.reusable:
            self._discard(connection)
            return
        timer = asyncio.get_running_loop().call_later(KEPT_SECONDS, self._discard, connection)
        self._resting.setdefault(origin, {})[connection] = timer

    def _discard(self, connection: Connection) -> None:
        self._forget(connection)
        connection.drop()

    def _forget(self, connection: Connection) -> None:
        """It rests no more."""
        origin = self._open.get(connection)
        resting = self._resting.get(origin) if origin else None
        timer = resting.pop(connection, None) if resting else None
        if timer is not None:
            timer.cancel()

    def _lost(self, connection: Connection) -> None:
        self._forget(connection)
        self._open.pop(connection, None)
