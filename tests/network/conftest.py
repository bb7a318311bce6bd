"""Both event loops: their sockets fail in different ways."""

import asyncio
from collections.abc import Callable, Mapping

import uvloop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The server runs on uvloop, a program that embeds the client may not."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
