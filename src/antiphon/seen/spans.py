"""An account as spans of OpenTelemetry: one of the response, and below it one of each turn, tool call and save.

By the conventions for generative AI; no prompt, answer or argument is in them. Not here: their bytes (`otlp.py`),
sending (`otel.py`). Source: OpenTelemetry semantic conventions, gen-ai.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from antiphon.runner.timeline import Span
from antiphon.seen.account import Account
from antiphon.seen.otlp import CLIENT, INTERNAL, SERVER, Told, span_id

Attributes = dict[str, Any]


def spans_of(account: Account, hashed: Callable[[str, str], str]) -> Iterator[Told]:
    """The spans of a run. `hashed` stands for a user of a project by a word that tells nobody who it is."""
    trace = account.trace
    if trace is None:
        return
    own = span_id(account.span)
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
        first=_nanos(account.first) if account.first is not None else None,
        fault=account.error if account.outcome == "failed" else None,
    )
    for index, span in enumerate(account.spans):
        fault = account.faults.get(index)
        about = _KINDS.get(span.kind, _plain)(span)
        if fault:
            about["error.type"] = fault
        yield Told(
            name=_name(span),
            trace=trace.id,
            id=span_id(account.span + index + 1),
            parent=own,
            state=trace.state,
            kind=CLIENT if span.kind in {"turn", "list"} else INTERNAL,
            start=_nanos(span.start),
            end=_nanos(span.end or account.ended),
            attributes=about,
            first=_nanos(span.first) if span.first is not None else None,
            fault=fault,
        )


def _response(account: Account, hashed: Callable[[str, str], str]) -> Attributes:
    said, usage = account.response, account.usage
    found: Attributes = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "antiphon",
        "gen_ai.request.model": said.model,
        "gen_ai.response.model": account.model,
        "gen_ai.response.id": said.id,
        "gen_ai.output.type": "text",
        "antiphon.project": account.project,
        "antiphon.outcome": account.outcome,
    }
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


def _turn(span: Span) -> Attributes:
    upstream, _, model = span.name.partition("/")
    found: Attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": upstream,
        "gen_ai.request.model": model,
    }
    if span.first is not None:
        found["antiphon.time_to_first_token"] = span.first - span.start
    return found


def _tool(span: Span) -> Attributes:
    return {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": span.name}


def _save(_: Span) -> Attributes:
    return {"db.operation.name": "save_answer"}


def _plain(span: Span) -> Attributes:
    return {"antiphon.what": span.name}


_KINDS: Mapping[str, Callable[[Span], Attributes]] = {"turn": _turn, "tool": _tool, "save": _save}


def _name(span: Span) -> str:
    match span.kind:
        case "turn":
            return f"chat {span.name.partition('/')[2]}"
        case "tool":
            return f"execute_tool {span.name}"
        case "list":
            return f"list_tools {span.name}"
        case _:
            return span.kind


def _nanos(seconds: float) -> int:
    return round(seconds * 1e9)
