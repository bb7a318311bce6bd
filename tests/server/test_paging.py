"""The query of a page, and a page as it is given out."""

import pytest
from starlette.requests import Request

from antiphon.errors import InvalidRequest
from antiphon.server.paging import item_page, page_query
from antiphon.store.pages import Page, PageQuery
from antiphon.wire.answers import StoredItem


def request(query: str) -> Request:
    return Request({"type": "http", "query_string": query.encode(), "headers": []})


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("", PageQuery(after=None, before=None, limit=20, order="desc")),
        ("limit=1&order=asc&after=a&before=b", PageQuery(after="a", before="b", limit=1, order="asc")),
        ("limit=100&after=", PageQuery(after=None, before=None, limit=100, order="desc")),
        ("include[]=message.output_text.logprobs&include=reasoning.encrypted_content", PageQuery()),
    ],
)
def test_a_query(query: str, page: PageQuery) -> None:
    assert page_query(request(query)) == page


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("limit=0", "limit"), ("limit=101", "limit"), ("limit=-1", "limit"), ("limit=1e1", "limit"),
        ("limit=", "limit"), ("limit=%C2%B2", "limit"), (f"limit={'9' * 5000}", "limit"), ("order=", "order"),
        ("order=ASC", "order"), ("include=all", "include"),
    ],
)  # fmt: skip
def test_a_query_that_is_none(query: str, param: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        page_query(request(query))
    assert raised.value.param == param


def test_a_page() -> None:
    items = [StoredItem(id=f"msg_{n}", raw=b'{"role":"user","content":"x"}') for n in (2, 1)]
    page = item_page(Page(items, has_more=True))
    assert (page.first_id, page.last_id, page.has_more, len(page.data)) == ("msg_2", "msg_1", True, 2)


def test_an_empty_page_has_ends_that_are_text() -> None:
    page = item_page(Page([], has_more=False))
    assert (page.first_id, page.last_id, page.data) == ("", "", [])
