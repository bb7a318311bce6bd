"""Reading and removing responses, and the context that a chain makes.

Not here: saving, which takes many answers at once (`saving.py`). Counterpart: `sql/queries/responses.sql`.
"""

from antiphon.store.asks import Fetch, Steps
from antiphon.store.base import SavedAnswer
from antiphon.store.faults import (
    MAX_CHAIN,
    broken_chain,
    endless_chain,
    no_item,
    no_response,
    not_continuable,
    storable,
)
from antiphon.store.operations import runs
from antiphon.store.operations.items import INPUT, remove_owned
from antiphon.store.operations.rows import item_page, one_row, whole_items
from antiphon.store.pages import Page, PageQuery
from antiphon.wire.answers import StoredItem


def get(project: str, response_id: str) -> Steps[SavedAnswer]:
    """The response with its output items."""
    missing = no_response(response_id)
    if not storable(response_id):
        raise missing
    rows = yield Fetch("find_response", {"project": project, "id": response_id})
    if not rows:
        raise missing
    created_at, status, model, previous_response_id, conversation_id, body = tuple(rows[0])[:6]
    output = yield from whole_items(project, [row for row in rows if row[6] is not None])
    return SavedAnswer(
        id=response_id,
        created_at=created_at,
        status=status,
        model=model,
        previous_response_id=previous_response_id,
        conversation_id=conversation_id,
        body=body,
        output=tuple(output),
    )


def delete(project: str, response_id: str) -> Steps[None]:
    """Remove the response and the items that are nowhere else."""
    row = yield from one_row("response_key", project, response_id, no_response(response_id))
    yield from remove(row[0])


def remove(key: int) -> Steps[None]:
    """Remove the response with this key."""
    yield from remove_owned(key)
    yield from runs.remove(key)
    yield Fetch("delete_response", {"key": key})


def input_items(project: str, response_id: str, page: PageQuery) -> Steps[Page[StoredItem]]:
    """A page of the response's own input."""
    row = yield from one_row("response_key", project, response_id, no_response(response_id))
    return (yield from item_page(project, "owned", {"owner": row[0], "side": INPUT}, page))


def context(project: str, response_id: str) -> Steps[list[StoredItem]]:
    """The items of the whole chain, oldest first."""
    missing = no_response(response_id, "previous_response_id")
    if not storable(response_id):
        raise missing
    rows = yield Fetch("context", {"project": project, "id": response_id, "most": MAX_CHAIN})
    if not rows:
        raise missing
    refusal = not_continuable(response_id, rows[-1][3])
    if refusal:
        raise refusal
    height, parent = rows[0][0], rows[0][4]
    if height >= MAX_CHAIN:
        raise endless_chain(response_id)
    if parent is not None:
        raise broken_chain(response_id, parent)
    return (yield from whole_items(project, [row for row in rows if row[-3] is not None]))


def find_item(project: str, item_id: str) -> Steps[StoredItem]:
    """The newest item with this id."""
    row = yield from one_row("find_item", project, item_id, no_item(item_id))
    return (yield from whole_items(project, [row]))[0]
