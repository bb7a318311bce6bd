"""Asks the service behind a tool: one short answer, within a time and a size.

Whatever goes wrong is a `ToolFailed` in words that may be shown to the model; the details go to the log. Not here:
upstream models (`upstream/client.py`), MCP (`mcp_http.py`).
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgspec

from antiphon.errors import ToolFailed, UpstreamFault
from antiphon.transport import HttpAnswer, HttpRequest, Transport
from antiphon.upstream.retry import Retry

log = logging.getLogger("antiphon")

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes of one answer; `service` is what it is called in messages.

    A service that is too busy is asked again as `retry` says, within these seconds.
    """

    service: str
    seconds: float
    most_bytes: int = 4 * MIB
    retry: Retry = field(default_factory=Retry)


async def fetch_json(transport: Transport, request: HttpRequest, limits: Limits) -> Any:  # noqa: ANN401 - JSON
    """The JSON that a service answers with. Raises `ToolFailed`, and faults of a cassette."""
    async with asking(transport, request, limits) as answer:
        if not good(answer):
            raise refused(limits, answer.status)
        return json_of(b"".join([data async for data in pieces(answer, limits)]), limits)


@asynccontextmanager
async def asking(transport: Transport, request: HttpRequest, limits: Limits) -> AsyncIterator[HttpAnswer]:
    """The answer of a service, while it arrives. What goes wrong inside the block, too, is a `ToolFailed`."""
    try:
        async with asyncio.timeout(limits.seconds):
            answer = await limits.retry.send(transport, request)
            try:
                yield answer
            finally:
                await answer.close()
    except TimeoutError:
        raise ToolFailed(f"{limits.service} took longer than {limits.seconds:g} s.") from None
    except UpstreamFault as fault:
        log.warning("tool %s: %s", request.upstream, fault.message)
        raise ToolFailed(f"{limits.service} can't be reached, or broke its answer off.") from None


async def pieces(answer: HttpAnswer, limits: Limits) -> AsyncIterator[bytes]:
    """The body as it comes. Raises `ToolFailed` where it is too large."""
    size = 0
    async for data in answer.chunks():
        size += len(data)
        if size > limits.most_bytes:
            raise ToolFailed(f"{limits.service} answered with more than {limits.most_bytes // MIB} MiB.")
        yield data


def json_of(body: bytes, limits: Limits) -> Any:  # noqa: ANN401 - JSON
    """The JSON in a body. Raises `ToolFailed`."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ToolFailed(f"{limits.service} answered with what isn't JSON.") from None


def good(answer: HttpAnswer) -> bool:
    """Whether its status says that it is what was asked for."""
    return HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES


def refused(limits: Limits, status: int) -> ToolFailed:
    """The error for another status. What the body says isn't shown: some services quote the key that they refuse."""
    log.warning("tool: %s answered with status %d", limits.service, status)
    return ToolFailed(f"{limits.service} answered with status {status}.")
