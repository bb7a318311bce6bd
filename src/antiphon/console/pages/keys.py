"""Usage by day and model, of one's own project; for `admin` of all, with the keys and the log of who changed them.

A key is shown once, on the page that answers the form. Counterparts: `making_keys.py`, for forms; `seen/usage.py`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from antiphon.console.desk import Desk, to
from antiphon.console.making_keys import GRACE, LASTS, MakingKeys
from antiphon.console.plots import columns, share
from antiphon.console.rendering import count
from antiphon.keys import ADMIN, ALL, SCOPES, USUAL, NewKey
from antiphon.server.callers import DEFAULT, caller_of
from antiphon.sources import chance, live
from antiphon.store.keys import StoredKey
from antiphon.store.usage import Asked, Used, summed

DAYS = 30
MICRO = 1e6
ACTS = 50


def routes(desk: Desk) -> list[BaseRoute]:
    """The routes of this page."""

    async def usage(request: Request) -> Response:
        counter = desk.services.seen.counter
        rows = await _used(desk, request) if counter is not None else []
        return desk.page(request, "usage.html", counted=counter is not None, **told(rows, live().clock()))

    async def keys(request: Request) -> Response:
        return await _keys(desk, request)

    async def make(request: Request) -> Response:
        await desk.sessions.check(request)
        first = desk.services.access.open
        made = await _making(desk, request).make(await request.form())
        if first:
            # The server isn't open any more: whoever made its first key goes on with it.
            desk.sessions.begin(request, made.text)
        return await _keys(desk, request, made)

    async def rotate(request: Request) -> Response:
        await desk.sessions.check(request)
        hours = str((await request.form()).get("hours", ""))
        return await _keys(desk, request, await _making(desk, request).rotate(request.path_params["id"], hours))

    async def revoke(request: Request) -> Response:
        await desk.sessions.check(request)
        await _making(desk, request).revoke(request.path_params["id"])
        return to("/keys")

    return [
        Route("/usage", usage),
        Route("/keys", keys, methods=["GET"]),
        Route("/keys", make, methods=["POST"]),
        Route("/keys/{id}/rotate", rotate, methods=["POST"]),
        Route("/keys/{id}/revoke", revoke, methods=["POST"]),
    ]


def _making(desk: Desk, request: Request) -> MakingKeys:
    actor = f"console, key {caller_of(request.scope).key or 'none'}"
    return MakingKeys(desk.services.store.keys, actor, live().now(), chance)


async def _keys(desk: Desk, request: Request, made: NewKey | None = None) -> Response:
    """The page; `made` is a new key, to be shown this once."""
    kept, now = desk.services.store.keys, live().clock()
    rows = [(key, state(key, now)) for key in await kept.all()]
    return desk.page(
        request,
        "keys.html",
        keys=rows,
        acts=(await kept.acts(ACTS)).items,
        made=made,
        scopes=SCOPES,
        usual=USUAL if rows else ALL,
        lasts=LASTS,
        grace=GRACE,
        projects=sorted({DEFAULT, *(key.project for key, _ in rows)}),
    )


async def _used(desk: Desk, request: Request) -> list[Used]:
    """The rows of the last days: the project's, or all of them."""
    services, own = desk.services, desk.project(request)
    if services.seen.counter is not None:
        await services.seen.counter.flush()
    first = datetime.fromtimestamp(live().clock(), UTC) - timedelta(days=DAYS - 1)
    projects = {own}
    if ADMIN in caller_of(request.scope).scopes:
        projects |= {DEFAULT, *(key.project for key in await services.store.keys.all())}
    asked = Asked(first=first.date().isoformat(), limit=10_000)
    return [row for project in sorted(projects) for row in await services.store.usage.read(project, asked)]


def told(rows: Sequence[Used], now: float) -> dict[str, Any]:
    """Plots by day and a table by project and model."""
    today = datetime.fromtimestamp(now, UTC).date()
    days = [(today - timedelta(days=back)).isoformat() for back in range(DAYS - 1, -1, -1)]
    tokens = [sum(row.input_tokens + row.output_tokens for row in rows if row.day == day) for day in days]
    costs = [sum(row.cost for row in rows if row.day == day) / MICRO for day in days]
    labels = [days[0][5:], days[DAYS // 2][5:], "today"]
    by_model = summed([Used(**{**_members(row), "day": ""}) for row in rows])
    return {
        "tokens": columns(tokens, labels, f"Tokens by day, {DAYS} days", _notes(days, [count(one) for one in tokens])),
        "costs": columns(
            costs, labels, f"Cost by day, {DAYS} days", _notes(days, [f"{one:.4f}" for one in costs]), "{:.2f}".format
        ),
        "rows": _shared(sorted(by_model, key=lambda row: -(row.input_tokens + row.output_tokens))),
        "sum_tokens": sum(tokens),
        "sum_cost": sum(costs),
        "requests": sum(row.requests for row in rows),
        "failed": sum(row.failed for row in rows),
        "days": DAYS,
        "micro": MICRO,
    }


def _shared(rows: Sequence[Used]) -> list[tuple[Used, Markup, Markup]]:
    """Each with bars: its share of tokens and of costs, measured by the largest."""
    tokens = [row.input_tokens + row.output_tokens for row in rows]
    most, dearest = max(tokens, default=0), max((row.cost for row in rows), default=0)
    return [(row, share(used, most), share(row.cost, dearest)) for row, used in zip(rows, tokens, strict=True)]


def state(key: StoredKey, now: float) -> str:
    """How a key stands."""
    if key.revoked_at is not None:
        return "revoked"
    return "good" if key.valid(now) else "expired"


def _members(row: Used) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__struct_fields__}


def _notes(days: Sequence[str], values: Sequence[str]) -> list[str]:
    return [f"{day}: {value}" for day, value in zip(days, values, strict=True)]
