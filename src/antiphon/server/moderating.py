"""Who judges where a request asks for moderation.

Not here: what is judged (`engine/moderating.py`), and by whom everything is judged that the operator says
(`upstream/guarded.py`).
"""

from antiphon.server.callers import Caller
from antiphon.upstream.catalog import Catalog
from antiphon.upstream.rails import Guardrails
from antiphon.wire.moderation import ModerationOptions


async def judge_for(
    options: ModerationOptions | None, catalog: Catalog, caller: Caller, rails: Guardrails | None
) -> str | None:
    """The full id of the model that judges, None where nobody does.

    That is the model that the request names, where an upstream has it and the caller may use it; else the judge of the
    operator's guardrails. Raises `InvalidRequest` where several upstreams have the model.
    """
    if options is None:
        return None
    named = await catalog.named(options.model)
    if named is not None and caller.may_ask(named):
        return named.full_id
    return rails.model if rails else None
