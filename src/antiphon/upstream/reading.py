"""Reads the short bodies of answers that aren't streams: errors, model lists. Not here: chat streams (`client.py`)."""

import asyncio

from antiphon.errors import UpstreamFault
from antiphon.transport import HttpAnswer


async def read_at_most(answer: HttpAnswer, limit: int, seconds: float) -> bytes:
    """What comes of the body within `seconds`, cut after `limit` bytes.

    A body that breaks off is returned as far as it came: half an error message is better than none.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for data in answer.chunks():
                body += data
                if len(body) >= limit:
                    break
    except (UpstreamFault, TimeoutError):
        pass
    return bytes(body[:limit])
