"""What is done with the rows of runs: made, taken, held, written to under their fencing numbers, ended, forgotten.

A lease that is stale is found under a lock that lasts until the transaction ends, so that nobody takes a run while
somebody writes for it. Not here: what a state holds. Counterparts: `sql/queries/runs.sql`, `saving.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from antiphon.errors import AntiphonError
from antiphon.store.asks import Each, Fetch, Rows, Steps
from antiphon.store.deliveries import Delivery
from antiphon.store.faults import storable, taken
from antiphon.store.operations import deliveries
from antiphon.store.operations.items import OUTPUT, NewItem, insert_items
from antiphon.store.operations.rows import as_list, new_keys, one_row
from antiphon.store.operations.saving import Lock, Save, lock_all, save_all
from antiphon.store.runs import (
    FOREVER,
    Batch,
    Lease,
    Log,
    NewRun,
    Quota,
    Standing,
    Step,
    StoredRun,
    Unfinished,
    lease_lost,
    no_run,
)
from antiphon.wire.answers import Answer

NOTHING = b""


def create(project: str, run: NewRun, owner: str | None, expires: float, now: float) -> Steps[Lease]:
    """Write a new run, its response and its first events, and hold its conversation."""
    answer = run.answer
    row = {"project": project, "id": answer.id}
    if (yield Fetch("find_run", row)):
        raise taken("run", answer.id)
    if answer.conversation_id is not None:
        yield from _whole(lock_all([Lock((project, answer.conversation_id), answer.id, FOREVER)], now))
    yield from _whole(save_all([Save(project, answer)], now))
    found = yield Fetch("response_key", row)
    key = found[0][0]
    yield Fetch(
        "insert_run",
        {
            **row,
            "response": key,
            "request": run.request,
            "state": run.state,
            "secrets": run.secrets,
            "priority": run.priority,
            "upstream": run.upstream,
            "caller": run.caller,
            "owner": owner,
            "expires": expires if owner else 0.0,
        },
    )
    yield Each("insert_run_events", [_event_row(key, run.events)])
    return Lease(project, answer.id, 1)


def waiting(now: float) -> Steps[bool]:
    """Whether anybody may take a run; most looks end here, without a transaction that writes."""
    return bool((yield Fetch("run_waiting", {"now": now})))


def claim(owner: str, expires: float, limit: int, quota: Quota, now: float) -> Steps[list[StoredRun]]:
    """Take runs that nobody holds now; one after the other, so that what is under way is counted rightly."""
    yield Fetch("hold_claims", {})
    most = {"of_project": quota.of_project, "to_upstream": quota.to_upstream}
    rows = yield Fetch("open_runs", {"now": now, "limit": limit, **most})
    if rows:
        yield Each("take_run", [{"response": row[0], "owner": owner, "expires": expires} for row in rows])
    return [_taken(row, owner, expires) for row in rows]


def seize(project: str, run_id: str, owner: str, expires: float) -> Steps[StoredRun | None]:
    """Take one run, whoever holds it."""
    row = yield from one_row("run_to_change", project, run_id, no_run(run_id))
    if row[12] is not None:
        return None
    yield Each("take_run", [{"response": row[0], "owner": owner, "expires": expires}])
    return _taken(row, owner, expires)


def standing(leases: Sequence[Lease], due: float) -> Steps[tuple[Standing, list[Lease]]]:
    """How the runs of these leases stand, and which of the leases end before `due`. Nothing is written or locked."""
    held = _good(leases, (yield Fetch("runs_held", {"wanted": _names(leases)})))
    return _standing(leases, held), [lease for lease, row in held.items() if row[6] < due]


def renew(leases: Sequence[Lease], expires: float) -> Steps[Standing]:
    """Hold runs for longer; those that were lost, and those that are to be cancelled."""
    held = yield from _held(leases)
    if held:
        yield Each("renew_run", [{"response": row[0], "expires": expires} for row in held.values()])
    return _standing(leases, held)


def release(leases: Sequence[Lease]) -> Steps[None]:
    """Give runs back."""
    held = yield from _held(leases)
    if held:
        yield Each("release_run", [{"response": row[0]} for row in held.values()])


def append(batches: Sequence[tuple[Lease, Batch]]) -> Steps[list[AntiphonError | None]]:
    """Put events into logs; for each batch None, or why it was refused."""
    held = yield from _held([lease for lease, _ in batches])
    rows = [_event_row(held[lease][0], batch) for lease, batch in batches if lease in held]
    if rows:
        yield Each("insert_run_events", rows)
    return [None if lease in held else lease_lost(lease.id) for lease, _ in batches]


def save(lease: Lease, step: Step) -> Steps[None]:
    """Write a step."""
    key = yield from _key(lease)
    yield Fetch("save_run", {"response": key, "state": step.state})
    if step.body is None:
        yield Fetch("renew_status", {"key": key, "status": step.status})
    else:
        yield Fetch("renew_answer", {"key": key, "status": step.status, "body": step.body})
    if step.items:
        keys = iter((yield from new_keys(len(step.items))))
        places = enumerate(step.items, start=step.place)
        yield from insert_items([NewItem(lease.project, item, key, OUTPUT, place) for place, item in places], keys)
    if step.events is not None:
        yield Each("insert_run_events", [_event_row(key, step.events)])


def finish(lease: Lease, answer: Answer, events: Batch, messages: Sequence[Delivery], now: float) -> Steps[None]:
    """Write the answer, the last events and the messages that tell of it, and end the run."""
    key = yield from _key(lease)
    yield from _whole(save_all([Save(lease.project, answer)], now))
    yield Each("insert_run_events", [_event_row(key, events)])
    yield from deliveries.add(messages)
    yield Fetch("end_run", {"response": key, "request": NOTHING, "state": NOTHING, "ended_at": now})


def cancel(project: str, run_id: str) -> Steps[None]:
    """Wish a run's end."""
    row = yield from one_row("find_run", project, run_id, no_run(run_id))
    yield Fetch("cancel_run", {"response": row[0]})


def get(project: str, run_id: str) -> Steps[StoredRun]:
    """One run."""
    return _run((yield from one_row("find_run", project, run_id, no_run(run_id))))


def events_after(project: str, run_id: str, after: int, limit: int) -> Steps[Log]:
    """Batches of a log."""
    row = yield from one_row("find_run", project, run_id, no_run(run_id))
    rows = yield Fetch("run_events_after", {"response": row[0], "number": after + 1, "limit": limit})
    batches = [Batch(*tuple(found)) for found in rows]
    return Log(batches, ended=row[12] is not None and len(rows) < limit)


def unfinished(project: str, caller: str | None) -> Steps[Unfinished]:
    """Runs that haven't ended."""
    rows = yield Fetch("count_open_runs", {"project": project, "caller": caller})
    return Unfinished(*tuple(rows[0]))


def sweep(before: float, limit: int) -> Steps[int]:
    """Forget runs that ended long ago."""
    rows = yield Fetch("old_runs", {"before": before, "limit": limit})
    for row in rows:
        yield from remove(row[0])
    return len(rows)


def remove(response: int) -> Steps[None]:
    """Forget the run of this response, if there is one."""
    yield Fetch("delete_run_events", {"response": response})
    yield Fetch("delete_run", {"response": response})


def _whole(steps: Steps[list[AntiphonError | None]]) -> Steps[None]:
    """Steps that tell of refusals; the first of them is raised."""
    for refusal in (yield from steps):
        if refusal is not None:
            raise refusal


def _held(leases: Sequence[Lease]) -> Steps[dict[Lease, Any]]:
    """The rows of those leases that are good."""
    return _good(leases, (yield Fetch("runs_to_change", {"wanted": _names(leases)})))


def _names(leases: Sequence[Lease]) -> str:
    return as_list([(lease.project, lease.id) for lease in leases if storable(lease.id)])


def _standing(leases: Sequence[Lease], held: Mapping[Lease, Any]) -> Standing:
    lost = [(lease.project, lease.id) for lease in leases if lease not in held]
    return Standing(lost, [(lease.project, lease.id) for lease in leases if lease in held and held[lease][4]])


def _good(leases: Sequence[Lease], rows: Rows) -> dict[Lease, Any]:
    """The rows of those leases that are good."""
    found = {(row[1], row[2]): row for row in rows}
    rows_of = {lease: found.get((lease.project, lease.id)) for lease in leases}
    return {lease: row for lease, row in rows_of.items() if row and row[3] == lease.fence and row[5] is None}


def _key(lease: Lease) -> Steps[int]:
    """The key of a run that is held; raises `LeaseLost`."""
    held = yield from _held([lease])
    if not held:
        raise lease_lost(lease.id)
    key: int = held[lease][0]
    return key


def _event_row(key: int, batch: Batch) -> dict[str, Any]:
    return {"response": key, "first": batch.first, "last": batch.last, "lines": batch.lines}


def _run(row: Any, **changed: Any) -> StoredRun:  # noqa: ANN401 - a row of either driver
    """From the columns of `find_run`."""
    said = tuple(row)
    _, project, run_id, request, state, secrets, priority, upstream, owner, expires, fence, cancelled = said[:12]
    ended_at, caller = said[12:]
    fields = {"owner": owner, "expires": expires, "fence": fence} | changed
    return StoredRun(
        project=project,
        id=run_id,
        request=request,
        state=state,
        secrets=secrets,
        priority=priority,
        upstream=upstream,
        cancel=bool(cancelled),
        ended=ended_at is not None,
        caller=caller,
        **fields,
    )


def _taken(row: Any, owner: str, expires: float) -> StoredRun:  # noqa: ANN401 - a row of either driver
    """A run as it is once it was taken."""
    return _run(row, owner=owner, expires=expires, fence=tuple(row)[10] + 1)
