"""From a request for a response to its plan: its model's place, what came before it, its seals opened.

Not here: HTTP (`routes/responses.py`), WebSocket (`sockets/`), what a plan is made of (`engine/prepare.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from antiphon.engine.dialects import dialect
from antiphon.engine.input import Item
from antiphon.engine.notes import Notes
from antiphon.engine.plan import Plan
from antiphon.engine.prepare import Asked, Place, make_plan
from antiphon.engine.seals import opened
from antiphon.engine.traits import traits_of
from antiphon.runner.history import history, with_references
from antiphon.server.allowed import target_for
from antiphon.server.callers import Caller
from antiphon.server.code_containers import check_containers
from antiphon.server.moderating import judge_for
from antiphon.server.pictures import check_pictures
from antiphon.server.services import Services
from antiphon.server.vector_stores import check_searches
from antiphon.sources import Sources

PATH = "/v1/responses"


@dataclass(frozen=True, slots=True)
class Making:
    """What a request is made ready with: who asks, time and ids, and where to note what can't be honoured."""

    caller: Caller
    sources: Sources
    notes: Notes


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan, and the items it was made from: those before the request and its own."""

    plan: Plan
    items: Sequence[Item]


async def prepared(services: Services, asked: Asked, making: Making, before: Sequence[Item] | None = None) -> Prepared:
    """Make a request ready. `before` are the items before it where they are known; else the store is asked.

    Raises `NotFound`, `InvalidRequest`; what can't be honoured is added to the notes.
    """
    project, sources, notes = making.caller.project, making.sources, making.notes
    seal = services.seal(project)
    target = await target_for(services.catalog, making.caller, asked.request.model or "")
    context = list(before) if before is not None else await history(services.store, project, asked)
    given = await with_references(services.store, project, asked.input, context)
    context = opened(context, seal, notes, own=True)
    items = opened(given, seal, notes)
    speech, attaching = dialect(target.upstream.dialect), services.attaching
    attached = await attaching.attached(project, [*asked.template, *items], context, speech, notes)
    files = await attaching.of_tools(project, asked.request.tools) if asked.request.tools else {}
    asked = replace(asked, input=items, attached=attached, files=files)
    traits = traits_of(target.full_id, services.config.models)
    # What a server lists isn't on a tape: there, only what the operator says may decide.
    window = traits.context or (None if services.tape else services.catalog.window(target))
    place = Place(target.upstream.name, target.model, speech, traits, window)
    judge = await judge_for(asked.request.moderation, services.catalog, making.caller, services.config.guardrails)
    own = services.own(project) if judge is None else replace(services.own(project), judge=judge)
    plan = make_plan(asked, context, place, sources, notes, own)
    check_pictures(plan.call.body, services.outward)
    if plan.bindings:
        await check_containers(services, project, plan)
        await check_searches(services.retrieval, project, plan)
    return Prepared(plan, [*context, *asked.input])
