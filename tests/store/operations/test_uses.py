"""What callers have used, on every store."""

from sample_rows import PROJECT, Make

from antiphon.store.base import Store
from antiphon.store.uses import Holding, Use


async def test_what_servers_tell_adds_up(store: Store) -> None:
    first = Holding("a", [("project:blue", 2)], 10.0)
    told = await store.uses.exchange([Use("project:blue", "requests", 60, 3)], first, 60, 1.0)
    assert (told.uses, told.held) == ([Use("project:blue", "requests", 60, 3)], [])
    more = [Use("project:blue", "requests", 60, 1), Use("key:k", "tokens", 60, 5)]
    told = await store.uses.exchange(more, Holding("b", [("key:k", 1)], 10.0), 60, 2.0)
    assert sorted(told.uses, key=str) == [Use("key:k", "tokens", 60, 5), Use("project:blue", "requests", 60, 4)]
    assert told.held == [("project:blue", 2)]
    told = await store.uses.exchange([], Holding("c", [], 10.0), 60, 3.0)
    assert told.held == [("key:k", 1), ("project:blue", 2)]


async def test_windows_that_are_over_and_servers_that_are_gone_are_forgotten(store: Store) -> None:
    await store.uses.exchange(
        [Use("project:blue", "requests", 60, 3)], Holding("a", [("project:blue", 2)], 10.0), 60, 1.0
    )
    told = await store.uses.exchange([], Holding("b", [], 90.0), 120, 11.0)
    assert (told.uses, told.held) == ([], [])


async def test_what_a_server_holds_is_what_it_told_last(store: Store) -> None:
    await store.uses.exchange([], Holding("a", [("project:blue", 2)], 10.0), 60, 1.0)
    await store.uses.exchange([], Holding("a", [("project:red", 1)], 10.0), 60, 2.0)
    assert (await store.uses.exchange([], Holding("b", [], 10.0), 60, 3.0)).held == [("project:red", 1)]


async def test_what_a_project_keeps(store: Store, make: Make) -> None:
    before = await store.uses.stored_bytes(PROJECT)
    await store.save_answer(PROJECT, make.answer("resp_1"))
    assert before == 0
    kept = await store.uses.stored_bytes(PROJECT)
    assert kept == 0 or kept > 50
    assert await store.uses.stored_bytes("other") == 0
