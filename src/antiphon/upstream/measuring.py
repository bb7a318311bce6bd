"""Counts a call's tokens with the upstream's own tokenizer, and asks how many its model takes: carries out `Measure`.

What a server doesn't offer isn't known, and that is no fault. Everything goes through the transport, so that a cassette
has it too. Not here: what follows (`engine/fitting.py`), estimates (`engine/tokens.py`). Source: vLLM's tokenizer API,
llama.cpp's server README, LM Studio's REST API, Ollama's API, and the lists of models of the others.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from antiphon.engine.commands import Measure
from antiphon.engine.replies import Measured
from antiphon.errors import AntiphonError, StoreFault
from antiphon.transport import HttpRequest, Transport
from antiphon.upstream.addresses import Upstream
from antiphon.upstream.catalog import Catalog
from antiphon.upstream.listing import number, window_in
from antiphon.upstream.reading import read_at_most

Json = dict[str, Any]

LIMIT = 16 * 1024 * 1024
SECONDS = 5.0
OK = 200


class Measurer:
    """Asks upstreams. `scope` is the cassette's."""

    def __init__(self, transport: Transport, catalog: Catalog, scope: str = "") -> None:
        self._transport = transport
        self._catalog = catalog
        self._scope = scope

    def in_scope(self, scope: str) -> "Measurer":
        """The same, asking on behalf of a scope."""
        return Measurer(self._transport, self._catalog, scope)

    async def measure(self, command: Measure) -> Measured:
        """The call's tokens and its model's window, as far as they are wanted and can be known."""
        upstream = self._catalog.upstream(command.call.upstream)
        body = command.call.body
        told = Measured()
        if command.count and upstream.dialect in COUNTERS:
            told = await COUNTERS[upstream.dialect](self, upstream, body)
        if command.window and told.window is None:
            ask = WINDOWS.get(upstream.dialect, _listed_window)
            told = Measured(told.tokens, await ask(self, upstream, str(body["model"])))
        return told

    async def ask(self, upstream: Upstream, path: str, body: Json | None = None) -> Json:
        """The JSON object at a path of the server's own; `{}` where there is none."""
        key = {"authorization": f"Bearer {upstream.key}"} if upstream.key else {}
        request = HttpRequest(
            method="GET" if body is None else "POST",
            url=path if "://" in path else upstream.base_url.removesuffix("/v1") + path,
            upstream=upstream.name,
            headers={"accept": "application/json", "content-type": "application/json", **key},
            body=b"" if body is None else msgspec.json.encode(body),
            scope=self._scope,
        )
        try:
            answer = await self._transport.send(request)
        except StoreFault:
            raise
        except AntiphonError:
            # Down, or not on the tape: then it isn't known.
            return {}
        try:
            value = msgspec.json.decode(await read_at_most(answer, LIMIT, SECONDS))
        except (ValueError, RecursionError):
            return {}
        finally:
            await answer.close()
        return value if isinstance(value, dict) and answer.status == OK else {}


async def _vllm_count(measurer: Measurer, upstream: Upstream, body: Json) -> Measured:
    """`POST /tokenize` renders the chat template and counts; it knows the window as well."""
    asked: Json = {name: body[name] for name in ("model", "messages", "tools") if name in body}
    told = await measurer.ask(upstream, "/tokenize", asked)
    return Measured(number(told.get("count")), number(told.get("max_model_len")))


async def _llamacpp_count(measurer: Measurer, upstream: Upstream, body: Json) -> Measured:
    """`POST /apply-template` renders, `POST /tokenize` counts."""
    asked: Json = {name: body[name] for name in ("messages", "tools") if name in body}
    prompt = (await measurer.ask(upstream, "/apply-template", asked)).get("prompt")
    if not isinstance(prompt, str):
        return Measured()
    tokens = (await measurer.ask(upstream, "/tokenize", {"content": prompt})).get("tokens")
    return Measured(len(tokens) if isinstance(tokens, list) else None)


async def _llamacpp_window(measurer: Measurer, upstream: Upstream, _model: str) -> int | None:
    """What a slot was started with, which may be less than the model was trained with."""
    settings = (await measurer.ask(upstream, "/props")).get("default_generation_settings")
    return number(settings.get("n_ctx")) if isinstance(settings, dict) else None


async def _lmstudio_window(measurer: Measurer, upstream: Upstream, model: str) -> int | None:
    told = await measurer.ask(upstream, f"/api/v0/models/{model}")
    return number(told.get("loaded_context_length")) or number(told.get("max_context_length"))


async def _ollama_window(measurer: Measurer, upstream: Upstream, model: str) -> int | None:
    """What the model was loaded with; one that isn't loaded has no window yet."""
    running = (await measurer.ask(upstream, "/api/ps")).get("models")
    names = {model, f"{model}:latest"}
    entries = running if isinstance(running, list) else []
    found = (entry for entry in entries if isinstance(entry, dict) and entry.get("name") in names)
    return next((number(entry.get("context_length")) for entry in found), None)


async def _listed_window(measurer: Measurer, upstream: Upstream, model: str) -> int | None:
    entries = (await measurer.ask(upstream, f"{upstream.base_url}/models")).get("data")
    listed = entries if isinstance(entries, list) else []
    found = (entry for entry in listed if isinstance(entry, dict) and entry.get("id") == model)
    return next((window_in(entry) for entry in found), None)


COUNTERS: dict[str, Callable[[Measurer, Upstream, Json], Awaitable[Measured]]] = {
    "vllm": _vllm_count,
    "llamacpp": _llamacpp_count,
}
WINDOWS: dict[str, Callable[[Measurer, Upstream, str], Awaitable[int | None]]] = {
    "llamacpp": _llamacpp_window,
    "lmstudio": _lmstudio_window,
    "ollama": _ollama_window,
}
