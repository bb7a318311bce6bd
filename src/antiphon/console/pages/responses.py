"""The list of responses, and what is done with one: deleted, taken as a cassette, compared with another.

Not here: the page of one response (`pages/response.py`). Counterpart: `store/lists.py`.
"""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from antiphon.console.desk import Desk, to
from antiphon.console.texts import text_of
from antiphon.errors import InvalidRequest
from antiphon.runner.timeline import Timeline
from antiphon.store.lists import Chosen, ListedResponse

STATUSES = ("completed", "in_progress", "queued", "incomplete", "failed", "cancelled")
FILTERS = ("status", "model", "conversation", "previous", "text", "since", "until")
SIZE = 50


def routes(desk: Desk) -> list[BaseRoute]:
    """The routes of this page."""

    async def show(request: Request) -> Response:
        said = {name: request.query_params.get(name, "").strip() for name in FILTERS}
        before = request.query_params.get("before")
        project = desk.project(request)
        found = await desk.services.store.lists.responses(project, chosen(said), before, SIZE)
        models = [model.id for model in desk.services.catalog.known_models()]
        recent = desk.services.recent
        older = urlencode({name: value for name, value in said.items() if value} | {"before": found.older or ""})
        return desk.page(
            request,
            "responses.html",
            rows=[row_of(row, recent.find(project, row.id) if recent else None) for row in found.rows],
            said=said,
            filtered=any(said.values()),
            older=older if found.older else None,
            before=before,
            models=models,
            statuses=STATUSES,
            open=recent.open(project) if recent else [],
        )

    async def delete(request: Request) -> Response:
        await desk.sessions.check(request)
        await desk.services.store.delete_answer(desk.project(request), request.path_params["id"])
        return to("/responses")

    return [
        Route("/responses", show),
        Route("/responses/{id}/delete", delete, methods=["POST"]),
    ]


def chosen(said: dict[str, str]) -> Chosen:
    """The filter of a query. Raises `InvalidRequest` for a day that is none."""
    until = day(said["until"], "until")
    return Chosen(
        status=said["status"] or None,
        model=said["model"] or None,
        conversation=said["conversation"] or None,
        previous=said["previous"] or None,
        text=said["text"] or None,
        since=day(said["since"], "since"),
        until=None if until is None else until + int(timedelta(days=1).total_seconds()) - 1,
    )


def day(text: str, name: str) -> int | None:
    """The first second of a day, in UTC; None without one. Raises `InvalidRequest`."""
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise InvalidRequest(f"'{name}' must be a day such as 2026-03-31, not '{text}'.", param=name) from None
    return int(datetime(found.year, found.month, found.day, tzinfo=UTC).timestamp())


def row_of(row: ListedResponse, known: Timeline | None = None) -> dict[str, Any]:
    """A response as the list shows it; how long it took to the millisecond where that is `known`."""
    body = object_of(row.body)
    usage = body.get("usage") or {}
    took = known.end - known.began if known and known.end else None
    completed = body.get("completed_at")
    if took is None and isinstance(completed, int | float):
        took = completed - row.created_at
    error = body.get("error") or {}
    return {
        "id": row.id,
        "created_at": row.created_at,
        "status": row.status,
        "model": row.model,
        "asked": text_of(row.asked),
        "error": error.get("message", "") if isinstance(error, dict) else "",
        "tokens_in": usage.get("input_tokens"),
        "tokens_out": usage.get("output_tokens"),
        "took": took,
        "conversation": row.conversation_id,
        "previous": row.previous_response_id,
    }


def object_of(body: bytes) -> dict[str, Any]:
    """The JSON object of a stored response."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
