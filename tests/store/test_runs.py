"""Runs on every store: made, taken, held, written to under their leases, cancelled, ended, forgotten."""

import asyncio

import msgspec
import pytest
from sample_rows import PROJECT, Clock, Make

from antiphon.errors import ConversationLocked, InvalidRequest, LeaseLost, NotFound
from antiphon.store.base import Conversation, OpenStore
from antiphon.store.open import open_store
from antiphon.store.runs import Batch, Lease, NewRun, Standing, Step

FIRST = Batch(0, 1, b'{"n":0}\n{"n":1}')
LONG = 10.0


def batch(first: int, last: int) -> Batch:
    return Batch(first, last, b"\n".join(b'{"n":%d}' % number for number in range(first, last + 1)))


def new_run(make: Make, run_id: str = "resp_1", **fields: object) -> NewRun:
    said = {name: fields.pop(name) for name in ("priority", "upstream", "secrets") if name in fields}
    answer = make.answer(run_id, 2, 0, status="queued", **fields)
    return NewRun(answer=answer, events=FIRST, request=b"asked", state=b"begun", **said)  # type: ignore[arg-type] # the fields have their own names


async def made(
    store: OpenStore, make: Make, run_id: str = "resp_1", owner: str | None = "a", **fields: object
) -> Lease:
    return await store.runs.create(PROJECT, new_run(make, run_id, **fields), owner, LONG)


async def read(store: OpenStore, after: int = -1, run_id: str = "resp_1") -> tuple[list[tuple[int, int]], bool]:
    log = await store.runs.events_after(PROJECT, run_id, after)
    return [(each.first, each.last) for each in log.batches], log.ended


async def test_a_new_run_is_there_with_its_response_and_its_events(store: OpenStore, make: Make) -> None:
    lease = await made(store, make, secrets="sealed", priority=3, upstream="up")
    assert lease == Lease(PROJECT, "resp_1", 1)
    row = await store.runs.get(PROJECT, "resp_1")
    assert (row.request, row.state, row.secrets) == (b"asked", b"begun", "sealed")
    assert (row.priority, row.upstream) == (3, "up")
    assert (row.owner, row.fence, row.cancel, row.ended) == ("a", 1, False, False)
    assert (await store.get_answer(PROJECT, "resp_1")).status == "queued"
    assert (await store.runs.events_after(PROJECT, "resp_1", -1)).batches == [FIRST]
    with pytest.raises(InvalidRequest, match="already a run"):
        await made(store, make)


async def test_what_is_not_there_or_anothers_is_not_found(store: OpenStore, make: Make) -> None:
    await made(store, make)
    await store.save_answer(PROJECT, make.answer("resp_2"))
    for project, run_id in ((PROJECT, "resp_2"), (PROJECT, "no\x00"), ("other", "resp_1")):
        for asked in (
            store.runs.get(project, run_id),
            store.runs.events_after(project, run_id, -1),
            store.runs.cancel(project, run_id),
            store.runs.seize(project, run_id, "b", LONG),
        ):
            with pytest.raises(NotFound, match="in the background"):
                await asked


async def test_nobody_claims_what_is_held_until_its_time_is_over(store: OpenStore, make: Make, clock: Clock) -> None:
    old = await made(store, make)
    assert await store.runs.claim("b", LONG, 10) == []
    clock.time += LONG
    [taken] = await store.runs.claim("b", LONG, 10)
    assert (taken.owner, taken.fence, taken.expires) == ("b", 2, clock.time + LONG)
    assert taken == await store.runs.get(PROJECT, "resp_1")
    assert await store.runs.claim("c", LONG, 10) == []
    for late in (store.runs.save(old, Step(state=b"late")), store.runs.finish(old, make.answer("resp_1"), batch(2, 2))):
        with pytest.raises(LeaseLost, match="another worker"):
            await late
    [refusal] = await store.runs.append([(old, batch(2, 2))])
    assert isinstance(refusal, LeaseLost)
    assert await read(store) == ([(0, 1)], False)
    assert (await store.runs.get(PROJECT, "resp_1")).state == b"begun"


async def test_runs_are_claimed_by_priority_and_then_by_age(store: OpenStore, make: Make) -> None:
    for number, priority in enumerate([0, 5, 0, 5, -1]):
        await made(store, make, f"resp_{number}", None, priority=priority)
    assert [run.id for run in await store.runs.claim("a", LONG, 3)] == ["resp_1", "resp_3", "resp_0"]
    assert [run.id for run in await store.runs.claim("b", LONG, 3)] == ["resp_2", "resp_4"]


async def test_a_run_that_is_held_on_stays_ones_own(store: OpenStore, make: Make, clock: Clock) -> None:
    lease, other = await made(store, make), await made(store, make, "resp_2")
    clock.time += LONG - 1
    assert await store.runs.renew([lease, other], LONG) == Standing([], [])
    clock.time += LONG - 1
    await store.runs.cancel(PROJECT, "resp_2")
    gone = Lease(PROJECT, "resp_9", 1)
    standing = await store.runs.renew([lease, other, gone], LONG)
    assert standing == Standing([(PROJECT, "resp_9")], [(PROJECT, "resp_2")])
    assert await store.runs.claim("b", LONG, 9) == []
    await store.runs.release([lease, gone])
    [taken] = await store.runs.claim("b", LONG, 9)
    assert (taken.id, taken.fence) == ("resp_1", 2)
    assert await store.runs.renew([lease], LONG) == Standing([(PROJECT, "resp_1")], [])
    await store.runs.release([lease])
    assert (await store.runs.get(PROJECT, "resp_1")).owner == "b"
    assert await store.runs.renew([], LONG) == Standing([], [])
    await store.runs.release([])


async def test_a_run_can_be_taken_from_whoever_holds_it(store: OpenStore, make: Make) -> None:
    lease = await made(store, make)
    seized = await store.runs.seize(PROJECT, "resp_1", "b", LONG)
    assert seized is not None
    assert (seized.owner, seized.fence) == ("b", 2)
    with pytest.raises(LeaseLost):
        await store.runs.save(lease, Step(state=b"late"))
    await store.runs.finish(seized.lease, make.answer("resp_1"), batch(2, 2))
    assert await store.runs.seize(PROJECT, "resp_1", "c", LONG) is None


async def test_a_step_is_kept_with_its_items_and_events(store: OpenStore, make: Make) -> None:
    lease = await made(store, make)
    one, two, three = make.item(), make.item(), make.item()
    await store.runs.save(lease, Step(state=b"s1", items=[one], events=batch(2, 4), body=b'{"now":1}'))
    await store.runs.save(lease, Step(state=b"s2", items=[two, three], place=1))
    saved = await store.get_answer(PROJECT, "resp_1")
    assert (saved.status, saved.body, saved.output) == ("in_progress", b'{"now":1}', (one, two, three))
    assert (await store.runs.get(PROJECT, "resp_1")).state == b"s2"
    assert await read(store) == ([(0, 1), (2, 4)], False)
    assert await store.find_item(PROJECT, three.id) == three


async def test_events_are_read_from_any_number(store: OpenStore, make: Make) -> None:
    lease, other = await made(store, make), await made(store, make, "resp_2")
    gone = Lease(PROJECT, "resp_1", 7)
    done = await store.runs.append([(lease, batch(2, 2)), (other, batch(2, 9)), (gone, batch(2, 3))])
    assert [type(each) for each in done] == [type(None), type(None), LeaseLost]
    assert await store.runs.append([(lease, batch(3, 6))]) == [None]
    assert await read(store) == ([(0, 1), (2, 2), (3, 6)], False)
    assert await read(store, 0) == ([(0, 1), (2, 2), (3, 6)], False)
    assert await read(store, 1) == ([(2, 2), (3, 6)], False)
    assert await read(store, 4) == ([(3, 6)], False)
    assert await read(store, 6) == ([], False)
    assert await read(store, 1, "resp_2") == ([(2, 9)], False)
    log = await store.runs.events_after(PROJECT, "resp_1", -1, limit=2)
    assert ([each.last for each in log.batches], log.ended) == ([1, 2], False)


async def test_a_run_ends_with_its_answer(store: OpenStore, make: Make, clock: Clock) -> None:
    lease = await made(store, make, secrets="sealed")
    early = make.item()
    await store.runs.save(lease, Step(state=b"s1", items=[early]))
    final = make.answer("resp_1", 0, 0, input=(), output=(early, make.item()))
    await store.runs.finish(lease, final, batch(2, 8))
    row = await store.runs.get(PROJECT, "resp_1")
    assert (row.ended, row.request, row.state, row.secrets, row.owner) == (True, b"", b"", None, None)
    saved = await store.get_answer(PROJECT, "resp_1")
    assert (saved.status, saved.output) == ("completed", final.output)
    assert await read(store, 1) == ([(2, 8)], True)
    assert not (await store.runs.events_after(PROJECT, "resp_1", -1, limit=2)).ended
    clock.time += 10 * LONG
    assert await store.runs.claim("b", LONG, 9) == []
    await store.runs.cancel(PROJECT, "resp_1")
    assert not (await store.runs.get(PROJECT, "resp_1")).cancel
    with pytest.raises(LeaseLost):
        await store.runs.finish(lease, final, batch(9, 9))


async def test_a_conversation_is_held_until_the_run_ends(store: OpenStore, make: Make, clock: Clock) -> None:
    await store.create_conversation(PROJECT, Conversation(id="conv_1", created_at=1, metadata={}))
    await store.lock_conversation(PROJECT, "conv_1", "resp_1", LONG)
    lease = await made(store, make, conversation_id="conv_1")
    clock.time += 1000 * LONG
    with pytest.raises(ConversationLocked):
        await store.lock_conversation(PROJECT, "conv_1", "resp_2", LONG)
    with pytest.raises(ConversationLocked):
        await made(store, make, "resp_2", conversation_id="conv_1")
    with pytest.raises(NotFound):
        await store.runs.get(PROJECT, "resp_2")
    with pytest.raises(NotFound):
        await store.get_answer(PROJECT, "resp_2")
    await store.runs.finish(lease, make.answer("resp_1", conversation_id="conv_1"), batch(2, 2))
    assert len(await store.conversation_context(PROJECT, "conv_1")) == 2
    await store.lock_conversation(PROJECT, "conv_1", "resp_2", LONG)


async def test_an_answer_that_is_refused_ends_nothing(store: OpenStore, make: Make) -> None:
    await store.create_conversation(PROJECT, Conversation(id="conv_1", created_at=1, metadata={}))
    lease = await made(store, make, conversation_id="conv_1")
    await store.delete_conversation(PROJECT, "conv_1")
    with pytest.raises(NotFound, match="conv_1"):
        await store.runs.finish(lease, make.answer("resp_1", conversation_id="conv_1"), batch(2, 2))
    assert await read(store) == ([(0, 1)], False)
    await store.runs.finish(lease, make.answer("resp_1", status="failed", conversation_id="conv_1"), batch(2, 3))
    assert await read(store, 1) == ([(2, 3)], True)


async def test_a_run_goes_with_its_response(store: OpenStore, make: Make) -> None:
    lease = await made(store, make)
    await store.delete_answer(PROJECT, "resp_1")
    with pytest.raises(NotFound):
        await store.runs.events_after(PROJECT, "resp_1", -1)
    with pytest.raises(LeaseLost):
        await store.runs.save(lease, Step(state=b""))
    lease = await made(store, make)
    await store.runs.finish(lease, make.answer("resp_1"), batch(2, 2))
    assert await store.sweep(2000, 9) == 1
    with pytest.raises(NotFound):
        await store.runs.get(PROJECT, "resp_1")


async def test_logs_are_forgotten_after_a_time_and_answers_stay(store: OpenStore, make: Make, clock: Clock) -> None:
    for number in range(3):
        lease = await made(store, make, f"resp_{number}")
        if number:
            await store.runs.finish(lease, make.answer(f"resp_{number}"), batch(2, 2))
        clock.time += 1
    assert await store.runs.sweep(clock.time - 1, 9) == 1
    assert await store.runs.sweep(clock.time, 0) == 0
    assert await store.runs.sweep(clock.time, 9) == 1
    assert await store.runs.sweep(clock.time, 9) == 0
    with pytest.raises(NotFound):
        await store.runs.get(PROJECT, "resp_1")
    assert (await store.get_answer(PROJECT, "resp_1")).status == "completed"
    assert not (await store.runs.get(PROJECT, "resp_0")).ended


async def test_two_workers_never_have_the_same_run(store_url: str, make: Make, clock: Clock) -> None:
    one, other = await open_store(store_url, clock), await open_store(store_url, clock)
    if store_url == "memory://":
        await other.close()
        other = one
    for number in range(20):
        await made(one, make, f"resp_{number}", None)
    taken = await asyncio.gather(*(store.runs.claim(name, LONG, 3) for store, name in [(one, "a"), (other, "b")] * 8))
    assert sorted(run.id for runs in taken for run in runs) == sorted(f"resp_{number}" for number in range(20))
    rows = [await other.runs.get(PROJECT, f"resp_{number}") for number in range(20)]
    assert {row.fence for row in rows} == {2}
    kept = {run.id: msgspec.structs.replace(run) for runs in taken for run in runs}
    assert all(kept[row.id] == row for row in rows)
    for store in {one, other}:
        await store.close()
