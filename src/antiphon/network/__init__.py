"""The real network: HTTP/1.1 over asyncio and httptools, for everything that leaves this process.

`Network` is the `Transport` of a running server; `transport.py` has the protocol, `cassettes/transport.py` the
one that records and replays.
"""

from antiphon.network.network import Network

__all__ = ["Network"]
