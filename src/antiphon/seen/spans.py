"""An account as spans of OpenTelemetry: one of the response, and below it one of each turn, tool call and save.

By the conventions for generative AI; no prompt, answer or argument is in them. Not here: their bytes (`otlp.py`),
sending (`otel.py`). Source: OpenTelemetry semantic conventions, gen-ai.
"""

from collections.abc import Callable
from functools import lru_cache
from math import floor
from typing import Any

from antiphon.seen.account import Account, fault_of
from antiphon.seen.otlp import (
    BELOW,
    CLIENT,
    FIRST_TOKEN,
    INTERNAL,
    OWN,
    SERVER,
    Amounts,
    Count,
    Text,
    below,
    entry,
    first_token,
    framed,
    own,
    shaped,
)

NANO = 1e9
Hashed = Callable[[str, str], str]
"""Stands for a user of a project by a word that tells nobody who it is."""
INPUT, OUTPUT = Count("gen_ai.usage.input_tokens"), Count("gen_ai.usage.output_tokens")
CACHED = Count("gen_ai.usage.cache_read.input_tokens")
RESPONSE, CONVERSATION = Text("gen_ai.response.id"), Text("gen_ai.conversation.id")
USER, COST = Text("enduser.pseudo.id"), Amounts("antiphon.cost")


def spans_of(account: Account, hashed: Hashed) -> list[bytes]:
    """The spans of a run, encoded, in pieces; nothing of one that isn't traced."""
    trace, number = account.trace, account.span
    if trace is None:
        return []
    ended = floor(account.ended * NANO)
    shape = _response(account.asked, account.model, account.project, (account.outcome, account.error), trace.state)
    rest = own(number, floor(account.began * NANO), ended), entry(trace.id, trace.parent), _more(account, hashed)
    said = [framed(shape, sum(map(len, rest))), *rest]
    inside = below(trace.id, number)
    for span in account.spans:
        number += 1
        start, end, first = span.start, span.end, span.first
        said += (
            _part(span.kind, span.name, fault_of(span), trace.state, 0 if first is None else FIRST_TOKEN),
            inside,
            own(number, floor(start * NANO), ended if end is None else floor(end * NANO)),
        )
        if first is not None:
            said.append(first_token(floor(first * NANO), first - start))
    return said


def _more(account: Account, hashed: Hashed) -> bytes:
    """What is a response's own."""
    usage, first = account.usage, account.first
    told = [RESPONSE.of(account.response_id)]
    if account.conversation is not None:
        told.append(CONVERSATION.of(account.conversation))
    if account.user:
        told.append(USER.of(hashed(account.project, account.user)))
    if usage is not None:
        cached = usage.input_tokens_details.cached_tokens
        told += (INPUT.of(usage.input_tokens), OUTPUT.of(usage.output_tokens), CACHED.of(cached))
    if first is not None:
        told.append(first_token(floor(first * NANO), first - account.began))
    if account.cost:
        told.append(COST.of(account.cost / 1e6))
    return b"".join(told)


@lru_cache(maxsize=1024)
def _response(asked: str, model: str, project: str, end: tuple[str, str | None], state: str) -> bytes:
    """What spans of responses have in common that ended alike."""
    outcome, error = end
    about: dict[str, Any] = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "antiphon",
        "gen_ai.request.model": asked,
        "gen_ai.response.model": model,
        "gen_ai.output.type": "text",
        "antiphon.project": project,
        "antiphon.outcome": outcome,
    }
    more = {"error.type": error} if error else {}
    return shaped(f"response {model}", SERVER, about | more, state, error if outcome == "failed" else None)


@lru_cache(maxsize=1024)
def _part(kind: str, name: str, fault: str | None, state: str, rest: int) -> bytes:
    """How spans of a turn, a tool, a save begin, after which come ids, times, and so many bytes more."""
    called, made, about = _about(kind, name)
    more = {"error.type": fault} if fault else {}
    return framed(shaped(called, made, about | more, state, fault), OWN + BELOW + rest)


def _about(kind: str, name: str) -> tuple[str, int, dict[str, Any]]:
    match kind:
        case "turn":
            upstream, _, model = name.partition("/")
            about = {"gen_ai.provider.name": upstream, "gen_ai.request.model": model}
            return f"chat {model}", CLIENT, {"gen_ai.operation.name": "chat", **about}
        case "tool":
            return f"execute_tool {name}", INTERNAL, {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name}
        case "save":
            return kind, INTERNAL, {"db.operation.name": "save_answer"}
        case "list":
            return f"list_tools {name}", CLIENT, {"antiphon.what": name}
        case _:
            return kind, INTERNAL, {"antiphon.what": name}
