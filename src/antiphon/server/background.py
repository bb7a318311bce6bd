"""Responses in the background: queued, kept with what was asked, made ready again by whoever takes them up, cancelled.

What was asked is kept without its input, which is stored as the response's items, and without credentials, which are
sealed beside it until the run ends. Not here: HTTP (`routes/responses.py`), carrying runs out (`runner/worker.py`).
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from antiphon.engine import run_state
from antiphon.engine.commands import CallUpstream
from antiphon.engine.durable import DurableRun
from antiphon.engine.input import TOOL_HOLDERS, Item, stored_item
from antiphon.engine.notes import Notes
from antiphon.engine.plan import Plan
from antiphon.engine.prepare import Asked
from antiphon.engine.reopened import Seen, seen_in
from antiphon.engine.replies import Cancelled, UpstreamFailed
from antiphon.engine.resuming import Resumption
from antiphon.engine.secrets import without_secrets
from antiphon.errors import AntiphonError, ClientFault, Conflict, InvalidRequest, StoreFault, UpstreamFault
from antiphon.runner.background import Telling
from antiphon.runner.history import HOLD_SECONDS, conversation_of
from antiphon.runner.observing import watching
from antiphon.runner.quotas import Spender, spending
from antiphon.runner.worker import Job
from antiphon.server.callers import Caller
from antiphon.server.creating import PATH, Making, prepared
from antiphon.server.services import Services
from antiphon.sources import live
from antiphon.store.base import OPEN_STATUSES, SavedAnswer
from antiphon.store.deliveries import Delivery
from antiphon.store.pages import PageQuery
from antiphon.store.runs import Batch, NewRun, StoredRun
from antiphon.wire.answers import StoredItem
from antiphon.wire.responses import CreateResponse, Response

PURPOSE = "run"
"""What credentials are sealed for."""
PATIENCE, OVERDUE = 4.0, 1.5
"""Seconds that a cancelled run may take to end, and until it is taken from a worker that doesn't answer."""
LOOK_EVERY = 0.1
MOST_TAKINGS = 50
"""Times that a run is taken up: one that ends its worker each time must end some time."""
PAGE = 1_000
TIERS = {"priority": 10, "fast": 10, "ultrafast": 20, "flex": -10}
WINDOWS = {"2h": -1, "8h": -2}
"""What goes before what: runs of a higher number are taken up earlier."""

_encode = msgspec.json.Encoder().encode
_response = msgspec.json.Decoder(Response).decode


class Kept(msgspec.Struct):
    """What was asked: the request's members but for its input, and the messages of the prompt that it named."""

    fields: dict[str, msgspec.Raw]
    template: list[tuple[str, msgspec.Raw]] = []


class Secrets(msgspec.Struct):
    """What of a request isn't kept in the open: its tools as they came, and items that hold tools, by their ids."""

    tools: list[msgspec.Raw] | None = None
    items: dict[str, msgspec.Raw] = {}


_kept = msgspec.json.Decoder(Kept).decode
_secrets = msgspec.json.Decoder(Secrets).decode
_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


async def queue(services: Services, asked: Asked, making: Making, *, strict: bool) -> Response:
    """Have a response made in the background; gives it as it stands.

    Raises what making it ready raises, and `InvalidRequest` where it isn't to be stored.
    """
    if asked.request.store is False:
        raise InvalidRequest(
            "A response in the background must be stored: leave 'store' out, or leave 'background' out.",
            code="invalid_value",
            param="background",
        )
    project, conversation = making.caller.project, conversation_of(asked)
    if conversation is None:
        return await _queued(services, asked, making, strict=strict)
    await services.store.lock_conversation(project, conversation, asked.response_id, HOLD_SECONDS)
    try:
        return await _queued(services, asked, making, strict=strict)
    except BaseException:
        # The run would hold it from now on; there is none.
        await asyncio.shield(services.store.unlock_conversation(project, conversation, asked.response_id))
        raise


async def _queued(services: Services, asked: Asked, making: Making, *, strict: bool) -> Response:
    project, key = making.caller.project, making.caller.key
    open_runs = await services.store.runs.unfinished(project, key)
    services.pressure.runs.check(open_runs.of_project + 1, open_runs.of_all + 1)
    if services.meter is not None:
        services.meter.quotas.check_runs(Spender(project, key), open_runs.of_project, open_runs.of_key)
    plan = (await prepared(services, asked, making)).plan
    if strict:
        making.notes.refuse()
    run = DurableRun(plan, making.sources, services.seal(project))
    queued = run.enqueue()
    batch = Batch(0, len(queued.events.events) - 1, b"\n".join(map(_encode, queued.events.events)))
    new = NewRun(
        answer=queued.answer,
        events=batch,
        request=_encode(_without_input(asked)),
        state=run_state.encode(queued.state),
        secrets=_sealed(services, project, asked),
        upstream=plan.call.upstream,
        priority=priority_of(asked.request),
        caller=key,
    )
    await services.worker.begin(project, new, job_of(services, Spender(project, key), run))
    return _response(queued.answer.body)


def priority_of(request: CreateResponse) -> int:
    """How early it is taken up: by the tier that it asks for, and the window in which it is to be over."""
    options = request.background_options
    window = options.completion_window if options else None
    return TIERS.get(request.service_tier or "", 0) + WINDOWS.get(window or "", 0)


def job_of(services: Services, spender: Spender, run: DurableRun) -> Job:
    """A run, and what it is carried out with. What it uses counts for whoever asked, in whichever process."""
    delivering, project = services.delivering, spender.project

    def messages(status: str) -> list[Delivery]:
        return delivering.messages(project, (run.id, status), live())

    with spending(spender):
        observer = watching(services.watches, run, project)
    return Job(run, services.tools_of(project, run.id), observer, Telling(messages, delivering.ring))


def _without_input(asked: Asked) -> Kept:
    fields = {name: value for name, value in asked.fields.items() if name not in {"input", "stream", "stream_options"}}
    if asked.request.tools:
        fields["tools"] = msgspec.Raw(_encode([without_secrets(tool) for tool in asked.request.tools]))
    return Kept(fields, [(item.id, msgspec.Raw(item.raw)) for item in asked.template])


def _sealed(services: Services, project: str, asked: Asked) -> str | None:
    """The credentials of a request, sealed; None where it has none."""
    tools = asked.request.tools or []
    whole = _list(asked.fields["tools"]) if any(without_secrets(tool) != tool for tool in tools) else None
    holders = [item for item in asked.input if item.type in TOOL_HOLDERS]
    items = {item.id: msgspec.Raw(item.raw) for item in holders if item.stored().raw != item.raw}
    if whole is None and not items:
        return None
    return services.vault.seal(project, PURPOSE, _encode(Secrets(whole, items)))


async def taken_up(services: Services, stored: StoredRun) -> Job:
    """A run that was begun elsewhere, ready to go on. Raises `StoreFault` and `UpstreamFault`: it may go on later."""
    project, run_id = stored.project, stored.id
    state = run_state.decode(stored.state)
    saved = await services.store.get_answer(project, run_id)
    sources = services.sources_for("RESUME", f"{PATH}/{run_id}/{stored.fence}", b"")
    ending = ending_of(stored)
    try:
        asked = await _asked(services, stored)
        plan = (await prepared(services, asked, Making(Caller(project), sources, Notes()))).plan
    except (StoreFault, UpstreamFault):
        raise
    except AntiphonError as fault:
        plan, ending = Plan(_response(saved.body), CallUpstream("", {"messages": []})), ending or UpstreamFailed(fault)
    begun = msgspec.structs.replace(_response(saved.body), status="in_progress", output=[])
    seen = await _seen(services, stored, state.sequence, whole=ending is not None)
    resumption = Resumption(state, saved.output, seen, ending)
    run = DurableRun(replace(plan, response=begun), sources, services.seal(project), resumption)
    return job_of(services, Spender(project, stored.caller), run)


def ending_of(stored: StoredRun) -> Cancelled | UpstreamFailed | None:
    """Why it is to end at once instead of going on."""
    if stored.cancel:
        return Cancelled()
    if stored.fence > MOST_TAKINGS:
        often = f"This response was taken up {MOST_TAKINGS} times and never came to its end. The server's log says why."
        return UpstreamFailed(AntiphonError(often))
    return None


async def _asked(services: Services, stored: StoredRun) -> Asked:
    kept, secrets = _kept(stored.request), Secrets()
    if stored.secrets is not None:
        opened = services.vault.open(stored.project, PURPOSE, stored.secrets)
        if opened is None:
            raise ClientFault("The credentials of this response were sealed under a key that is gone. Ask again.")
        secrets = _secrets(opened)
    fields = kept.fields | ({"tools": msgspec.Raw(_encode(secrets.tools))} if secrets.tools is not None else {})
    request = msgspec.json.decode(_encode(fields), type=CreateResponse)
    items = [_whole(item, secrets) for item in await _input(services, stored)]
    template = tuple(stored_item(StoredItem(item_id, bytes(raw))) for item_id, raw in kept.template)
    return Asked(stored.id, request, fields, items, template)


def _whole(item: StoredItem, secrets: Secrets) -> Item:
    raw = secrets.items.get(item.id)
    return stored_item(item if raw is None else StoredItem(item.id, bytes(raw)))


async def _input(services: Services, stored: StoredRun) -> Sequence[StoredItem]:
    items: list[StoredItem] = []
    more = True
    while more:
        after = items[-1].id if items else None
        query = PageQuery(after=after, limit=PAGE, order="asc")
        page = await services.store.input_items(stored.project, stored.id, query)
        items += page.items
        more = page.has_more
    return items


async def _seen(services: Services, stored: StoredRun, since: int, *, whole: bool) -> Seen:
    """What clients saw since the run was kept last; or all of it."""
    events: list[dict[str, Any]] = []
    after, more = (-1 if whole else since - 1), True
    while more:
        log = await services.store.runs.events_after(stored.project, stored.id, after)
        for batch in log.batches:
            lines = batch.lines.split(b"\n")[max(after + 1 - batch.first, 0) :]
            events += [msgspec.json.decode(line) for line in lines]
            after = batch.last
        more = bool(log.batches)
    return seen_in(events, since)


async def remove(services: Services, project: str, response_id: str) -> None:
    """Delete a response; one that is still being made isn't made any further. Raises `NotFound`."""
    saved = await services.store.get_answer(project, response_id)
    services.worker.drop(project, response_id)
    await services.store.delete_answer(project, response_id)
    if saved.status in OPEN_STATUSES and saved.conversation_id is not None:
        await services.store.unlock_conversation(project, saved.conversation_id, response_id)


async def cancel(services: Services, project: str, response_id: str) -> SavedAnswer:
    """End a run, wherever it is carried out; gives its response.

    Raises `NotFound`, `InvalidRequest` for a response that isn't in the background, `Conflict` for one that has ended.
    """
    store, worker = services.store, services.worker
    saved = await store.get_answer(project, response_id)
    if not _response(saved.body).background:
        raise InvalidRequest(
            "Cannot cancel a synchronous response. Only one made with 'background': true can be cancelled; "
            "any other cannot be cancelled.",
            code="invalid_value",
            param="response_id",
        )
    if saved.status in OPEN_STATUSES:
        await store.runs.cancel(project, response_id)
        worker.stop(project, response_id)
        saved = await _ended(services, project, response_id)
    if saved.status not in OPEN_STATUSES | {"cancelled"}:
        # The first sentence is OpenAI's, for which clients look.
        raise Conflict(
            f"Cannot cancel a{'n' * saved.status.startswith('i')} {saved.status} response. It has ended and cannot be "
            "cancelled any more."
        )
    return saved


async def _ended(services: Services, project: str, response_id: str) -> SavedAnswer:
    """The response when its run has ended, which is taken from a worker that doesn't answer."""
    began, seized = time.monotonic(), False
    with services.store.signals.bell((project, response_id)) as bell:
        while True:
            saved = await services.store.get_answer(project, response_id)
            waited = time.monotonic() - began
            if saved.status not in OPEN_STATUSES or waited > PATIENCE:
                return saved
            if not seized and (waited > OVERDUE or await _unheld(services, project, response_id)):
                seized = True
                await services.worker.seize(project, response_id)
            await bell.wait(LOOK_EVERY)


async def _unheld(services: Services, project: str, response_id: str) -> bool:
    """Whether nobody is at work on it."""
    return (await services.store.runs.get(project, response_id)).owner is None
