"""An account as spans of OpenTelemetry: one of the response, and below it one of each turn, tool call and save.

By the conventions for generative AI; no prompt, answer or argument is in them. Not here: their bytes (`otlp.py`),
sending (`otel.py`). Source: OpenTelemetry semantic conventions, gen-ai.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from antiphon.seen.account import Account, fault_of
from antiphon.seen.otlp import CLIENT, INTERNAL, SERVER, Told, span_id, usual

Attributes = dict[str, Any]


def spans_of(account: Account, hashed: Callable[[str, str], str]) -> Iterator[Told]:
    """The spans of a run. `hashed` stands for a user of a project by a word that tells nobody who it is."""
    trace = account.trace
    if trace is None:
        return
    own, said = span_id(account.span), account.response
    yield Told(
        name=f"response {account.model}",
        trace=trace.id,
        id=own,
        parent=trace.parent,
        state=trace.state,
        kind=SERVER,
        start=_nanos(account.began),
        end=_nanos(account.ended),
        attributes=_response(account, hashed),
        usual=_usual(said.model or "", account.model, account.project, account.outcome),
        first=_nanos(account.first) if account.first is not None else None,
        fault=account.error if account.outcome == "failed" else None,
    )
    for index, span in enumerate(account.spans, start=account.span + 1):
        fault, first = fault_of(span), span.first
        name, kind, about = _told(span.kind, span.name)
        more: Attributes = {} if first is None else {"antiphon.time_to_first_token": first - span.start}
        if fault:
            more["error.type"] = fault
        yield Told(
            name, trace.id, span_id(index), own, trace.state, kind, _nanos(span.start),
            _nanos(span.end or account.ended), more, None if first is None else _nanos(first), fault, about,
        )  # fmt: skip


def _response(account: Account, hashed: Callable[[str, str], str]) -> Attributes:
    said, usage = account.response, account.usage
    found: Attributes = {"gen_ai.response.id": said.id}
    if said.conversation is not None:
        found["gen_ai.conversation.id"] = said.conversation.id
    if usage is not None:
        found["gen_ai.usage.input_tokens"] = usage.input_tokens
        found["gen_ai.usage.output_tokens"] = usage.output_tokens
        found["gen_ai.usage.cache_read.input_tokens"] = usage.input_tokens_details.cached_tokens
    if account.first is not None:
        found["antiphon.time_to_first_token"] = account.first - account.began
    if account.cost:
        found["antiphon.cost"] = account.cost / 1e6
    if account.error:
        found["error.type"] = account.error
    if user := said.safety_identifier or said.user:
        found["enduser.pseudo.id"] = hashed(account.project, user)
    return found


@lru_cache(maxsize=1024)
def _usual(asked: str, model: str, project: str, outcome: str) -> bytes:
    """What spans of responses of a model and a project have in common."""
    return usual({
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "antiphon",
        "gen_ai.request.model": asked,
        "gen_ai.response.model": model,
        "gen_ai.output.type": "text",
        "antiphon.project": project,
        "antiphon.outcome": outcome,
    })  # fmt: skip


@lru_cache(maxsize=1024)
def _told(kind: str, name: str) -> tuple[str, int, bytes]:
    """What spans of a turn, a tool, a save have in common: name, kind, attributes."""
    match kind:
        case "turn":
            upstream, _, model = name.partition("/")
            about = {"gen_ai.provider.name": upstream, "gen_ai.request.model": model}
            return f"chat {model}", CLIENT, usual({"gen_ai.operation.name": "chat", **about})
        case "tool":
            about = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name}
            return f"execute_tool {name}", INTERNAL, usual(about)
        case "save":
            return kind, INTERNAL, usual({"db.operation.name": "save_answer"})
        case "list":
            return f"list_tools {name}", CLIENT, usual({"antiphon.what": name})
        case _:
            return kind, INTERNAL, usual({"antiphon.what": name})


def _nanos(seconds: float) -> int:
    return round(seconds * 1e9)
