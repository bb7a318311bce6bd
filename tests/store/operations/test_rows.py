"""Steps that operations share, told by hand."""

import pytest

from antiphon.errors import NotFound
from antiphon.store.asks import Fetch
from antiphon.store.blobs import detach
from antiphon.store.operations.rows import HIGHEST, LOWEST, as_list, item_page, one_row, whole_items
from antiphon.store.pages import Page, PageQuery
from antiphon.wire.answers import StoredItem

MISSING = NotFound("gone")


def test_a_list_is_one_text() -> None:
    assert as_list([("p", "né"), ("q", '"')]) == '[["p","né"],["q","\\""]]'


def test_one_row_or_a_refusal() -> None:
    steps = one_row("response_key", "p", "r", MISSING)
    assert next(steps) == Fetch("response_key", {"project": "p", "id": "r"})
    with pytest.raises(StopIteration) as ended:
        steps.send([(1,)])
    assert ended.value.value == (1,)
    steps = one_row("response_key", "p", "r", MISSING)
    next(steps)
    with pytest.raises(NotFound, match="gone"):
        steps.send([])


def test_an_id_that_no_database_holds_is_not_asked_for() -> None:
    with pytest.raises(NotFound, match="gone"):
        next(one_row("response_key", "p", "\x00", MISSING))


def test_blobs_are_fetched_in_one_question_and_only_if_there_are_any() -> None:
    image = b'"' + b"A" * 5000 + b'"'
    out = detach(image)
    [(name, content)] = out.blobs.items()
    steps = whole_items("p", [("a", 0, b"{}"), ("b", 1, out.raw), ("c", 1, out.raw)])
    assert next(steps) == Fetch("blob_bytes", {"project": "p", "hashes": as_list([name])})
    with pytest.raises(StopIteration) as ended:
        steps.send([(name, content)])
    assert ended.value.value == [StoredItem("a", b"{}"), StoredItem("b", image), StoredItem("c", image)]
    with pytest.raises(StopIteration):
        next(whole_items("p", [("a", 0, b"{}")]))


def test_a_page_without_cursors_is_one_statement() -> None:
    steps = item_page("p", "owned", {"owner": 1, "side": 0}, PageQuery(limit=1))
    assert next(steps) == Fetch("owned_falling", {"owner": 1, "side": 0, "low": LOWEST, "high": HIGHEST, "limit": 2})
    with pytest.raises(StopIteration) as ended:
        steps.send([("b", 0, b"{}"), ("a", 0, b"{}")])
    assert ended.value.value == Page([StoredItem("b", b"{}")], has_more=True)


def test_a_cursor_is_looked_up_first() -> None:
    steps = item_page("p", "conversation", {"conversation": 1}, PageQuery(after="x", order="asc"))
    assert next(steps) == Fetch("conversation_place", {"conversation": 1, "id": "x"})
    ask = steps.send([(4,)])
    assert ask.query == "conversation_rising"
    assert isinstance(ask, Fetch)
    assert ask.params["low"] == 4
