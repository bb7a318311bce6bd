"""An account as spans of OpenTelemetry: one of the response, and below it one of each turn, tool call and save.

By the conventions for generative AI; no prompt, answer or argument is in them. Needs the extra `[otel]`; imported when
it is set up. Not here: sending (`otel.py`). Source: OpenTelemetry semantic conventions, gen-ai.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from antiphon import __version__
from antiphon.runner.timeline import Span
from antiphon.seen.account import Account

SCOPE = InstrumentationScope("antiphon", __version__)
Attributes = dict[str, Any]


def spans_of(account: Account, resource: Resource, hashed: Callable[[str, str], str]) -> Iterator[ReadableSpan]:
    """The spans of a run. `hashed` stands for a user of a project by a word that tells nobody who it is."""
    if account.trace is None:
        return
    trace, own = int.from_bytes(account.trace.id), account.span_ids[0]

    def context(span: bytes, *, remote: bool = False) -> SpanContext:
        state = TraceState.from_header([account.trace.state]) if account.trace and account.trace.state else None
        return SpanContext(trace, int.from_bytes(span), remote, TraceFlags(1), state)

    parent = context(account.trace.parent, remote=True) if account.trace.parent else None
    root = context(own)
    yield ReadableSpan(
        name=f"response {account.model}",
        context=root,
        parent=parent,
        resource=resource,
        attributes=_response(account, hashed),
        events=[Event("first token", timestamp=_nanos(account.first))] if account.first is not None else (),
        kind=SpanKind.SERVER,
        status=_status(account.error if account.outcome == "failed" else None),
        start_time=_nanos(account.began),
        end_time=_nanos(account.ended),
        instrumentation_scope=SCOPE,
    )
    for index, (span, span_id) in enumerate(zip(account.spans, account.span_ids[1:], strict=False)):
        fault = account.faults.get(index)
        yield ReadableSpan(
            name=_name(span),
            context=context(span_id),
            parent=root,
            resource=resource,
            attributes=_KINDS.get(span.kind, _plain)(span) | ({"error.type": fault} if fault else {}),
            events=[Event("first token", timestamp=_nanos(span.first))] if span.first is not None else (),
            kind=SpanKind.CLIENT if span.kind in {"turn", "list"} else SpanKind.INTERNAL,
            status=_status(fault),
            start_time=_nanos(span.start),
            end_time=_nanos(span.end or account.ended),
            instrumentation_scope=SCOPE,
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


def _status(fault: str | None) -> Status:
    return Status(StatusCode.ERROR, fault) if fault else Status(StatusCode.UNSET)


def _nanos(seconds: float) -> int:
    return round(seconds * 1e9)
