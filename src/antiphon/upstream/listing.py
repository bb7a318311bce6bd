"""Asks one upstream which models it has. Not here: what follows from it (`catalog.py`)."""

import asyncio
from dataclasses import dataclass
from typing import Any

import msgspec

from antiphon.errors import AntiphonError, UpstreamGarbage, UpstreamTimeout
from antiphon.transport import HttpRequest, Transport
from antiphon.upstream.addresses import Upstream
from antiphon.upstream.reading import read_at_most
from antiphon.upstream.refusal import Refusal, quoted
from antiphon.wire.models import Model

TIMEOUT = 2.0
LIMIT = 16 * 1024 * 1024
OK = 200


@dataclass(frozen=True, slots=True)
class Listing:
    """The models of one upstream, with the ids they have there, or why they can't be known."""

    models: list[Model]
    fault: AntiphonError | None = None


async def list_models(transport: Transport, upstream: Upstream, seconds: float = TIMEOUT) -> Listing:
    """The upstream's `/models`, waited for no longer than `seconds`. Never raises faults."""
    try:
        async with asyncio.timeout(seconds):
            body = await _fetch(transport, upstream, seconds)
        return Listing(models_in(body, upstream))
    except TimeoutError:
        fault = UpstreamTimeout(f"Upstream {upstream.name!r} didn't list its models within {seconds:g} s.")
        return Listing([], fault)
    except AntiphonError as error:
        return Listing([], error)


async def _fetch(transport: Transport, upstream: Upstream, seconds: float) -> bytes:
    headers = {"authorization": f"Bearer {upstream.key}"} if upstream.key else {}
    answer = await transport.send(HttpRequest("GET", f"{upstream.base_url}/models", upstream.name, headers))
    try:
        body = await read_at_most(answer, LIMIT, seconds)
    finally:
        await answer.close()
    if answer.status != OK:
        raise Refusal(upstream.name, answer.status, body).fault()
    return body


def models_in(body: bytes, upstream: Upstream) -> list[Model]:
    """The models of a `/models` answer. Raises `UpstreamGarbage`.

    The list stands in `data`, or alone (Together), and is null for none (Ollama).
    """
    try:
        value = msgspec.json.decode(body)
    except ValueError:
        value = None
    entries = value["data"] or [] if isinstance(value, dict) and "data" in value else value
    if not isinstance(entries, list):
        raise UpstreamGarbage(
            f"Upstream {upstream.name!r} lists no models at {upstream.base_url}/models: {quoted(body)}"
        )
    return [
        _model(entry, upstream) for entry in entries if isinstance(entry, dict) and isinstance(entry.get("id"), str)
    ]


def _model(entry: dict[str, Any], upstream: Upstream) -> Model:
    created, owner = entry.get("created"), entry.get("owned_by")
    return Model(
        id=entry["id"],
        created=int(created) if isinstance(created, int | float) else 0,
        owned_by=owner if isinstance(owner, str) and owner else upstream.name,
    )
