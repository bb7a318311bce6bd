"""What was used is added up, by project, day and model, in every store alike."""

import asyncio

from antiphon.store.base import OpenStore
from antiphon.store.usage import Asked, Used, summed

MONDAY, TUESDAY = "2026-03-09", "2026-03-10"


def used(day: str = MONDAY, model: str = "ollama/m", project: str = "p", **counts: int) -> Used:
    return Used(project=project, day=day, model=model, **counts)


async def read(store: OpenStore, project: str = "p", **asked: str | int) -> list[tuple[str, str, int]]:
    rows = await store.usage.read(project, Asked(**asked))  # type: ignore[arg-type] # by name
    return [(row.day, row.model, row.requests) for row in rows]


async def test_nothing_was_used(store: OpenStore) -> None:
    await store.usage.add([])
    assert await read(store) == []


async def test_counts_add_up(store: OpenStore) -> None:
    first = used(requests=1, failed=1, turns=2, tool_calls=3, input_tokens=4, cached_tokens=2, output_tokens=5)
    await store.usage.add([first, used(requests=1, reasoning_tokens=7, cost=2**40)])
    await store.usage.add([used(requests=2, cost=1)])
    assert await store.usage.read("p", Asked()) == [
        used(
            requests=4, failed=1, turns=2, tool_calls=3, input_tokens=4, cached_tokens=2, output_tokens=5,
            reasoning_tokens=7, cost=2**40 + 1,
        )
    ]  # fmt: skip


async def test_rows_by_day_and_model(store: OpenStore) -> None:
    rows = [used(MONDAY, "b"), used(TUESDAY, "Z"), used(TUESDAY, "a"), used(TUESDAY, "é"), used(MONDAY, "a")]
    await store.usage.add(rows)
    everything = [(TUESDAY, "Z", 0), (TUESDAY, "a", 0), (TUESDAY, "é", 0), (MONDAY, "a", 0), (MONDAY, "b", 0)]
    assert await read(store) == everything
    assert await read(store, limit=2) == everything[:2]
    assert await read(store, first=TUESDAY) == everything[:3]
    assert await read(store, last=MONDAY) == everything[3:]
    assert await read(store, model="a") == [everything[1], everything[3]]
    assert await read(store, model="a\x00") == []


async def test_a_project_sees_its_own(store: OpenStore) -> None:
    await store.usage.add([used(project="p", requests=1), used(project="q", requests=2)])
    assert await read(store, "q") == [(MONDAY, "ollama/m", 2)]
    assert await read(store, "r") == []


async def test_a_name_that_no_database_keeps_is_left_out(store: OpenStore) -> None:
    await store.usage.add([used(model="a"), used(model="a\x00b")])
    assert await read(store) == [(MONDAY, "a", 0)]


async def test_many_add_at_once(store: OpenStore) -> None:
    batches = [[used(model=model, requests=1) for model in models] for models in ("abc", "cba", "bca", "acb")]
    await asyncio.gather(*(store.usage.add(batch) for batch in batches * 5))
    assert await read(store) == [(MONDAY, model, 20) for model in "abc"]


def test_rows_of_one_key_are_one() -> None:
    rows = [used(model="b", requests=1), used(model="a", cost=1), used(model="b", requests=2, turns=1)]
    assert summed(rows) == [used(model="a", cost=1), used(model="b", requests=3, turns=1)]
