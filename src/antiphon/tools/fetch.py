"""Asks the service behind a tool: one short answer, within a time and a size.

Whatever goes wrong is a `ToolFailed` in words that may be shown to the model; the details go to the log. Not here:
upstream models (`upstream/client.py`), MCP (`mcp_http.py`).
"""

import asyncio
import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec

from antiphon.errors import ToolFailed, UpstreamFault
from antiphon.transport import HttpAnswer, HttpRequest, Transport

log = logging.getLogger("antiphon")

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes of one answer; `service` is what it is called in messages."""

    service: str
    seconds: float
    most_bytes: int = 4 * MIB


async def fetch_json(transport: Transport, request: HttpRequest, limits: Limits) -> Any:  # noqa: ANN401 - JSON
    """The JSON that a service answers with. Raises `ToolFailed`, and faults of a cassette."""
    body = await fetch(transport, request, limits)
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ToolFailed(f"{limits.service} answered with what isn't JSON.") from None


async def fetch(transport: Transport, request: HttpRequest, limits: Limits) -> bytes:
    """The body that a service answers with. Raises `ToolFailed`, and faults of a cassette."""
    try:
        async with asyncio.timeout(limits.seconds):
            answer = await transport.send(request)
            try:
                return await _body(answer, limits)
            finally:
                await answer.close()
    except TimeoutError:
        raise ToolFailed(f"{limits.service} took longer than {limits.seconds:g} s.") from None
    except UpstreamFault as fault:
        log.warning("tool %s: %s", request.upstream, fault.message)
        raise ToolFailed(f"{limits.service} can't be reached, or broke its answer off.") from None


async def _body(answer: HttpAnswer, limits: Limits) -> bytes:
    body = bytearray()
    async for data in answer.chunks():
        body += data
        if len(body) > limits.most_bytes:
            raise ToolFailed(f"{limits.service} answered with more than {limits.most_bytes // MIB} MiB.")
    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        # What it says isn't logged: some services quote the key that they refuse.
        log.warning("tool: %s answered with status %d", limits.service, answer.status)
        raise ToolFailed(f"{limits.service} answered with status {answer.status}.")
    return bytes(body)
