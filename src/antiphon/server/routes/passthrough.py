"""Paths that go to the upstream as they are: chat completions, completions, embeddings, moderations.

The bytes of the answer aren't touched; record and replay see them like any other call. Only the model's
name is changed, when the client used one that the upstream doesn't know.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable
from dataclasses import dataclass

import msgspec
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from antiphon.engine.reading import read
from antiphon.errors import Forbidden, InvalidRequest, StoreFault, UpstreamFault
from antiphon.runner.quotas import Spender
from antiphon.seen.context import REQUEST_ID
from antiphon.seen.usage import Passed
from antiphon.server.allowed import target_for
from antiphon.server.answering import Attending, Connection
from antiphon.server.callers import Caller, caller_of, project_of
from antiphon.server.chat_keeper import ChatKeeper, keeper_for
from antiphon.server.limits import read_json_body
from antiphon.server.metering import Tally
from antiphon.server.services import Services
from antiphon.transport import HttpAnswer

log = logging.getLogger("antiphon")
CHAT = "/chat/completions"
MODERATIONS = "/moderations"
USUAL_JUDGE = "omni-moderation-latest"
"""The model of a moderation that names none. Source: API reference, \"Moderations\"."""
JUDGED = frozenset({CHAT, "/completions"})
PATHS = (CHAT, "/completions", "/embeddings", MODERATIONS)
FAULTS = 400
GIVEN_BACK = frozenset({"content-type", "retry-after", "antiphon-replay", "openai-processing-ms", "openai-model"})


class ModelOnly(msgspec.Struct):
    """The one member of the body that matters here."""

    model: str | None = None


class Passthrough:
    """One of `PATHS`, as a bare ASGI application."""

    def __init__(self, services: Services, path: str) -> None:
        self._services = services
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        services, connection = self._services, Connection(scope, receive, send)
        self._check_rails()
        body = await read_json_body(scope, receive, services.config.max_body)
        sources = services.sources_for("POST", scope["path"], body)
        scope[REQUEST_ID] = sources.ids("req")
        model = read(body, ModelOnly).model or (self._judge if self._path == MODERATIONS else None)
        if not model:
            raise InvalidRequest(
                "Missing required parameter: 'model'. Name the model to ask.",
                code="missing_required_parameter",
                param="model",
            )
        target = await target_for(services.catalog, caller_of(scope), model)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        keeper = keeper_for(body, sources) if self._path == CHAT else None
        calling = self._services.client.forward(target, self._path, headers, body)
        tally = Tally(body)
        relay = asyncio.ensure_future(self._relay(calling, connection, keeper, _Count(target.full_id, tally)))
        try:
            async with Attending(receive, relay.cancel):
                # A client that leaves cancels the relay, and with it the upstream call; nobody waits for an answer.
                await asyncio.wait({relay})
        finally:
            relay.cancel()
        if not relay.cancelled():
            relay.result()

    def _check_rails(self) -> None:
        """Raise `Forbidden` where what is said must be judged, and nobody would."""
        rails = self._services.config.guardrails
        if rails and rails.passed_through == "refuse" and self._path in JUDGED:
            raise Forbidden(
                "This server judges what is said, and calls that are passed through it can't. Use /v1/responses.",
                code="guardrails",
            )

    @property
    def _judge(self) -> str:
        """The model of a moderation that names none: the guardrails' own, where there are any of that kind."""
        rails = self._services.config.guardrails
        return rails.model if rails and rails.kind == "moderations" else USUAL_JUDGE

    async def _relay(
        self, calling: Awaitable[HttpAnswer], connection: Connection, keeper: ChatKeeper | None, count: "_Count"
    ) -> None:
        """Status, headers of interest, then each read as one write; nothing of what is kept whole until it is kept."""
        answer, send = await calling, connection.send
        given = [(name.encode(), value.encode()) for name, value in answer.headers.items() if name in GIVEN_BACK]
        start = {"type": "http.response.start", "status": answer.status, "headers": given}
        promised = keeper is None or keeper.streams
        try:
            if promised:
                await send(start)
            async for data in answer.chunks():
                count.tally.pass_on(data)
                passed = keeper.pass_on(data) if keeper else data
                if passed:
                    await send({"type": "http.response.body", "body": passed, "more_body": True})
        except UpstreamFault as fault:
            if not promised:
                raise
            # Ending without the last part makes the server cut the connection: the client sees what we saw.
            log.warning("%s was cut: %s", self._path, fault.message)
            return
        finally:
            await answer.close()
            self._used(caller_of(connection.scope), count, failed=answer.status >= FAULTS)
        if keeper:
            try:
                await keeper.save(self._services.store, project_of(connection.scope))
            except StoreFault as fault:
                if not promised:
                    raise
                log.warning("%s was cut, since it can't be kept: %s", self._path, fault.message)
                return
        if not promised:
            await send(start)
        await send({"type": "http.response.body", "body": keeper.rest() if keeper else b"", "more_body": False})

    def _used(self, caller: Caller, count: "_Count", *, failed: bool) -> None:
        """What it took: of the caller's quota, and for the operator to see."""
        services, tally = self._services, count.tally
        if services.meter is not None and not failed:
            services.meter.quotas.spend(Spender(caller.project, caller.key), tally.tokens)
        if services.seen.counter is not None:
            tokens = None if failed else tally.usage
            services.seen.counter.passed(Passed(caller.project, count.model, time.time(), tokens, failed=failed))


@dataclass(frozen=True, slots=True)
class _Count:
    """Whose tokens are counted: those of a model, by its full id."""

    model: str
    tally: Tally


def routes(services: Services) -> list[Route]:
    """The routes of this kind."""
    return [Route("/v1" + path, Passthrough(services, path), methods=["POST"]) for path in PATHS]
