"""Which runs are given out next, on every store: by priority, fairly between projects, within quotas; and their end."""

import pytest
from sample_rows import PROJECT, Clock, Make

from antiphon.errors import LeaseLost
from antiphon.store.base import OpenStore
from antiphon.store.deliveries import Delivery
from antiphon.store.runs import Batch, Lease, NewRun, Quota

LONG = 10.0
EVENTS = Batch(0, 0, b"{}")


async def queue(
    store: OpenStore, make: Make, project: str, *names: str, priority: int = 0, upstream: str = "u",
    caller: str | None = None,
) -> None:  # fmt: skip
    for name in names:
        answer = make.answer(name, 1, 0, status="queued")
        said = {"priority": priority, "upstream": upstream, "caller": caller}
        run = NewRun(answer=answer, events=EVENTS, request=b"", state=b"", **said)  # type: ignore[arg-type] # the fields have their own names
        await store.runs.create(project, run, None, 0)


async def claimed(store: OpenStore, limit: int = 100, **quota: int) -> list[str]:
    return [run.id for run in await store.runs.claim("a", LONG, limit, Quota(**quota))]


async def test_projects_take_turns(store: OpenStore, make: Make) -> None:
    await queue(store, make, "many", "m1", "m2", "m3", "m4")
    await queue(store, make, "few", "f1")
    await queue(store, make, "some", "s1", "s2")
    assert await claimed(store) == ["m1", "f1", "s1", "m2", "s2", "m3", "m4"]


async def test_who_has_more_under_way_waits_longer(store: OpenStore, make: Make) -> None:
    await queue(store, make, "many", "m1", "m2", "m3", "m4")
    assert await claimed(store, 2) == ["m1", "m2"]
    await queue(store, make, "few", "f1", "f2")
    assert await claimed(store, 3) == ["f1", "f2", "m3"]


async def test_priority_goes_before_fairness(store: OpenStore, make: Make) -> None:
    await queue(store, make, "few", "f1")
    await queue(store, make, "many", "m1")
    await queue(store, make, "many", "m2", "m3", priority=5)
    assert await claimed(store) == ["m2", "m3", "f1", "m1"]


async def test_a_project_has_its_quota_over_all_workers(store: OpenStore, make: Make, clock: Clock) -> None:
    await queue(store, make, "many", "m1", "m2", "m3")
    await queue(store, make, "few", "f1")
    assert await claimed(store, of_project=2) == ["m1", "f1", "m2"]
    assert await claimed(store, of_project=2) == []
    await store.runs.release([Lease("many", "m1", 2)])
    assert await claimed(store, of_project=2) == ["m1"]
    clock.time += LONG + 1
    assert await claimed(store, of_project=2) == ["m1", "f1", "m2"]


async def test_an_upstream_has_its_quota_and_keeps_nobody_else_waiting(store: OpenStore, make: Make) -> None:
    await queue(store, make, "p", "slow1", "slow2", "slow3", upstream="slow")
    await queue(store, make, "p", "fast1", upstream="fast")
    await queue(store, make, "q", "slow4", upstream="slow")
    assert await claimed(store, to_upstream=2) == ["slow1", "slow4", "fast1"]
    assert await claimed(store, to_upstream=2) == []


async def test_what_a_project_may_not_have_takes_no_place_at_an_upstream(store: OpenStore, make: Make) -> None:
    await queue(store, make, "many", "m1", "m2", "m3")
    await queue(store, make, "few", "f1", "f2")
    assert await claimed(store, of_project=1, to_upstream=2) == ["m1", "f1"]


async def test_unfinished_runs_are_counted(store: OpenStore, make: Make) -> None:
    assert await store.runs.unfinished("p") == (0, 0, 0)
    await queue(store, make, "p", "p1", "p2")
    await queue(store, make, "q", "q1")
    assert await store.runs.unfinished("p") == (2, 3, 0)
    [run] = await store.runs.claim("a", LONG, 1)
    await store.runs.finish(run.lease, make.answer("p1"), Batch(1, 1, b"{}"))
    assert await store.runs.unfinished("p") == (1, 2, 0)


async def test_unfinished_runs_of_a_key_are_counted(store: OpenStore, make: Make) -> None:
    await queue(store, make, "p", "p1", "p2", caller="k")
    await queue(store, make, "p", "p3", caller="other")
    await queue(store, make, "p", "p4")
    await queue(store, make, "q", "q1", caller="k")
    assert await store.runs.unfinished("p", "k") == (4, 5, 2)
    assert await store.runs.unfinished("p") == (4, 5, 0)
    assert {run.id: run.caller for run in await store.runs.claim("a", LONG, 5)}.items() >= {
        "p1": "k",
        "p4": None,
    }.items()
    assert (await store.runs.get("p", "p3")).caller == "other"


async def test_the_messages_of_an_end_are_kept_with_it_or_not_at_all(
    store: OpenStore, make: Make, clock: Clock
) -> None:
    await queue(store, make, PROJECT, "resp_1")
    [run] = await store.runs.claim("a", LONG, 1)
    told = Delivery(project=PROJECT, id="evt_1", endpoint="a", body=b"{}", created_at=1, due=clock())
    with pytest.raises(LeaseLost):
        await store.runs.finish(Lease(PROJECT, "resp_1", 1), make.answer("resp_1"), Batch(1, 1, b"{}"), [told])
    assert await store.deliveries.next_due() is None
    await store.runs.finish(run.lease, make.answer("resp_1"), Batch(1, 1, b"{}"), [told])
    assert await store.deliveries.claim(9, 9) == [told]
