"""Which models a caller may use: the one rule for every path on which a model is named.

Where a caller may not use all of them, a model that it may not use is answered like one that nobody has. Not here:
where a model lives (`upstream/catalog.py`).
"""

from antiphon.errors import InvalidRequest, NotFound
from antiphon.server.callers import Caller
from antiphon.upstream.catalog import Catalog, Target
from antiphon.wire.models import Model


async def target_for(catalog: Catalog, caller: Caller, model: str) -> Target:
    """Where a caller's request for a model goes. Raises `NotFound`, `InvalidRequest`."""
    if caller.models is None:
        return await catalog.resolve(model)
    try:
        target = await catalog.resolve(model)
    except (NotFound, InvalidRequest):
        # What is said of the others, such as the nearest names, isn't for everyone.
        raise _no_model(model) from None
    if not caller.may_ask(target):
        raise _no_model(model)
    return target


def shown_to(catalog: Catalog, caller: Caller, models: list[Model]) -> list[Model]:
    """Those of the listed models that a caller may use."""
    if caller.models is None:
        return models
    return [model for model in models if caller.may_ask(_listed(catalog, model))]


def _listed(catalog: Catalog, model: Model) -> Target:
    name, _, rest = model.id.partition("/")
    return Target(catalog.upstream(name), rest)


def _no_model(model: str) -> NotFound:
    return NotFound(
        f"The model {model!r} does not exist or you do not have access to it. GET /v1/models lists those you have.",
        code="model_not_found",
        param="model",
    )
