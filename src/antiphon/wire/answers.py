"""An answer as the store keeps it: the response's JSON object without its output, and its items apart.

Not the Response object of the API (`wire/responses.py`) and no behaviour. Named by the engine's
`Save` command and by the store's methods. Counterpart: `store/base.py`, the rows that only the store knows.
"""

from msgspec import Struct


class StoredItem(Struct, frozen=True):
    """One item: its id and its JSON, byte for byte as it came in or was sent out."""

    id: str
    raw: bytes


class Answer(Struct, frozen=True, kw_only=True):
    """One response with everything that was put in and came out.

    `body` is the Response JSON object with `"output":[]`; `created_at` is in Unix seconds. `input` holds
    this request's own items, never those of the responses or the conversation before it.
    """

    id: str
    created_at: int
    status: str
    model: str
    previous_response_id: str | None = None
    conversation_id: str | None = None
    body: bytes
    input: tuple[StoredItem, ...] = ()
    output: tuple[StoredItem, ...] = ()
