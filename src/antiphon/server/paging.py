"""Lists: the query of a page, and a page as it is given out. Counterpart: `store/base.py`, `PageQuery` and `Page`."""

from starlette.requests import Request

from antiphon.engine.included import HIDDEN, Include
from antiphon.engine.present import shown
from antiphon.engine.seals import Seal
from antiphon.errors import InvalidRequest
from antiphon.store.pages import Order, Page, PageQuery
from antiphon.wire.answers import StoredItem
from antiphon.wire.page import ItemPage

DEFAULT_LIMIT, MAX_LIMIT = 20, 100
MAX_DIGITS = 9
INCLUDES = tuple(HIDDEN)


def page_query(
    request: Request, order: Order = "desc", *, usual: int = DEFAULT_LIMIT, most: int = MAX_LIMIT
) -> PageQuery:
    """`after`, `before`, `limit` (1 to `most`, default `usual`) and `order` (default as given).

    Raises `InvalidRequest`.
    """
    included(request)
    said = request.query_params
    limit = said.get("limit", str(usual))
    if not limit.isdecimal() or len(limit) > MAX_DIGITS or not 1 <= int(limit) <= most:
        raise InvalidRequest(f"'limit' must be a number from 1 to {most}, not '{limit}'.", param="limit")
    wanted = said.get("order", order)
    if wanted not in {"asc", "desc"}:
        raise InvalidRequest(f"'order' must be 'asc' or 'desc', not '{wanted}'.", param="order")
    return PageQuery(
        after=said.get("after") or None,
        before=said.get("before") or None,
        limit=int(limit),
        order="asc" if wanted == "asc" else "desc",
    )


def included(request: Request) -> frozenset[str]:
    """What a query's `include` asks for. Raises `InvalidRequest` for a word that the API doesn't know."""
    said = request.query_params
    words = frozenset((*said.getlist("include"), *said.getlist("include[]")))
    for word in sorted(words):
        if word not in INCLUDES:
            raise InvalidRequest(
                f"'include' may hold {', '.join(INCLUDES)}, not '{word}'.", code="invalid_value", param="include"
            )
    return words


def item_page(
    page: Page[StoredItem], include: Include = (), seal: Seal | None = None, *, in_conversation: bool = False
) -> ItemPage:
    """A page of items as the API shows it, with what `include` asks for."""
    ids = [item.id for item in page.items]
    return ItemPage(
        data=[shown(item, include, seal, in_conversation=in_conversation) for item in page.items],
        first_id=ids[0] if ids else "",
        last_id=ids[-1] if ids else "",
        has_more=page.has_more,
    )
