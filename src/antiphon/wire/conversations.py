"""The Conversation object and the requests about it. Source: API reference, "Conversations"."""

import msgspec
from msgspec import Raw


class ConversationObject(msgspec.Struct, kw_only=True):
    """A conversation; `created_at` in Unix seconds."""

    id: str
    object: str = "conversation"
    created_at: int
    metadata: dict[str, str] = {}


class ConversationDeleted(msgspec.Struct, kw_only=True):
    """The answer to a deletion."""

    id: str
    object: str = "conversation.deleted"
    deleted: bool = True


class CreateConversation(msgspec.Struct, kw_only=True):
    """The body of `POST /v1/conversations`; all of it may be left out."""

    items: list[Raw] | None = None
    metadata: dict[str, str] | None = None


class UpdateConversation(msgspec.Struct, kw_only=True):
    """The body of `POST /v1/conversations/{id}`; null takes all metadata away."""

    metadata: dict[str, str] | None


class CreateItems(msgspec.Struct, kw_only=True):
    """The body of `POST /v1/conversations/{id}/items`."""

    items: list[Raw]
