"""`GET /v1/organization/audit_logs`: what was done with keys, by whom. Source: API reference, "Audit logs"."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from antiphon.errors import InvalidRequest
from antiphon.server.json import json_response
from antiphon.server.paging import page_query
from antiphon.server.services import Services
from antiphon.store.keys import Act

PATH = "/v1/organization/audit_logs"
PREFIX = "audit_log_"


def routes(services: Services) -> list[Route]:
    """The routes of this noun."""

    async def listed(request: Request) -> Response:
        query = page_query(request)
        if query.order == "asc" or query.before is not None:
            raise InvalidRequest("The log is given the newest first, on from 'after'.", param="after")
        acts = await services.store.keys.acts(query.limit, _number(query.after))
        ids = [f"{PREFIX}{act.number}" for act in acts.items]
        page = {"object": "list", "data": [_object(act) for act in acts.items], "has_more": acts.more}
        return json_response(page | {"first_id": ids[0] if ids else "", "last_id": ids[-1] if ids else ""})

    return [Route(PATH, listed, methods=["GET"])]


def _number(after: str | None) -> int | None:
    if after is None:
        return None
    digits = after.removeprefix(PREFIX)
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 19):  # noqa: PLR2004 - what fits 64 bits
        raise InvalidRequest(f"'after' is the id of an entry of this log, not {after!r}.", param="after")
    return int(digits)


def _object(act: Act) -> dict[str, Any]:
    """An entry as the API has it; who did it is a person at a terminal, whom the API has no form for."""
    return {
        "id": f"{PREFIX}{act.number}",
        "object": "organization.audit_log",
        "type": act.kind,
        "effective_at": act.at,
        "project": {"id": act.project, "name": act.project},
        "actor": {"type": "session", "session": {"ip_address": "", "user": {"id": act.actor, "email": act.actor}}},
        act.kind: {"id": act.subject, "data": dict(act.detail)},
    }
