"""Signals between those who wait for runs, on every store."""

import asyncio

from antiphon.store.base import OpenStore
from antiphon.store.open import open_store
from antiphon.store.signals import QUEUE

LONG = 60.0
RUN = ("p", "resp_1")


async def test_a_bell_rings_for_its_name(store: OpenStore) -> None:
    with store.signals.bell(RUN) as bell, store.signals.bell(QUEUE) as other:
        store.signals.tell(RUN, 7)
        assert await bell.wait(LONG)
        assert bell.sequence == 7
        assert not await other.wait(0)


async def test_it_rings_once_however_often_it_was_told(store: OpenStore) -> None:
    with store.signals.bell(RUN) as bell:
        for number in (3, 9, 5):
            store.signals.tell(RUN, number)
        assert await bell.wait(LONG)
        assert bell.sequence == 9
        assert not await bell.wait(0)


async def test_nobody_listens(store: OpenStore) -> None:
    store.signals.tell(RUN)
    with store.signals.bell(RUN) as bell:
        assert not await bell.wait(0)
    store.signals.tell(RUN)


async def test_several_wait_for_one(store: OpenStore) -> None:
    with store.signals.bell(RUN) as one, store.signals.bell(RUN) as other:
        waiting = asyncio.gather(one.wait(LONG), other.wait(LONG))
        await asyncio.sleep(0)
        store.signals.tell(RUN)
        assert all(await waiting)


async def test_a_store_that_is_closed_tells_nothing_more(store_url: str) -> None:
    opened = await open_store(store_url)
    opened.signals.tell(RUN)
    await opened.close()
    opened.signals.tell(RUN)
