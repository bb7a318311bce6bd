"""A page of a list. Counterpart: the `after`, `limit` and `order` of a list's query."""

import msgspec


class ItemPage(msgspec.Struct, kw_only=True):
    """Items as raw JSON, with the ids of the first and the last; empty strings in an empty page, for strict clients."""

    object: str = "list"
    data: list[msgspec.Raw] = []
    first_id: str = ""
    last_id: str = ""
    has_more: bool = False
