"""One response: its items as a chat, its timeline, its events, its request; and what is done with it.

Not here: the list (`pages/responses.py`), what is taken away (`pages/taken.py`).
Counterparts: `chat.py`, `timeline.py`, `playback.py`, `code.py`.
"""

import json
from dataclasses import asdict
from difflib import unified_diff
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from antiphon.console.branches import Branch, grow
from antiphon.console.chat import entries, picture
from antiphon.console.code import CODES
from antiphon.console.code import request_of as as_request
from antiphon.console.desk import Desk, api_of
from antiphon.console.growing import grown
from antiphon.console.pages.responses import object_of
from antiphon.console.playback import MOST, events
from antiphon.console.texts import text_of
from antiphon.console.timeline import timeline
from antiphon.errors import NotFound
from antiphon.runner.timeline import Span, Timeline
from antiphon.sources import live
from antiphon.store.base import SavedAnswer
from antiphon.store.pages import PageQuery
from antiphon.wire.answers import StoredItem

SIZE = 50
MOST_STEPS = 200
LONGEST = 15_000
DIGITS = 7
CHILDREN = 20
KEPT_FOR_EVER = "private, max-age=3600, immutable"


def routes(desk: Desk) -> list[BaseRoute]:
    """The routes of this page."""
    path = "/responses/{id}"
    ways = (
        ("", _show), ("/timeline", _follow), ("/events.json", _played),
        ("/output", _output), ("/items", _leaf), ("/compare/{other}", _compare),
    )  # fmt: skip
    return [
        *(Route(path + more, partial(answer, desk)) for more, answer in ways),
        Route("/items/{item}/images/{number:int}", partial(_image, desk)),
    ]


async def _follow(desk: Desk, request: Request) -> Response:
    """The timeline while it grows."""
    found = _remembered(desk, request)
    if found is None:
        raise NotFound("Nothing is remembered of when this response did what.")

    return StreamingResponse(grown(found, live().clock, desk.services.open_runs), media_type="text/event-stream")


async def _played(desk: Desk, request: Request) -> Response:
    """The events with their times."""
    found = _remembered(desk, request)
    sent = events(found.written, found.began) if found else []
    return JSONResponse({"events": [asdict(one) for one in sent[:MOST]], "whole": bool(found and found.whole)})


async def _output(desk: Desk, request: Request) -> Response:
    """The items of the answer alone, to be put into another page."""
    saved = await desk.services.store.get_answer(desk.project(request), request.path_params["id"])
    shown = entries(list(saved.output)[-SIZE:])
    return HTMLResponse(desk.render(request, "output.html", saved=saved, entries=shown))


async def _leaf(desk: Desk, request: Request) -> Response:
    """A page of the items alone, to be put below those before it."""
    saved = await desk.services.store.get_answer(desk.project(request), request.path_params["id"])
    shown, _ = await _items(desk, request, saved)
    return HTMLResponse(desk.render(request, "leaf.html", saved=saved, **shown))


async def _items(desk: Desk, request: Request, saved: SavedAnswer) -> tuple[dict[str, Any], list[StoredItem]]:
    """The page of items that is asked for, and what was put in, as far as it was read for that."""
    said = request.query_params.get("at", "0")
    at = int(said) if said.isdecimal() and len(said) < DIGITS else 0
    given = await _input(desk, request, at + SIZE + 1)
    items = [*given, *saved.output][at : at + SIZE + 1]
    return {"entries": entries(items[:SIZE]), "at": at, "size": SIZE, "more": len(items) > SIZE}, given


async def _image(desk: Desk, request: Request) -> Response:
    """An image that stands in an item."""
    item = await desk.services.store.find_item(desk.project(request), request.path_params["item"])
    found = picture(item, request.path_params["number"])
    if found is None:
        raise NotFound("There is no such image in this item.")
    return Response(found.data, media_type=found.media, headers={"cache-control": KEPT_FOR_EVER})


async def _show(desk: Desk, request: Request) -> Response:
    found = _remembered(desk, request)
    try:
        saved = await desk.services.store.get_answer(desk.project(request), request.path_params["id"])
    except NotFound:
        if found is None:
            raise
        return desk.page(request, "response_live.html", run=found, **_drawn(found))
    shown, given = await _items(desk, request, saved)
    body = object_of(saved.body)
    return desk.page(
        request,
        "response.html",
        saved=saved,
        body=body,
        children=await _children(desk, request, saved),
        codes=_codes(body, given, api_of(request)) if shown["at"] == 0 and len(given) <= SIZE else [],
        usage=body.get("usage") or {},
        error=body.get("error") or {},
        models=[model.id for model in desk.services.catalog.known_models()],
        **shown,
        **(_drawn(found) if found else _stored_only(saved, body)),
    )


def _remembered(desk: Desk, request: Request) -> Timeline | None:
    recent = desk.services.recent
    return recent.find(desk.project(request), request.path_params["id"]) if recent else None


def _drawn(found: Timeline) -> dict[str, Any]:
    """The timeline as it is now."""
    until = found.end or live().clock()
    return {
        "drawing": timeline(found.spans, found.began, until, live=found.end is None),
        "running": found.end is None,
        "remembered": True,
        "events": bool(found.written),
        "first": None if found.first is None else found.first - found.began,
        "took": until - found.began,
        "steps": [(span, span.end or until) for span in found.spans[:MOST_STEPS]],
    }


def _stored_only(saved: SavedAnswer, body: dict[str, Any]) -> dict[str, Any]:
    """What the store alone knows of the time."""
    completed = body.get("completed_at")
    end = float(completed) if isinstance(completed, int | float) else None
    spans = [Span("turn", saved.model, saved.created_at, saved.created_at, saved.created_at, end)] if end else []
    return {
        "drawing": timeline(spans, saved.created_at, end) if end else "",
        "running": False,
        "remembered": False,
        "events": False,
        "first": None,
        "took": None if end is None else end - saved.created_at,
        "steps": [],
    }


async def _input(desk: Desk, request: Request, most: int) -> list[StoredItem]:
    query = PageQuery(limit=most, order="asc")
    page = await desk.services.store.input_items(desk.project(request), request.path_params["id"], query)
    return page.items


async def _children(desk: Desk, request: Request, saved: SavedAnswer) -> list[Branch]:
    """What continues this one, and what continues that."""
    root = Branch(saved.id, "")
    await grow(desk.services.store.lists, desk.project(request), [root], CHILDREN)
    return root.children


def _codes(body: dict[str, Any], given: list[StoredItem], api: str) -> list[tuple[str, str]]:
    """The request as code; one that is too long for a page isn't shown."""
    request = as_request(body, [json.loads(item.raw) for item in given])
    written = [(name, write(request, api)) for name, write in CODES]
    return written if all(len(text) < LONGEST for _, text in written) else []


async def _compare(desk: Desk, request: Request) -> Response:
    """Two responses side by side, and the lines in which their answers differ."""
    store, project = desk.services.store, desk.project(request)
    sides = [await store.get_answer(project, request.path_params[name]) for name in ("id", "other")]
    one, two = ("\n".join(text_of(item) for item in side.output).splitlines() for side in sides)
    diff = list(unified_diff(one, two, lineterm="", n=2))[2:]
    shown = [
        {"saved": side, "body": object_of(side.body), "entries": entries(list(side.output)[:SIZE])} for side in sides
    ]
    return desk.page(request, "compare.html", sides=shown, diff=diff[:MOST])
