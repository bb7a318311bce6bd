"""The cassette of this server: its interactions, what was used of them, the last misses; and one interaction in full.

Counterparts: `ruling.py`, what becomes of a miss; `terminal/cassette.py`, the same for a terminal.
"""

import asyncio
from collections import Counter
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from antiphon.cassettes.interaction import Chunk, Interaction
from antiphon.cassettes.telling import answer_text, request_line
from antiphon.cassettes.transport import CassetteTransport
from antiphon.console.desk import Desk, to
from antiphon.console.plots import strip
from antiphon.console.rendering import duration
from antiphon.console.ruling import add_rules, explained, writable
from antiphon.errors import NotFound

SIZE = 50
CHUNKS = 400
PREVIEW = 400
COUNTED = 20_000
"""Interactions whose scopes are counted."""


def routes(desk: Desk) -> list[BaseRoute]:
    """The routes of this page."""

    async def show(request: Request) -> Response:
        tape = desk.services.tape
        if tape is None:
            return desk.page(request, "no_cassette.html")
        return desk.page(request, "cassettes.html", **_listed(desk, tape, request))

    async def one(request: Request) -> Response:
        tape, number = _tape(desk), request.path_params["number"]
        if not 1 <= number <= len(tape.cassette):
            raise NotFound(f"The cassette has {len(tape.cassette)} interactions, and none of the number {number}.")
        found = await asyncio.to_thread(_in_full, tape.cassette.interactions[number - 1])
        return desk.page(request, "interaction.html", number=number, last=len(tape.cassette), **found)

    async def rule(request: Request) -> Response:
        await desk.sessions.check(request)
        tape = _tape(desk)
        said = str((await request.form()).get("miss", ""))
        missed = [each for number, each in enumerate(tape.missed) if str(number) == said]
        if not missed or not (rules := explained(tape, missed[0]).rules):
            raise NotFound("This miss isn't remembered any more, or no rule mends it. Look at the list again.")
        await asyncio.to_thread(add_rules, tape, desk.services.config, rules)
        return to("/cassettes?ruled=1")

    return [
        Route("/cassettes", show),
        Route("/cassettes/rule", rule, methods=["POST"]),
        Route("/cassettes/{number:int}", one),
    ]


def _tape(desk: Desk) -> CassetteTransport:
    if desk.services.tape is None:
        raise NotFound("This server has no cassette. Start it with --cassette PATH.")
    return desk.services.tape


def _listed(desk: Desk, tape: CassetteTransport, request: Request) -> dict[str, Any]:
    cassette, config = tape.cassette, desk.services.config
    said, scope = request.query_params, request.query_params.get("scope")
    at = int(said["at"]) if said.get("at", "").isdecimal() and len(said["at"]) < 9 else 0  # noqa: PLR2004 - digits
    unused = {id(each) for each in cassette.unused}
    chosen = (
        (number, each)
        for number, each in enumerate(cassette.interactions, 1)
        if (scope is None or each.scope == scope) and (not said.get("unused") or id(each) in unused)
    )
    rows: list[dict[str, Any]] = []
    for place, (number, each) in enumerate(chosen):
        if place >= at + SIZE + 1:
            break
        if place >= at:
            rows.append(_row(number, each, tape, used=id(each) not in unused))
    scopes = Counter(each.scope for _, each in zip(range(COUNTED), cassette.interactions, strict=False))
    return {
        "tape": tape,
        "cassette": cassette,
        "path": config.cassette,
        "rows": rows[:SIZE],
        "more": at + SIZE if len(rows) > SIZE else None,
        "at": at,
        "scope": scope,
        "scopes": sorted(scopes.items()),
        "unused": len(unused),
        "only_unused": bool(said.get("unused")),
        "misses": [(number, explained(tape, missed)) for number, missed in enumerate(tape.missed)][::-1],
        "rules": [rule.text for rule in cassette.matcher.rules],
        "writable": writable(tape, config) is not None,
        "ruled": bool(said.get("ruled")),
    }


def _row(number: int, each: Interaction, tape: CassetteTransport, *, used: bool) -> dict[str, Any]:
    return {
        "number": number,
        "line": request_line(each),
        "upstream": each.asked.upstream,
        "scope": each.scope,
        "take": each.take,
        "end": each.end.value,
        "used": used,
        "repeated": tape.repeated[id(each)],
    }


def _in_full(each: Interaction) -> dict[str, Any]:
    """Everything of an interaction, read from its file."""
    answered = each.load()
    spent = answered.ms / 1000
    told = f"{len(answered.chunks)} chunks in {duration(spent)}"
    return {
        "each": each,
        "line": request_line(each),
        "answered": answered,
        "text": answer_text(answered),
        "drawing": strip([chunk.ms / 1000 for chunk in answered.chunks], spent, told),
        "told": told,
        "chunks": [_chunk(chunk) for chunk in answered.chunks[:CHUNKS]],
        "rest": max(len(answered.chunks) - CHUNKS, 0),
    }


def _chunk(chunk: Chunk) -> dict[str, Any]:
    shown = chunk.data[:PREVIEW].decode(errors="replace").strip()
    return {"ms": chunk.ms, "size": len(chunk.data), "text": shown + ("…" if len(chunk.data) > PREVIEW else "")}
