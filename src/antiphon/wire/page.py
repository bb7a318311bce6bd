"""A page of a list. Counterpart: the `after`, `limit` and `order` of a list's query."""

import msgspec


class ItemPage(msgspec.Struct, kw_only=True):
    """Items as raw JSON, with the ids of the first and the last; null in an empty page."""

    object: str = "list"
    data: list[msgspec.Raw] = []
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool = False
