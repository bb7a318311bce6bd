"""Looks for model servers on this machine, and says what it looked for.

A server counts as found by what it answers, never by its port alone. Not here: the environment (`config.py`
reads it and hands the key in) and upstreams that the operator names.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import msgspec

from antiphon.errors import AntiphonError
from antiphon.transport import HttpRequest, Timeouts, Transport
from antiphon.upstream.addresses import Upstream
from antiphon.upstream.reading import read_at_most

# For the transport that is handed in. Nothing on loopback takes longer to accept; some take a while to answer.
PROBE_TIMEOUTS = Timeouts(connect=0.3, first_byte=1.0, idle=1.0)
PROBE_SECONDS = 2.0
PROBE_LIMIT = 4 * 1024 * 1024

USUAL_PORTS = {"Ollama": 11434, "LM Studio": 1234, "llama.cpp": 8080, "vLLM": 8000}
OPENAI_URL = "https://api.openai.com/v1"
OPENAI_KEY_NAME = "OPENAI_API_KEY"

OK, UNAUTHORIZED, FORBIDDEN = 200, 401, 403
MODELS, HEALTH = "/v1/models", "/v1/health"
OWN_HEALTH = {"status": "OK"}

# A program's own paths. Each is asked for, and `MAKES` reads the answers.
PATHS = (MODELS, HEALTH, "/api/version", "/props", "/api/v0/models")

Answers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Discovery:
    """The upstreams found, and one line for each place looked at."""

    found: Sequence[Upstream]
    looked_for: Sequence[str]


@dataclass(frozen=True, slots=True)
class Probe:
    """What one port answered: the decoded JSON of each path that had some, and the status of `/v1/models`."""

    answers: Answers
    status: int | None


async def discover(
    transport: Transport,
    openai_key: str | None = None,
    openai_url: str | None = None,
    ports: Mapping[str, int] = MappingProxyType(USUAL_PORTS),
) -> Discovery:
    """Asks the usual loopback ports, all at once; at most about two seconds. Raises no faults of servers.

    `transport` should have `PROBE_TIMEOUTS`. `openai_key` is the value of `OPENAI_API_KEY`, `openai_url` that of
    `OPENAI_BASE_URL`, where they are set; raises `ConfigFault` where they can't be.
    """
    probes = await asyncio.gather(*(_probe(transport, port) for port in ports.values()))
    found, looked_for = [], []
    for (program, port), probe in zip(ports.items(), probes, strict=True):
        dialect = make_of(probe.answers)
        looked_for.append(f"{program} on port {port}: {_verdict(probe, dialect)}")
        if dialect:
            found.append(Upstream(dialect, f"http://127.0.0.1:{port}/v1", dialect=dialect))
    found = _with_names_of_their_own(found)
    if openai_key:
        found.append(Upstream.at("openai", openai_url or OPENAI_URL, openai_key))
    looked_for.append(f"{OPENAI_KEY_NAME} in the environment: {'set' if openai_key else 'not set'}")
    return Discovery(found, looked_for)


def make_of(answers: Answers) -> str | None:
    """The dialect of the server that gave these answers; None for our own, and for one that isn't known."""
    models = answers.get(MODELS)
    lists = isinstance(models, dict) and "data" in models and isinstance(models["data"], list | None)
    if not lists or _is_own(answers):
        return None
    return next((dialect for dialect, gives_itself_away in MAKES.items() if gives_itself_away(answers)), None)


def _is_own(answers: Answers) -> bool:
    """Asking ourselves would go round in circles. llama.cpp has `/v1/health` too, and writes `ok`."""
    return bool(answers.get(HEALTH) == OWN_HEALTH)


def _owners(answers: Answers) -> set[object]:
    entries = answers[MODELS].get("data") or []
    return {entry.get("owned_by") for entry in entries if isinstance(entry, dict)}


def _is_llamacpp(answers: Answers) -> bool:
    return "llamacpp" in _owners(answers) or "default_generation_settings" in _fields(answers, "/props")


def _is_vllm(answers: Answers) -> bool:
    return "vllm" in _owners(answers)


def _is_lmstudio(answers: Answers) -> bool:
    entries = _fields(answers, "/api/v0/models").get("data")
    return bool(_owners(answers) & {"organization_owner", "organization-owner"}) or isinstance(entries, list)


def _is_ollama(answers: Answers) -> bool:
    return isinstance(_fields(answers, "/api/version").get("version"), str)


def _fields(answers: Answers, path: str) -> dict[str, Any]:
    value = answers.get(path)
    return value if isinstance(value, dict) else {}


# Asked in this order: what a model's owner says is surer than a path, which others imitate.
MAKES: dict[str, Callable[[Answers], bool]] = {
    "vllm": _is_vllm,
    "llamacpp": _is_llamacpp,
    "lmstudio": _is_lmstudio,
    "ollama": _is_ollama,
}


async def _probe(transport: Transport, port: int) -> Probe:
    """`/v1/models` first: a port where nothing answers to that isn't asked for more."""
    status, models = await _get(transport, port, MODELS)
    if status != OK:
        return Probe({}, status)
    rest = await asyncio.gather(*(_get(transport, port, path) for path in PATHS[1:]))
    answers = {path: value for path, (code, value) in zip(PATHS[1:], rest, strict=True) if code == OK}
    return Probe({MODELS: models} | answers, status)


async def _get(transport: Transport, port: int, path: str) -> tuple[int | None, Any]:
    """The status and the decoded JSON. None where there is no answer, and for a body that isn't JSON."""
    request = HttpRequest("GET", f"http://127.0.0.1:{port}{path}", f"port {port}", {"accept": "application/json"})
    try:
        answer = await transport.send(request)
    except AntiphonError:
        return None, None
    try:
        body = await read_at_most(answer, PROBE_LIMIT, PROBE_SECONDS)
        return answer.status, msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return answer.status, None
    finally:
        await answer.close()


def _verdict(probe: Probe, dialect: str | None) -> str:
    if dialect:
        return f"found {dialect}"
    if probe.status is None:
        return "nothing answers"
    if probe.status in {UNAUTHORIZED, FORBIDDEN}:
        return "something answers and wants a key; name it with --upstream NAME=URL,key-env=VAR"
    if _is_own(probe.answers):
        return "this program itself"
    return "something else answers; if it is a model server, name it with --upstream NAME=URL"


def _with_names_of_their_own(found: list[Upstream]) -> list[Upstream]:
    """Two of one make are told apart by their ports."""
    often = Counter(upstream.name for upstream in found)
    return [
        replace(upstream, name=f"{upstream.name}-{urlsplit(upstream.base_url).port}")
        if often[upstream.name] > 1
        else upstream
        for upstream in found
    ]
