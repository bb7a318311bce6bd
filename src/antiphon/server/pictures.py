"""The pictures of a request that the model's server is to fetch by itself: judged before they are handed to it.

Not here: pictures that came as data; the guard itself (`network/reach.py`). Counterpart: `engine/parts.py`, which makes
the parts.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from antiphon.errors import AddressRefused


class Checks(Protocol):
    """Judges addresses, as `Reach` and `Outward` do."""

    def check(self, url: str) -> None:
        """Raise `AddressRefused` for one that may not be called."""
        ...


def check_pictures(body: Mapping[str, Any], reach: Checks) -> None:
    """Raise `AddressRefused` for a picture of a chat request that is at an address which may not be called."""
    for url in _pictures(body):
        if url[:5].lower() != "data:":
            try:
                reach.check(url)
            except AddressRefused as fault:
                raise AddressRefused(f"A picture's image_url is refused. {fault.message}", param="input") from None


def _pictures(body: Mapping[str, Any]) -> Iterator[str]:
    for message in body.get("messages", ()):
        content = message.get("content")
        if isinstance(content, list):
            for part in content:
                if part.get("type") == "image_url":
                    yield part["image_url"]["url"]
