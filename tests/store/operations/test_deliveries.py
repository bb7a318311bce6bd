"""Webhooks that wait, on every store."""

import msgspec
from sample_rows import PROJECT, Clock

from antiphon.store.base import OpenStore
from antiphon.store.deliveries import Delivery


def message(number: int, due: float) -> Delivery:
    return Delivery(project=PROJECT, id=f"evt_{number}", endpoint="a", body=b'{"\xc3\xa9":1}', created_at=7, due=due)


async def test_what_is_due_is_claimed_once_and_in_order(store: OpenStore, clock: Clock) -> None:
    now = clock()
    first, second, later = message(1, now - 5), message(2, now), message(3, now + 9)
    await store.deliveries.add([later, second, first])
    assert await store.deliveries.claim(40, 1) == [first]
    assert await store.deliveries.claim(40, 9) == [second]
    assert await store.deliveries.claim(40, 9) == []
    assert await store.deliveries.next_due() == now + 9


async def test_what_was_claimed_by_a_process_that_died_is_due_again(store: OpenStore, clock: Clock) -> None:
    await store.deliveries.add([message(1, clock())])
    await store.deliveries.claim(40, 9)
    clock.time += 41
    [again] = await store.deliveries.claim(40, 9)
    assert (again.id, again.attempts) == ("evt_1", 0)


async def test_an_attempt_that_failed_is_counted(store: OpenStore, clock: Clock) -> None:
    await store.deliveries.add([message(1, clock())])
    [claimed] = await store.deliveries.claim(40, 9)
    await store.deliveries.put_off(claimed, clock() + 5)
    assert await store.deliveries.claim(40, 9) == []
    clock.time += 5
    assert await store.deliveries.claim(40, 9) == [msgspec.structs.replace(claimed, due=clock(), attempts=1)]


async def test_what_was_taken_is_forgotten(store: OpenStore, clock: Clock) -> None:
    await store.deliveries.add([message(1, clock()), message(2, clock())])
    await store.deliveries.done(message(1, 0))
    assert [one.id for one in await store.deliveries.claim(40, 9)] == ["evt_2"]
    await store.deliveries.done(message(2, 0))
    await store.deliveries.put_off(message(2, 0), 1)
    assert await store.deliveries.next_due() is None


async def test_nothing_to_add(store: OpenStore) -> None:
    await store.deliveries.add([])
    assert await store.deliveries.next_due() is None
