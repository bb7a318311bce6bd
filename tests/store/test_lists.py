"""The lists a person looks through: by time, by cursor, by what is said of a response; alike in every store."""

from typing import Any

import pytest
from sample_rows import PROJECT, Make

from antiphon.errors import InvalidRequest, NotFound
from antiphon.store import lists
from antiphon.store.base import Conversation, OpenStore
from antiphon.store.lists import Chosen, bounds, cursor_of, moment, needle
from antiphon.store.pages import PageQuery


async def ids(store: OpenStore, before: str | None = None, limit: int = 50, **said: str | int) -> list[str]:
    found = await store.lists.responses(PROJECT, Chosen(**said), before, limit)  # type: ignore[arg-type] # by name
    return [row.id for row in found.rows]


async def fill(store: OpenStore, make: Make) -> None:
    """Five responses: two models, one failed, one in a conversation, one that continues another."""
    await store.create_conversation(PROJECT, Conversation(id="conv_1", created_at=1, metadata={"topic": "é"}))
    await store.save_answer(PROJECT, make.answer("r1", created_at=100))
    await store.save_answer(
        PROJECT, make.answer("r2", created_at=200, model="vllm/a", input=(make.item(text="needle"),))
    )
    await store.save_answer(PROJECT, make.answer("r3", created_at=200, status="failed"))
    await store.save_answer(PROJECT, make.answer("r4", created_at=300, conversation_id="conv_1"))
    await store.save_answer(PROJECT, make.answer("r5", created_at=400, previous_response_id="r1"))


async def test_the_newest_come_first(store: OpenStore, make: Make) -> None:
    await fill(store, make)
    assert await ids(store) == ["r5", "r4", "r3", "r2", "r1"]


async def test_filters(store: OpenStore, make: Make) -> None:
    await fill(store, make)
    assert await ids(store, status="failed") == ["r3"]
    assert await ids(store, model="vllm/a") == ["r2"]
    assert await ids(store, conversation="conv_1") == ["r4"]
    assert await ids(store, previous="r1") == ["r5"]
    assert await ids(store, text="needle") == ["r2"]
    assert await ids(store, text="NEEDLE") == []
    assert await ids(store, since=200, until=300) == ["r4", "r3", "r2"]
    assert await ids(store, status="failed", model="vllm/a") == []
    assert await ids(store, model="a\x00b") == []


async def test_pages_meet_without_gap_or_overlap(store: OpenStore, make: Make) -> None:
    await fill(store, make)
    seen: list[str] = []
    before: str | None = None
    while True:
        found = await store.lists.responses(PROJECT, Chosen(), before, 2)
        seen += [row.id for row in found.rows]
        before = found.older
        if before is None:
            break
    assert seen == ["r5", "r4", "r3", "r2", "r1"]


async def test_ids_by_page_both_ways(store: OpenStore, make: Make) -> None:
    await fill(store, make)

    async def page(model: str | None = None, **said: Any) -> tuple[list[str], bool]:
        found = await store.lists.response_ids(PROJECT, PageQuery(**said), model)
        return found.items, found.has_more

    assert await page() == (["r5", "r4", "r3", "r2", "r1"], False)
    assert await page(limit=2) == (["r5", "r4"], True)
    assert await page(limit=2, after="r4") == (["r3", "r2"], True)
    assert await page(limit=2, after="r2") == (["r1"], False)
    assert await page(limit=2, order="asc") == (["r1", "r2"], True)
    assert await page(after="r3", order="asc") == (["r4", "r5"], False)
    assert await page(limit=2, before="r1") == (["r3", "r2"], True)
    assert await page("vllm/a") == (["r2"], False)
    assert await page("vllm/a", after="r4") == (["r2"], False)
    assert await page("a\x00b") == ([], False)
    for cursor in ("nothing", "a\x00b"):
        with pytest.raises(NotFound):
            await page(after=cursor)
    assert (await store.lists.response_ids("other", PageQuery())).items == []
    with pytest.raises(NotFound):
        await store.lists.response_ids("other", PageQuery(after="r1"))


async def test_a_cursor_outlives_its_row(store: OpenStore, make: Make) -> None:
    await fill(store, make)
    found = await store.lists.responses(PROJECT, Chosen(), None, 2)
    await store.delete_answer(PROJECT, "r4")
    assert await ids(store, found.older) == ["r3", "r2", "r1"]


async def test_a_later_save_leaves_the_place(store: OpenStore, make: Make) -> None:
    await store.save_answer(PROJECT, make.answer("a", created_at=1, status="in_progress"))
    await store.save_answer(PROJECT, make.answer("b", created_at=1))
    await store.save_answer(PROJECT, make.answer("a", created_at=1))
    assert await ids(store) == ["b", "a"]


async def test_a_row_shows_what_was_asked(store: OpenStore, make: Make) -> None:
    asked = make.item(text="asked")
    await store.save_answer(PROJECT, make.answer("a", input=(make.item(), asked)))
    await store.save_answer(PROJECT, make.answer("b", inputs=0))
    rows = (await store.lists.responses(PROJECT, Chosen())).rows
    assert [row.asked for row in rows] == [None, asked.raw]
    assert (rows[1].status, rows[1].model, rows[1].body[:12]) == ("completed", "ollama/qwen3", b'{"id": "a","')


async def test_other_projects_are_invisible(store: OpenStore, make: Make) -> None:
    await fill(store, make)
    found = await store.lists.responses("other", Chosen())
    assert (found.rows, found.older) == ([], None)
    assert (await store.lists.conversations("other")).rows == []


async def test_a_search_ends_after_so_many_rows(store: OpenStore, make: Make, narrow: type[Chosen]) -> None:
    await fill(store, make)
    found = await store.lists.responses(PROJECT, narrow(text="needle"))
    assert found.rows == []
    further = await store.lists.responses(PROJECT, narrow(text="needle"), found.older)
    assert [row.id for row in further.rows] == ["r2"]
    assert further.older is not None
    last = await store.lists.responses(PROJECT, narrow(text="needle"), further.older)
    assert (last.rows, last.older) == ([], None)


@pytest.fixture
def narrow() -> type[Chosen]:
    class Narrow(Chosen, frozen=True):
        @property
        def most(self) -> int | None:
            return 2

    return Narrow


async def test_conversations(store: OpenStore, make: Make) -> None:
    await fill(store, make)
    await store.create_conversation(PROJECT, Conversation(id="conv_2", created_at=1, metadata={}), [make.item()])
    await store.create_conversation(PROJECT, Conversation(id="conv_3", created_at=2, metadata={}))
    first = await store.lists.conversations(PROJECT, None, 2)
    assert [(row.id, row.items) for row in first.rows] == [("conv_3", 0), ("conv_2", 1)]
    rest = await store.lists.conversations(PROJECT, first.older, 2)
    assert [(row.id, row.items, row.metadata) for row in rest.rows] == [("conv_1", 2, {"topic": "é"})]
    assert rest.older is None


@pytest.mark.parametrize("cursor", ["", "x", "1", "1.x", "-1.2", "9" * 50 + ".1"])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        moment(cursor)


def test_cursors_and_bounds() -> None:
    assert moment(cursor_of((12, 34))) == (12, 34)
    assert moment(None) == lists.TOP
    assert bounds(Chosen(since=5, until=9), None) == ((5, -1), (10, -1))
    assert bounds(Chosen(until=9), "7.3") == ((-1, -1), (7, 3))


def test_how_far_a_page_looks() -> None:
    assert Chosen(since=1).most is None
    assert Chosen(status="failed").most is None
    assert Chosen(model="m").most == lists.LOOKED_AT
    assert Chosen(text="x").most == lists.READ
    assert needle('a "b"') == b'a \\"b\\"'
