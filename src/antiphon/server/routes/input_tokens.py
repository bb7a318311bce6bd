"""`POST /v1/responses/input_tokens`: how many tokens a request would be, without asking the model.

Counted by the upstream's own tokenizer where it has one to ask; else estimated, which a header says. Not here: the
counting (`upstream/measuring.py`), the estimate (`engine/tokens.py`). Source: API reference, "Count input tokens".
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response as HttpResponse
from starlette.routing import Route

from antiphon.engine.commands import Measure
from antiphon.engine.notes import Notes
from antiphon.engine.prepare import read_request
from antiphon.engine.tokens import estimate
from antiphon.server.callers import caller_of
from antiphon.server.creating import PATH, Making, prepared
from antiphon.server.errors import JSON
from antiphon.server.limits import read_json_body
from antiphon.server.services import Services


class InputTokens(msgspec.Struct):
    """The answer."""

    input_tokens: int
    object: str = "response.input_tokens"


def routes(services: Services) -> list[Route]:
    """The routes of this noun."""

    async def count(request: Request) -> HttpResponse:
        body = await read_json_body(request.scope, request.receive, services.config.max_body)
        sources, notes = services.sources_for("POST", f"{PATH}/input_tokens", body), Notes()
        making = Making(caller_of(request.scope), sources, notes)
        call = (await prepared(services, read_request(body, sources), making)).plan.call
        told = await services.aids.measurer.measure(Measure(call, count=True, window=False))
        tokens = told.tokens
        if tokens is None:
            notes.approximated.append("input_tokens")
            tokens = estimate(call.body["messages"], call.body.get("tools") or [])
        return HttpResponse(msgspec.json.encode(InputTokens(tokens)), media_type=JSON, headers=notes.headers())

    return [Route(f"{PATH}/input_tokens", count, methods=["POST"])]
