"""`GET /v1/usage`: what the caller's project used, by model and day.

Counted where the server was started with `--usage`. Not here: counting (`seen/usage.py`), rows (`store/usage.py`).
"""

import re

import msgspec
from starlette.requests import Request
from starlette.responses import Response as HttpResponse
from starlette.routing import BaseRoute, Route

from antiphon.errors import InvalidRequest, NotFound
from antiphon.server.callers import project_of
from antiphon.server.json import json_response
from antiphon.server.paging import MAX_DIGITS
from antiphon.server.services import Services
from antiphon.store.usage import COUNTS, Asked, Used
from antiphon.wire.usage import UsageList, UsageRow

PATH = "/v1/usage"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
MOST = 10_000


def routes(services: Services) -> list[BaseRoute]:
    """The routes of this noun."""

    async def get(request: Request) -> HttpResponse:
        counter = services.seen.counter
        if counter is None:
            raise NotFound("Usage isn't counted here. Start the server with --usage.", code="usage_not_counted")
        await counter.flush()
        rows = await services.store.usage.read(project_of(request.scope), _asked(request))
        return json_response(UsageList(data=[_row(row) for row in rows]))

    return [Route(PATH, get, methods=["GET"])]


def _asked(request: Request) -> Asked:
    said = request.query_params
    limit = said.get("limit", "1000")
    if not limit.isdecimal() or len(limit) > MAX_DIGITS or not 1 <= int(limit) <= MOST:
        raise InvalidRequest(f"'limit' must be a number from 1 to {MOST}.", param="limit")
    for name in ("start_date", "end_date"):
        if name in said and not DAY.fullmatch(said[name]):
            raise InvalidRequest(f"'{name}' must be a day such as 2026-03-09.", param=name)
    return Asked(
        first=said.get("start_date", Asked().first),
        last=said.get("end_date", Asked().last),
        model=said.get("model"),
        limit=int(limit),
    )


def _row(row: Used) -> UsageRow:
    counts = {name: getattr(row, name) for name in COUNTS if name != "cost"}
    return msgspec.convert({**counts, "date": row.day, "model": row.model, "cost": row.cost / 1e6}, UsageRow)
