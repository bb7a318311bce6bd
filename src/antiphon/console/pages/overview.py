"""The overview: how the server does now. Counterpart: `figures.py`, the numbers."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from antiphon.console.desk import Desk
from antiphon.console.figures import COLUMNS, LIMITS, SPAN, pulse
from antiphon.console.live import Part, watch
from antiphon.console.plots import columns
from antiphon.console.rendering import duration
from antiphon.runner.timeline import Timeline
from antiphon.sources import live

EVERY = 1.0
COLUMN = SPAN / COLUMNS
AGING = 5.0
"""Seconds after which figures over the last minutes are others, though nothing has happened."""
NEVER: tuple[Timeline, ...] = ()


def routes(desk: Desk) -> list[BaseRoute]:
    """The routes of this page."""

    async def show(request: Request) -> Response:
        return desk.page(request, "overview.html", **_now(desk, request))

    async def follow(request: Request) -> Response:
        async def render() -> str:
            return desk.render(request, "pulse.html", **_now(desk, request))

        return watch(Part(lambda: _mark(desk), render), desk.services.open_runs, EVERY)

    return [Route("/", show), Route("/pulse", follow)]


def _mark(desk: Desk) -> tuple[object, ...]:
    """Changes with each run that begins or ends, and as long as figures age; how long a run takes, the page counts."""
    recent, now = desk.services.recent, live().clock()
    health = [(one.asked, one.models, one.error) for one in desk.services.catalog.known_health()]
    if recent is None:
        return tuple(health)
    aging = bool(recent.ended) and now - recent.ended[-1].at < SPAN + COLUMN
    return recent.changes, int(now / AGING) if aging else 0, *health


def _now(desk: Desk, request: Request) -> dict[str, Any]:
    now, recent = live().clock(), desk.services.recent
    project = desk.project(request)
    ended = list(recent.figures(project, now - SPAN)) if recent else []
    figures = pulse(ended, now)
    names = [f"≤ {duration(limit)}" for limit in LIMITS] + [f"> {duration(LIMITS[-1])}"]
    notes = [f"{name}: {count}" for name, count in zip(names, figures.histogram, strict=True)]
    waited = f"Time to first token of {sum(figures.histogram)} runs"
    made = f"Runs that ended in the last {SPAN // 60} minutes, {SPAN // COLUMNS} seconds a column"
    ages = [f"{SPAN // 60} min ago", "now"]
    open_ = recent.open(project) if recent else NEVER
    return {
        "health": desk.services.catalog.known_health(),
        "now": now,
        "pulse": figures,
        "open": open_,
        "streams": sum(run.streamed for run in open_),
        "histogram": columns(
            figures.histogram, [duration(LIMITS[0]), duration(LIMITS[5]), f"> {duration(LIMITS[-1])}"], waited, notes
        ),
        "rates": columns(figures.rates, ages, made),
        "speeds": columns(figures.speeds, ages, f"Tokens a second of these runs, {SPAN // COLUMNS} seconds a column"),
        "minutes": SPAN // 60,
    }
