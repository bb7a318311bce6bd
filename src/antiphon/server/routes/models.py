"""`/v1/models`: what the upstreams have; `/v1/health` and `/v1/ready`. Source: API reference, "Models"."""

import asyncio
import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from antiphon.errors import ServerStopping, StoreFault
from antiphon.server.allowed import shown_to, target_for
from antiphon.server.callers import caller_of
from antiphon.server.errors import JSON
from antiphon.server.json import json_response
from antiphon.server.services import Services
from antiphon.wire.models import ListedModel, Model, ModelList, ModelMetadata, ModelType

EMBEDDINGS = re.compile(r"embed|(?:^|[/_-])(?:bge|e5|gte|minilm)(?![a-z])", re.IGNORECASE)
"""Names of models that make embeddings: their servers don't say what a model is for."""
READY_SECONDS = 2.0
"""For the store to answer: whoever asks waits a few seconds at most."""
READY = b'{"status":"ready"}'
HEALTH = b'{"status":"OK"}'


def routes(services: Services) -> list[Route]:
    """The routes of this noun."""

    async def listed(request: Request) -> Response:
        models = shown_to(services.catalog, caller_of(request.scope), await services.catalog.models())
        return json_response(ModelList([_listed(model) for model in models]))

    async def one(request: Request) -> Response:
        asked = request.path_params["id"]
        models = {model.id: model for model in await services.catalog.models()}
        target = await target_for(services.catalog, caller_of(request.scope), asked)
        model = models.get(target.full_id) or Model(id=target.full_id, created=0, owned_by=target.upstream.name)
        return json_response(_listed(model))

    async def health(_: Request) -> Response:
        return Response(HEALTH, media_type=JSON)

    async def ready(_: Request) -> Response:
        if services.open_runs.closing:
            raise ServerStopping("The server stops and takes no more work.")
        try:
            async with asyncio.timeout(READY_SECONDS):
                await services.store.deliveries.next_due()
        except TimeoutError:
            raise StoreFault(f"The store sent no answer within {READY_SECONDS:g} s.") from None
        return Response(READY, media_type=JSON)

    return [
        Route("/v1/ready", ready, methods=["GET"]),
        Route("/v1/models", listed, methods=["GET"]),
        Route("/v1/models/{id:path}", one, methods=["GET"]),
        Route("/v1/health", health, methods=["GET"]),
    ]


def _listed(model: Model) -> ListedModel:
    upstream, _, name = model.id.partition("/")
    kind: ModelType = "embedding" if EMBEDDINGS.search(name) else "llm"
    return ListedModel(
        id=model.id,
        created=model.created,
        owned_by=model.owned_by,
        identifier=model.id,
        model_type=kind,
        provider_id=upstream,
        provider_resource_id=name,
        custom_metadata=ModelMetadata(model_type=kind, provider_id=upstream, provider_resource_id=name),
    )
