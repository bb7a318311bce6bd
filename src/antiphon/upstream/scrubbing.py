"""Keeps an upstream's key out of what is told of its errors: some servers repeat in them what they were sent.

Not here: secrets in cassettes (`cassettes/redaction.py`).
"""

from collections.abc import AsyncIterator, Mapping

REDACTED = b"[key]"
SHORTEST = 8
"""Characters of a key that is looked for; a shorter one may well be a word."""


def without_key(body: bytes, key: str | None) -> bytes:
    """The same without the key."""
    return body.replace(key.encode(), REDACTED) if key and len(key) >= SHORTEST else body


class ShortAnswer:
    """An answer whose whole body is known: implements `HttpAnswer`."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self._body = body

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body in one piece."""
        if self._body:
            yield self._body

    async def close(self) -> None:
        """Nothing is open."""
