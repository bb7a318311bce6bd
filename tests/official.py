"""The official client, blocking or not, under one face, so that one test shows both.

`await client(client.sdk.conversations.create())` works with either. Counterpart: `running_server.py`.
"""

import inspect
from typing import Any

Json = dict[str, Any]


class Client:
    """One of the SDK's clients; `sdk` is the client itself."""

    def __init__(self, sdk: Any) -> None:
        self.sdk = sdk

    async def __call__(self, made: Any) -> Any:
        """What a method of the SDK gave, awaited if that is how this client answers."""
        return await made if inspect.isawaitable(made) else made

    async def every(self, pages: Any) -> list[Any]:
        """All entries of a list or stream, fetched as the SDK fetches them."""
        if hasattr(pages, "__aiter__"):
            return [entry async for entry in pages]
        return list(pages)


def plain(item: Any) -> Json:
    """What the SDK read, as JSON again, without what it added."""
    read: Json = item.to_dict(mode="json", exclude_unset=True)
    return read


def message(text: str, **more: Any) -> Json:
    """A user's message."""
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}], **more}


def texts(items: list[Any]) -> list[str]:
    """The text of messages, and the type of everything else."""
    return [item.content[0].text if item.type == "message" else item.type for item in items]
