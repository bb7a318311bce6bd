"""Responses: what every store keeps, gives back and refuses."""

import asyncio

import pytest
from sample_rows import PROJECT, Make

from antiphon.errors import InvalidRequest, NotFound
from antiphon.store.base import Store
from antiphon.store.faults import MAX_CHAIN
from antiphon.store.operations.answers import context
from antiphon.store.pages import Order, PageQuery
from antiphon.wire.answers import Answer, StoredItem

LONG_RUN = b"iVBORw0KGgoAAAANSUhEUgAA" * 400


async def ids(store: Store, response_id: str, **query: object) -> tuple[list[str], bool]:
    page = await store.input_items(PROJECT, response_id, PageQuery(**query))  # type: ignore[arg-type] # by name
    return [item.id for item in page.items], page.has_more


async def test_an_answer_comes_back_byte_for_byte(store: Store, make: Make) -> None:
    answer = make.answer("resp_1", inputs=2, outputs=3, previous_response_id="resp_0")
    await store.save_answer(PROJECT, answer)
    saved = await store.get_answer(PROJECT, "resp_1")
    assert saved.body == answer.body
    assert saved.output == answer.output
    assert (saved.id, saved.created_at, saved.status, saved.model) == ("resp_1", 1000, "completed", "ollama/qwen3")
    assert (saved.previous_response_id, saved.conversation_id) == ("resp_0", None)
    page = await store.input_items(PROJECT, "resp_1", PageQuery(order="asc"))
    assert tuple(page.items) == answer.input


async def test_an_answer_without_items(store: Store, make: Make) -> None:
    await store.save_answer(PROJECT, make.answer("resp_1", 0, 0))
    assert (await store.get_answer(PROJECT, "resp_1")).output == ()
    assert await ids(store, "resp_1") == ([], False)
    assert await store.context(PROJECT, "resp_1") == []


async def test_saving_again_replaces(store: Store, make: Make) -> None:
    await store.save_answer(PROJECT, make.answer("resp_1", 2, 1, status="in_progress", previous_response_id="resp_0"))
    later = make.answer("resp_1", 1, 2, status="failed", model="other", created_at=7, body=b'{"n":2}')
    await store.save_answer(PROJECT, later)
    saved = await store.get_answer(PROJECT, "resp_1")
    assert (saved.status, saved.model, saved.body, saved.output) == ("failed", "other", b'{"n":2}', later.output)
    assert (saved.created_at, saved.previous_response_id) == (1000, "resp_0")
    assert await ids(store, "resp_1") == ([later.input[0].id], False)


async def test_the_same_answer_saved_by_many_at_once_is_there_once(store: Store, make: Make) -> None:
    versions = [make.answer("resp_1", 2, 2, body=b'{"n":%d}' % n) for n in range(8)]
    await asyncio.gather(*(store.save_answer(PROJECT, version) for version in versions))
    saved = await store.get_answer(PROJECT, "resp_1")
    kept = next(version for version in versions if version.body == saved.body)
    assert saved.output == kept.output
    assert await ids(store, "resp_1", order="asc") == ([item.id for item in kept.input], False)


@pytest.mark.parametrize("unknown", ["resp_2", "", "resp_\x001", "resp_\ud800", "x" * 10_000])
async def test_an_unknown_id_is_not_found_and_named(store: Store, make: Make, unknown: str) -> None:
    await store.save_answer(PROJECT, make.answer("resp_1"))
    for asked in (
        store.get_answer(PROJECT, unknown),
        store.delete_answer(PROJECT, unknown),
        store.input_items(PROJECT, unknown, PageQuery()),
    ):
        with pytest.raises(NotFound) as caught:
            await asked
        assert caught.value.param == "response_id"
        assert f"'{unknown}'" in caught.value.message
    with pytest.raises(NotFound) as caught:
        await store.context(PROJECT, unknown)
    assert caught.value.param == "previous_response_id"
    with pytest.raises(NotFound, match="not found") as caught:
        await store.find_item(PROJECT, unknown)
    assert caught.value.param == "item_id"


async def test_another_project_is_answered_as_if_it_were_not_there(store: Store, make: Make) -> None:
    answer = make.answer("resp_1")
    await store.save_answer("theirs", answer)
    refusals: list[str] = []
    for project, response_id in ((PROJECT, "resp_1"), ("theirs", "resp_2")):
        for asked in (
            store.get_answer(project, response_id),
            store.delete_answer(project, response_id),
            store.input_items(project, response_id, PageQuery()),
            store.context(project, response_id),
            store.find_item(project, "msg_1" if project == PROJECT else "msg_0"),
        ):
            with pytest.raises(NotFound) as caught:
                await asked
            words = caught.value.message.replace("resp_2", "resp_1").replace("msg_0", "msg_1")
            refusals.append(f"{caught.value.param} {caught.value.code} {words}")
    assert refusals[:5] == refusals[5:]
    assert (await store.get_answer("theirs", "resp_1")).output == answer.output


async def test_two_projects_may_have_the_same_ids(store: Store, make: Make) -> None:
    ours, theirs = make.answer("resp_1", body=b'{"ours":1}'), make.answer("resp_1", body=b'{"theirs":1}')
    await store.save_answer("ours", ours)
    await store.save_answer("theirs", theirs)
    await store.delete_answer("theirs", "resp_1")
    assert (await store.get_answer("ours", "resp_1")).body == ours.body
    assert await store.context("ours", "resp_1") == [*ours.input, *ours.output]


async def test_a_chain_is_told_oldest_first(store: Store, make: Make) -> None:
    parents = [None, *(f"resp_{number}" for number in range(39))]
    chain = [make.answer(f"resp_{n}", 2, 2, previous_response_id=parent) for n, parent in enumerate(parents)]
    for answer in reversed(chain):
        await store.save_answer(PROJECT, answer)
    expected = [item for answer in chain for item in (*answer.input, *answer.output)]
    assert await store.context(PROJECT, "resp_39") == expected
    assert await store.context(PROJECT, "resp_20") == expected[: 21 * 4]


async def test_two_answers_to_one_parent_are_branches(store: Store, make: Make) -> None:
    root = make.answer("resp_0")
    left, right = (make.answer(name, previous_response_id="resp_0") for name in ("left", "right"))
    for answer in (root, left, right):
        await store.save_answer(PROJECT, answer)
    assert await store.context(PROJECT, "left") == [*root.input, *root.output, *left.input, *left.output]
    assert await store.context(PROJECT, "right") == [*root.input, *root.output, *right.input, *right.output]


async def test_a_chain_through_a_deleted_response_names_it(store: Store, make: Make) -> None:
    for number in range(4):
        parent = f"resp_{number - 1}" if number else None
        await store.save_answer(PROJECT, make.answer(f"resp_{number}", previous_response_id=parent))
    await store.delete_answer(PROJECT, "resp_1")
    with pytest.raises(NotFound, match=r"'resp_1' not found.* deleted") as caught:
        await store.context(PROJECT, "resp_3")
    assert caught.value.param == "previous_response_id"
    assert len(await store.context(PROJECT, "resp_0")) == 2
    assert (await store.get_answer(PROJECT, "resp_3")).previous_response_id == "resp_2"


async def test_a_chain_does_not_lead_into_another_project(store: Store, make: Make) -> None:
    await store.save_answer("theirs", make.answer("resp_0"))
    await store.save_answer(PROJECT, make.answer("resp_1", previous_response_id="resp_0"))
    with pytest.raises(NotFound, match="'resp_0' not found"):
        await store.context(PROJECT, "resp_1")


@pytest.mark.parametrize("status", ["failed", "queued", "in_progress"])
async def test_what_failed_or_has_not_ended_is_not_continued(store: Store, make: Make, status: str) -> None:
    await store.save_answer(PROJECT, make.answer("resp_1", status=status))
    with pytest.raises(InvalidRequest, match="'resp_1'") as caught:
        await store.context(PROJECT, "resp_1")
    assert caught.value.param == "previous_response_id"


@pytest.mark.parametrize("status", ["completed", "incomplete", "cancelled"])
async def test_what_ended_is_continued(store: Store, make: Make, status: str) -> None:
    await store.save_answer(PROJECT, make.answer("resp_1", status=status))
    assert len(await store.context(PROJECT, "resp_1")) == 2


async def test_deleting_removes_the_items_too(store: Store, make: Make) -> None:
    answer = make.answer("resp_1", input=(make.item("gone"),))
    await store.save_answer(PROJECT, answer)
    await store.delete_answer(PROJECT, "resp_1")
    with pytest.raises(NotFound):
        await store.get_answer(PROJECT, "resp_1")
    with pytest.raises(NotFound):
        await store.find_item(PROJECT, "gone")
    await store.save_answer(PROJECT, answer)
    assert (await store.get_answer(PROJECT, "resp_1")).output == answer.output


async def test_the_newest_item_of_an_id_is_found(store: Store, make: Make) -> None:
    old, new = make.item("same", "old"), make.item("same", "new")
    await store.save_answer(PROJECT, make.answer("resp_1", output=(old,)))
    assert await store.find_item(PROJECT, "same") == old
    await store.save_answer(PROJECT, make.answer("resp_2", input=(new,)))
    assert await store.find_item(PROJECT, "same") == new
    await store.delete_answer(PROJECT, "resp_2")
    assert await store.find_item(PROJECT, "same") == old


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
async def test_paging_forth_and_back(store: Store, make: Make, order: Order, limit: int) -> None:
    answer = make.answer("resp_1", inputs=7)
    await store.save_answer(PROJECT, answer)
    expected = [item.id for item in answer.input]
    if order == "desc":
        expected.reverse()
    read: list[str] = []
    more = True
    while more:
        after = read[-1] if read else None
        page, more = await ids(store, "resp_1", order=order, limit=limit, after=after)
        read += page
    assert read == expected
    back: list[str] = []
    more = True
    while more and read:
        before = back[0] if back else None
        query = {"order": order, "limit": limit, "before": before} if before else {"order": order, "after": read[-2]}
        page, more = await ids(store, "resp_1", **query)
        back = page + back
        more = more or before is None
    assert back == expected


async def test_a_page_between_two_ids(store: Store, make: Make) -> None:
    await store.save_answer(PROJECT, make.answer("resp_1", input=tuple(make.item(f"i{n}") for n in range(6))))
    assert await ids(store, "resp_1", order="asc", after="i0", before="i4") == (["i1", "i2", "i3"], False)
    assert await ids(store, "resp_1", order="asc", after="i0", before="i4", limit=2) == (["i1", "i2"], True)
    assert await ids(store, "resp_1", after="i5", before="i1") == (["i4", "i3", "i2"], False)
    assert await ids(store, "resp_1", after="i1", before="i5") == ([], False)
    assert await ids(store, "resp_1", order="asc", before="i4", limit=2) == (["i2", "i3"], True)
    assert await ids(store, "resp_1", before="i1", limit=2) == (["i3", "i2"], True)


@pytest.mark.parametrize("cursor", ["after", "before"])
@pytest.mark.parametrize("where", ["nowhere", "elsewhere", "\x00", "output"])
async def test_a_cursor_that_the_list_does_not_hold(store: Store, make: Make, cursor: str, where: str) -> None:
    await store.save_answer(PROJECT, make.answer("resp_1", output=(make.item("output"),)))
    await store.save_answer(PROJECT, make.answer("resp_2", input=(make.item("elsewhere"),)))
    with pytest.raises(NotFound) as caught:
        await ids(store, "resp_1", **{cursor: where})
    assert caught.value.param == cursor
    assert where in caught.value.message


async def test_an_id_twice_in_a_list_does_not_trap_the_reader(store: Store, make: Make) -> None:
    await store.save_answer(PROJECT, make.answer("resp_1", input=tuple(make.item(name) for name in "abac")))
    assert await ids(store, "resp_1", order="asc", limit=1, after="a") == (["c"], False)


@pytest.mark.parametrize("spoilt", ["\x00", "\ud800", "x" * 513])
async def test_an_id_that_cannot_be_kept_is_refused(store: Store, make: Make, spoilt: str) -> None:
    for answer, param in (
        (make.answer("resp_1", input=(StoredItem(spoilt, b"{}"),)), "input"),
        (make.answer("resp_1", output=(StoredItem(spoilt, b"{}"),)), "output"),
        (make.answer("resp_1", model=spoilt), "model"),
    ):
        with pytest.raises(InvalidRequest) as caught:
            await store.save_answer(PROJECT, answer)
        assert caught.value.param == param
    with pytest.raises(NotFound):
        await store.get_answer(PROJECT, "resp_1")


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":"\\u0000", "b":1.0e5,\t"b":2 }',
        b'{"image_url":"data:image/png;base64,' + LONG_RUN + b'","file":"' + LONG_RUN[::-1] + b'"}',
        b'{"image_url":"data:image/png;base64,' + LONG_RUN.replace(b"GgoA", b"Gg\\/A") + b'"}',
        LONG_RUN,
        b'"' + "né".encode() * 5000 + LONG_RUN + b'"',
        b"",
    ],
)
async def test_items_come_back_as_they_came(store: Store, make: Make, raw: bytes) -> None:
    item = StoredItem("msg_raw", raw)
    await store.save_answer(PROJECT, make.answer("resp_1", input=(item, item), output=(item,)))
    assert (await store.get_answer(PROJECT, "resp_1")).output == (item,)
    assert await store.context(PROJECT, "resp_1") == [item, item, item]
    assert await store.find_item(PROJECT, "msg_raw") == item
    assert (await store.input_items(PROJECT, "resp_1", PageQuery())).items == [item, item]


async def test_a_saver_that_is_cancelled_has_saved(store: Store, make: Make) -> None:
    async def save(answer: Answer) -> None:
        await store.save_answer(PROJECT, answer)

    answers = [make.answer(f"resp_{number}") for number in range(50)]
    savers = [asyncio.create_task(save(answer)) for answer in answers]
    await asyncio.sleep(0)
    for saver in savers:
        saver.cancel()
    await asyncio.gather(*savers, return_exceptions=True)
    await store.save_answer(PROJECT, make.answer("resp_last"))
    for answer in answers:
        assert (await store.get_answer(PROJECT, answer.id)).output == answer.output


async def test_one_that_is_refused_does_not_spoil_its_neighbours(store: Store, make: Make) -> None:
    answers = [make.answer(f"resp_{number}") for number in range(20)]
    spoilt = make.answer("resp_x", conversation_id="conv_unknown")
    saved = await asyncio.gather(
        *(store.save_answer(PROJECT, answer) for answer in (*answers[:10], spoilt, *answers[10:])),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in saved] == [type(None)] * 10 + [NotFound] + [type(None)] * 10
    for answer in answers:
        assert (await store.get_answer(PROJECT, answer.id)).output == answer.output
    with pytest.raises(NotFound):
        await store.get_answer(PROJECT, "resp_x")


def test_a_chain_that_leads_back_into_itself_ends() -> None:
    """Told by hand: no store lets one be made."""
    steps = context(PROJECT, "resp_1")
    assert next(steps).query == "context"
    turn = (0, 0, "completed", "resp_1", "msg", 0, b"{}")
    with pytest.raises(InvalidRequest, match="leads back into itself"):
        steps.send([(MAX_CHAIN, *turn), (0, *turn)])
