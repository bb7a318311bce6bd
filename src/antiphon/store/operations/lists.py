"""The lists a person looks through, in SQL databases.

Not here: what a cursor is (`store/lists.py`). Counterpart: `lists` in `sql/<dialect>/queries.sql`.
"""

from typing import Any

import msgspec

from antiphon.store.asks import Fetch, Steps
from antiphon.store.faults import no_cursor, storable
from antiphon.store.lists import (
    Chosen,
    Found,
    ListedConversation,
    ListedResponse,
    Moment,
    bounds,
    cursor_of,
    moment,
    needle,
)
from antiphon.store.operations.rows import HIGHEST, LOWEST, one_row
from antiphon.store.pages import Page, PageQuery
from antiphon.store.paging import Window, page, window


def responses(project: str, chosen: Chosen, before: str | None, limit: int) -> Steps[Found[ListedResponse]]:
    """A page of responses."""
    low, high = bounds(chosen, before)
    words = (chosen.status, chosen.model, chosen.conversation, chosen.previous)
    if not all(storable(word or "") for word in words):
        return Found([])
    place = {"project": project, "high_time": high[0], "high_key": high[1]}
    floor: Any = None
    if chosen.most is not None:
        rows = yield Fetch("listing_floor", {**place, "low_time": low[0], "most": chosen.most})
        floor = (rows[0][0], rows[0][1]) if rows else None
    params = {
        **place,
        "low_time": floor[0] if floor else low[0],
        # The row at the floor is looked at too.
        "low_key": floor[1] - 1 if floor else low[1],
        "status": chosen.status,
        "model": chosen.model,
        "conversation": chosen.conversation,
        "previous": chosen.previous,
        "text": needle(chosen.text) if chosen.text else None,
        "limit": limit + 1,
    }
    found = [
        tuple(row) for row in (yield Fetch(f"listed_of_{chosen.way}" if chosen.way else "listed_responses", params))
    ]
    older = (found[limit - 1][1], found[limit - 1][0]) if len(found) > limit else floor
    return Found([_response(row) for row in found[:limit]], cursor_of(older) if older else None)


def response_ids(project: str, query: PageQuery, model: str | None) -> Steps[Page[str]]:
    """A page of ids of responses."""
    after = yield from _place(project, "after", query.after)
    before = yield from _place(project, "before", query.before)
    if not storable(model or ""):
        return Page([], has_more=False)
    read: Window[Moment] = window(query, after, before)
    low, high = read.low or (LOWEST, LOWEST), read.high or (HIGHEST, HIGHEST)
    params = {"low_time": low[0], "low_key": low[1], "high_time": high[0], "high_key": high[1]}
    named = "responses_falling" if read.falling else "responses_rising"
    rows = yield Fetch(named, {"project": project, **params, "model": model, "limit": read.limit})
    return page([next(iter(row)) for row in rows], read)


def _place(project: str, param: str, cursor: str | None) -> Steps[Moment | None]:
    """Where the cursor stands in the list of all; None without one."""
    if cursor is None:
        return None
    row = yield from one_row("response_place", project, cursor, no_cursor(param, cursor))
    return row[0], row[1]


def conversations(project: str, before: str | None, limit: int) -> Steps[Found[ListedConversation]]:
    """A page of conversations."""
    high = moment(before)
    params = {"project": project, "high_time": high[0], "high_key": high[1], "limit": limit + 1}
    found = [tuple(row) for row in (yield Fetch("listed_conversations", params))]
    older = cursor_of((found[limit - 1][2], found[limit - 1][0])) if len(found) > limit else None
    return Found([_conversation(row) for row in found[:limit]], older)


def _response(row: tuple[Any, ...]) -> ListedResponse:
    _, created_at, response_id, status, model, previous, conversation, body, asked = row
    return ListedResponse(
        id=response_id,
        created_at=created_at,
        status=status,
        model=model,
        previous_response_id=previous,
        conversation_id=conversation,
        body=body,
        asked=asked,
    )


def _conversation(row: tuple[Any, ...]) -> ListedConversation:
    _, conversation_id, created_at, metadata, items = row
    pairs = msgspec.json.decode(metadata, type=dict[str, str])
    return ListedConversation(id=conversation_id, created_at=created_at, metadata=pairs, items=items)
