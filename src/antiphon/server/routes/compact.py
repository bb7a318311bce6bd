"""`POST /v1/responses/compact`: a conversation made short, to be gone on from.

The model is asked for a summary; the item with it is sealed, and good as input and through `previous_response_id`. Not
here: what the item holds (`engine/compaction.py`). Source: API reference, "Compact a response".
"""

from dataclasses import replace

import msgspec
from starlette.requests import Request
from starlette.responses import Response as HttpResponse
from starlette.routing import Route

from antiphon.engine.compaction import ASKED, Said, compacted, summary_in
from antiphon.engine.input import read_input
from antiphon.engine.notes import Notes
from antiphon.engine.past import stored_items
from antiphon.engine.prepare import Asked, read_request
from antiphon.engine.run import Run
from antiphon.errors import UpstreamGarbage
from antiphon.seen.context import REQUEST_ID
from antiphon.server.answering import final_response
from antiphon.server.callers import caller_of
from antiphon.server.creating import PATH, Making, prepared
from antiphon.server.errors import JSON
from antiphon.server.limits import read_json_body
from antiphon.server.services import Services
from antiphon.sources import Sources
from antiphon.wire.answers import Answer
from antiphon.wire.items import Compaction
from antiphon.wire.responses import Response, Usage

_encode = msgspec.json.Encoder().encode


class CompactedResponse(msgspec.Struct):
    """The answer: the messages of the user's that stay, and the item, which holds them too, sealed with the summary."""

    id: str
    created_at: int
    output: list[msgspec.Raw]
    usage: Usage | None
    object: str = "response.compaction"


def routes(services: Services) -> list[Route]:
    """The routes of this noun."""

    async def compact(request: Request) -> HttpResponse:
        body = await read_json_body(request.scope, request.receive, services.config.max_body)
        sources, notes = services.sources_for("POST", f"{PATH}/compact", body), Notes()
        request.scope[REQUEST_ID] = sources.ids("req")
        asked = _asking_for_summary(read_request(body, sources), sources)
        caller = caller_of(request.scope)
        seal = services.seal(caller.project)
        ready = await prepared(services, asked, Making(caller, sources, notes))
        run = Run(ready.plan, sources, seal)
        response, headers = await final_response(run, services, request.scope, request.receive)
        if response is None:
            return HttpResponse()
        view = compacted(ready.items[:-1], _summary(response))
        item = _encode(Compaction(sources.ids("cmp"), seal.close(_encode(view).decode())))
        kept = [msgspec.Raw(item)]
        await services.store.save_answer(caller.project, _answer(response, kept))
        output = [*(_message(said, sources) for said in view.said), *kept]
        answer = CompactedResponse(response.id, response.created_at, output, response.usage)
        return HttpResponse(_encode(answer), media_type=JSON, headers={**notes.headers(), **headers})

    return [Route(f"{PATH}/compact", compact, methods=["POST"])]


def _asking_for_summary(asked: Asked, sources: Sources) -> Asked:
    """The same conversation with a last request, which is kept nowhere."""
    request = msgspec.structs.replace(asked.request, store=False, tools=None, tool_choice=None, text=None)
    return replace(asked, request=request, input=[*asked.input, *read_input(ASKED, sources)])


def _message(said: Said, sources: Sources) -> msgspec.Raw:
    content = [{"type": "input_text", "text": said}] if isinstance(said, str) else said
    head = {"type": "message", "id": sources.ids("msg"), "status": "completed", "role": "user"}
    return msgspec.Raw(_encode({**head, "content": content}))


def _summary(response: Response) -> str:
    """What the model wrote. Raises `UpstreamGarbage` for nothing."""
    summary = summary_in(response.output)
    if response.status != "completed" or not summary:
        why = response.error.message if response.error else "It wrote nothing, or broke off."
        raise UpstreamGarbage(f"The model didn't summarise the conversation: {why}")
    return summary


def _answer(response: Response, output: list[msgspec.Raw]) -> Answer:
    """Kept so that `previous_response_id` can name it; what came before isn't part of it any more."""
    kept = msgspec.structs.replace(response, output=[], store=True, previous_response_id=None, conversation=None)
    return Answer(
        id=response.id,
        created_at=response.created_at,
        status=response.status,
        model=response.model,
        body=_encode(kept),
        output=tuple(stored_items(output)),
    )
