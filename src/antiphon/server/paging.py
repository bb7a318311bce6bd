"""Lists: the query of a page, and a page as it is given out. Counterpart: `store/base.py`, `PageQuery` and `Page`."""

from starlette.requests import Request

from antiphon.engine.present import shown
from antiphon.errors import InvalidRequest
from antiphon.store.base import Order, Page, PageQuery
from antiphon.wire.answers import StoredItem
from antiphon.wire.page import ItemPage

DEFAULT_LIMIT, MAX_LIMIT = 20, 100


def page_query(request: Request, order: Order = "desc") -> PageQuery:
    """`after`, `before`, `limit` (1 to 100, default 20) and `order` (default as given). Raises `InvalidRequest`."""
    said = request.query_params
    limit = said.get("limit", str(DEFAULT_LIMIT))
    if not limit.isdigit() or not 1 <= int(limit) <= MAX_LIMIT:
        raise InvalidRequest(f"'limit' must be a number from 1 to {MAX_LIMIT}, not '{limit}'.", param="limit")
    wanted = said.get("order", order)
    if wanted not in {"asc", "desc"}:
        raise InvalidRequest(f"'order' must be 'asc' or 'desc', not '{wanted}'.", param="order")
    return PageQuery(
        after=said.get("after"),
        before=said.get("before"),
        limit=int(limit),
        order="asc" if wanted == "asc" else "desc",
    )


def item_page(page: Page[StoredItem]) -> ItemPage:
    """A page of items as the API shows it."""
    ids = [item.id for item in page.items]
    return ItemPage(
        data=[shown(item) for item in page.items],
        first_id=ids[0] if ids else None,
        last_id=ids[-1] if ids else None,
        has_more=page.has_more,
    )
