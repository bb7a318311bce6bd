"""Asks one upstream which models it has. Not here: what follows from it (`catalog.py`)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
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
WINDOW_NAMES = ("max_model_len", "context_length", "context_window", "max_context_length", "max_input_tokens")
"""What providers call the context window in their lists of models; the first is vLLM's."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The models of one upstream, with the ids they have there, or why they can't be known.

    `windows` are their context windows in tokens, as far as they are told.
    """

    models: list[Model]
    fault: AntiphonError | None = None
    windows: Mapping[str, int] = field(default_factory=dict)


async def list_models(transport: Transport, upstream: Upstream, seconds: float = TIMEOUT) -> Listing:
    """The upstream's `/models`, waited for no longer than `seconds`. Never raises faults."""
    try:
        async with asyncio.timeout(seconds):
            body = await _fetch(transport, upstream, seconds)
        return Listing(models_in(body, upstream), windows=windows_in(body, upstream))
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
    """The models of a `/models` answer. Raises `UpstreamGarbage`."""
    return [_model(entry, upstream) for entry in _entries(body, upstream)]


def windows_in(body: bytes, upstream: Upstream) -> dict[str, int]:
    """The context windows that a `/models` answer tells, by model. Raises `UpstreamGarbage`."""
    told = {entry["id"]: window_in(entry) for entry in _entries(body, upstream)}
    return {model: window for model, window in told.items() if window is not None}


def _entries(body: bytes, upstream: Upstream) -> list[dict[str, Any]]:
    """The list stands in `data`, or alone (Together), and is null for none (Ollama). A model counts once."""
    try:
        value = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        value = None
    entries = value["data"] or [] if isinstance(value, dict) and "data" in value else value
    if not isinstance(entries, list):
        raise UpstreamGarbage(
            f"Upstream {upstream.name!r} lists no models at {upstream.base_url}/models: {quoted(body)}"
        )
    named = [entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get("id"), str) and entry["id"]]
    return list({entry["id"]: entry for entry in named}.values())


def _model(entry: dict[str, Any], upstream: Upstream) -> Model:
    created, owner = entry.get("created"), entry.get("owned_by")
    return Model(
        id=entry["id"],
        created=int(created) if isinstance(created, int | float) else 0,
        owned_by=owner if isinstance(owner, str) and owner else upstream.name,
    )


def window_in(entry: Mapping[str, Any]) -> int | None:
    """The context window that an entry of a list of models tells; llama.cpp's is what the model was trained with."""
    meta = entry.get("meta")
    told = [entry.get(name) for name in WINDOW_NAMES]
    told.append(meta.get("n_ctx_train") if isinstance(meta, dict) else None)
    return next(filter(None, map(number, told)), None)


def number(value: object) -> int | None:
    """A count that a server tells; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
