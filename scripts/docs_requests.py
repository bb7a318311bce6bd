"""What becomes of each field of a request, found by asking the engine and not by reading it.

For every field a request with it and one without go through `make_plan`, once for each dialect: what differs in
the chat call, in the response object and in the notes is what the tables say. Not here: the pages (`make_docs.py`).
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import inspect
from starlette.routing import BaseRoute, Route, WebSocketRoute

from antiphon.config import Config, Environment
from antiphon.engine.dialects import DIALECTS, Dialect
from antiphon.engine.dialects.base import OPTIONAL_FIELDS
from antiphon.engine.notes import Notes
from antiphon.engine.own import Own
from antiphon.engine.prepare import Place, make_plan, read_request
from antiphon.server.app import NOUNS
from antiphon.server.services import open_services
from antiphon.sources import seeded
from antiphon.wire.responses import CreateResponse
from docs_tables import table, words_for

Json = dict[str, Any]

TOOL: Json = {"type": "function", "name": "f", "parameters": {"type": "object"}}
BASE: Json = {"model": "m", "input": "x", "tools": [TOOL]}

SAMPLES: dict[str, Any] = {
    "model": "other",
    "input": "y",
    "tools": [TOOL, {"type": "function", "name": "g"}],
    "tool_choice": "required",
    "parallel_tool_calls": False,
    "store": False,
    "service_tier": "flex",
    "truncation": "auto",
    "include": ["message.output_text.logprobs"],
    "text.format": {"type": "json_schema", "name": "n", "schema": {}},
    "metadata": {"k": "v"},
    "image.context_compression": "enabled",
    "context_management": [{"type": "compaction", "compact_threshold": 1_000}],
    "conversation": "conv_1",
    "moderation.policy": {"output": {"mode": "block"}},
}
"""A value for fields whose type alone doesn't suggest one that matters."""

BY_THE_SERVER = {
    "stream": "the answer comes as events",
    "stream_options.include_obfuscation": "deltas are padded; off unless asked",
    "include": "[what it shows](#what-include-shows)",
    "prompt.id": "the [template](../how-to/use-prompt-templates.md) that is filled in",
    "prompt.variables": "the values in it",
    "prompt.version": "the version of it; the newest without",
    "reasoning.context": "which earlier thinking is sent back",
    "reasoning.summary": "the thinking itself, where the [operator allows it](../how-to/carry-reasoning.md#summaries)",
    "reasoning.generate_summary": "the same",
    "store": "`false`: nothing is kept",
    "previous_response_id": "what came before is put in front of `input`",
    "conversation": "what it holds is put in front of `input`; input and output are added to it",
    "input": "see below",
    "max_tool_calls": "limits the calls that this server makes",
    "truncation": "`auto`: the oldest turns are left out of a call that is too long for its model",
    "model": "decides the upstream",
    "moderation.model": "who [judges](../how-to/guardrails.md#what-a-request-asks-for); ignored where nobody has it",
    "moderation.policy": "`block` holds back what is flagged",
}
"""What the server itself does with a field; the engine can't tell."""

ENDPOINTS = {
    "POST /v1/responses": "Make an answer: one JSON object, or events with `stream`.",
    "GET /v1/responses": "426; the path is for WebSockets.",
    "WebSocket /v1/responses": "Answers one after the other on one connection ([how to](../how-to/websocket.md)).",
    "GET /v1/responses/{id}": "A stored answer; with `stream=true` the events of one in the background.",
    "POST /v1/responses/{id}/cancel": "End one in the background ([how](../how-to/background.md)).",
    "DELETE /v1/responses/{id}": "Remove it.",
    "GET /v1/responses/{id}/input_items": "What was put in, a page at a time (see below).",
    "POST /v1/responses/compact": "Make a conversation short: the user's words and a summary, sealed in one item.",
    "POST /v1/responses/input_tokens": "How many tokens a request would be: counted by the upstream, or estimated.",
    "GET /v1/models": "The models of all upstreams, as `upstream/model`.",
    "GET /v1/models/{id:path}": "One of them.",
    "POST /v1/moderations": "Passed through to an upstream that has moderations.",
    "GET /v1/usage": "What was used, by model and day ([how to](../how-to/observe.md)).",
    "GET /metrics": "What Prometheus reads ([how to](../how-to/observe.md)).",
    "GET /v1/health": '`{"status":"OK"}`.',
    "GET /v1/ready": "The same with `ready`; 503 while the store doesn't answer, or the server stops.",
    "POST /v1/conversations": "A new conversation; the body may be left out.",
    "GET /v1/conversations/{id}": "A conversation.",
    "POST /v1/conversations/{id}": "Replace its metadata.",
    "DELETE /v1/conversations/{id}": "Remove it; the responses in it stay.",
    "POST /v1/conversations/{id}/items": "Add up to 20 items.",
    "GET /v1/conversations/{id}/items": "Its items, a page at a time.",
    "GET /v1/conversations/{id}/items/{item_id}": "One item.",
    "DELETE /v1/conversations/{id}/items/{item_id}": "Take an item out.",
    "POST /v1/files": "Keep a file: a form with the fields `file` and `purpose` ([how to](../how-to/files.md)).",
    "GET /v1/files": "The files, up to 10,000 a page; `purpose` chooses.",
    "GET /v1/files/{id}": "A file's facts.",
    "DELETE /v1/files/{id}": "Remove it.",
    "GET /v1/files/{id}/content": "Its bytes, or a range of them.",
    "POST /v1/uploads": "Begin a file that comes in parts ([how to](../how-to/files.md#in-parts)).",
    "POST /v1/uploads/{id}/parts": "A part: a form with the field `data`, up to 64 MiB.",
    "POST /v1/uploads/{id}/complete": "Make a file of the parts that are named, in that order.",
    "POST /v1/uploads/{id}/cancel": "Make none, and remove the parts.",
    "POST /v1/vector_stores": "Make a vector store ([how to](../how-to/search-files.md)).",
    "GET /v1/vector_stores": "The vector stores, a page at a time.",
    "GET /v1/vector_stores/{id}": "One of them, with how far its files are.",
    "POST /v1/vector_stores/{id}": "Change its name, metadata, `expires_after`, or `embedding_model`.",
    "DELETE /v1/vector_stores/{id}": "Remove it; the files themselves stay.",
    "POST /v1/vector_stores/{id}/search": "The passages that fit a query, or several, best.",
    "POST /v1/vector_stores/{id}/files": "Have a file read into it.",
    "GET /v1/vector_stores/{id}/files": "Its files, a page at a time; `filter` chooses by status.",
    "GET /v1/vector_stores/{id}/files/{file}": "How far one of them is.",
    "POST /v1/vector_stores/{id}/files/{file}": "Replace the attributes of one.",
    "DELETE /v1/vector_stores/{id}/files/{file}": "Take one out; the file itself stays.",
    "GET /v1/vector_stores/{id}/files/{file}/content": "The text that was read of one.",
    "POST /v1/vector_stores/{id}/file_batches": "Have many files read.",
    "GET /v1/vector_stores/{id}/file_batches/{batch}": "How far a batch is.",
    "POST /v1/vector_stores/{id}/file_batches/{batch}/cancel": "Leave out what of a batch wasn't read yet.",
    "GET /v1/vector_stores/{id}/file_batches/{batch}/files": "The files of a batch.",
    "POST /v1/containers": "A new container for code ([how to](../how-to/run-code.md)).",
    "GET /v1/organization/audit_logs": "What was done with keys, and by whom ([how to](../how-to/keys.md)).",
    "GET /v1/containers": "All containers, a page at a time.",
    "GET /v1/containers/{id}": "A container.",
    "DELETE /v1/containers/{id}": "End it, with everything in it.",
    "POST /v1/containers/{id}/files": "Put a file into it: a form with the field `file`.",
    "GET /v1/containers/{id}/files": "The files in it, a page at a time.",
    "GET /v1/containers/{id}/files/{file}": "One of them.",
    "GET /v1/containers/{id}/files/{file}/content": "What is in it.",
    "DELETE /v1/containers/{id}/files/{file}": "Remove it.",
    "POST /v1/prompts": "Keep a prompt template ([how to](../how-to/use-prompt-templates.md)).",
    "GET /v1/prompts": "The prompts, each in its newest version, a page at a time.",
    "GET /v1/prompts/{id}": "A prompt, in its newest version or as `version` says.",
    "DELETE /v1/prompts/{id}": "Remove it with all its versions.",
    "POST /v1/prompts/{id}/versions": "One version more.",
    "GET /v1/prompts/{id}/versions": "Its versions, a page at a time.",
    "GET /v1/prompts/{id}/versions/{version}": "One version.",
    "GET /v1/chat/completions": "Chat completions that were asked with `store: true`, a page at a time.",
    "GET /v1/chat/completions/{id}": "One of them.",
    "POST /v1/chat/completions/{id}": "Replace its metadata.",
    "DELETE /v1/chat/completions/{id}": "Remove it.",
    "GET /v1/chat/completions/{id}/messages": "The messages it was asked with, a page at a time.",
    "POST /v1/chat/completions": "Passed through, its bytes untouched; kept where `store: true` asks for it.",
    "POST /v1/completions": "Passed through.",
    "POST /v1/embeddings": "Passed through.",
}
"""What each route is for; one that isn't here fails the generation."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a request led to: the chat call's body, the response object, the fields that were noted."""

    call: Json
    response: Json
    ignored: list[str]
    approximated: list[str]


def outcome(request: Json, dialect: Dialect, hosted: Iterable[str] = ()) -> Outcome:
    """Put a request through the engine of a server that has the tools `hosted`. Raises `InvalidRequest`."""
    sources = seeded("docs", 0)
    notes = Notes()
    asked = read_request(msgspec.json.encode(request), sources)
    plan = make_plan(
        asked, [], Place("upstream", "m", dialect), sources, notes, Own(frozenset(hosted), judge="up/judge")
    )
    response = msgspec.json.decode(msgspec.json.encode(plan.response))
    return Outcome(plan.call.body, response, notes.ignored, notes.approximated)


def endpoint_table() -> str:
    """Every route of the server."""
    rows = [
        [f"`{name.replace(':path', '')}`", words_for(name, ENDPOINTS, "ENDPOINTS of scripts/docs_requests.py")]
        for name in asyncio.run(_routes())
    ]
    return table(["endpoint", "what it does"], rows)


async def _routes() -> list[str]:
    async with open_services(
        Config(upstream=["u=http://127.0.0.1:1"], db="memory://"), Environment(variables={})
    ) as all_:
        found = [route for noun in NOUNS for route in noun.routes(all_)]
    return [f"{method} {getattr(route, 'path', '')}" for route in found for method in _methods(route)]


def _methods(route: BaseRoute) -> list[str]:
    if isinstance(route, WebSocketRoute):
        return ["WebSocket"]
    return sorted((route.methods or set()) - {"HEAD"}) if isinstance(route, Route) else []


def field_table() -> str:
    """Every field of `POST /v1/responses`: its values, what it becomes upstream, whether the response repeats it."""
    rows = []
    for path, kind in field_paths():
        request = with_field(path, SAMPLES.get(path, sample_of(kind)))
        outcomes = {name: outcome(request, dialect) for name, dialect in DIALECTS.items()}
        rows.append(
            [f"`{path}`", _type(kind), _sent(path, outcomes), _repeated(path, outcomes["openai"]), _noted(outcomes)]
        )
    return table(["field", "values", "what it does", "in the response", "noted"], rows)


def field_paths() -> Iterator[tuple[str, inspect.Type]]:
    """Fields, and the members of those that are objects."""
    for field in _members(inspect.type_info(CreateResponse)):
        kind = _said(field.type)
        if isinstance(kind, inspect.StructType):
            for member in _members(kind):
                yield f"{field.encode_name}.{member.encode_name}", _said(member.type)
        else:
            yield field.encode_name, kind


def _members(kind: inspect.Type) -> tuple[inspect.Field, ...]:
    if not isinstance(kind, inspect.StructType):
        raise TypeError(kind)
    return kind.fields


def _said(kind: inspect.Type) -> inspect.Type:
    """The type without null, which is the same as absent."""
    if not isinstance(kind, inspect.UnionType):
        return kind
    rest = tuple(each for each in kind.types if not isinstance(each, inspect.NoneType))
    return rest[0] if len(rest) == 1 else inspect.UnionType(types=rest)


def with_field(path: str, value: object) -> Json:
    """A request that says this in a field, or in a member of one (`text.format`)."""
    name, _, member = path.partition(".")
    return {**BASE, name: {**_required(name), member: value} if member else value}


def _required(name: str) -> Json:
    """Members that an object must have beside the one in question."""
    return {"prompt": {"id": "p"}, "moderation": {"model": "m"}}.get(name, {})


def sample_of(kind: inspect.Type) -> object:
    """A value of a type."""
    match kind:
        case inspect.LiteralType(values=values):
            return values[-1]
        case inspect.BoolType():
            return True
        case inspect.IntType(ge=least):
            return max(least or 0, 1)
        case inspect.FloatType():
            return 0.5
        case inspect.DictType():
            return {"k": "v"}
        case _:
            return "x"


def _type(kind: inspect.Type) -> str:
    match kind:
        case inspect.LiteralType(values=values):
            said = ", ".join(f"`{value}`" for value in values)
        case inspect.IntType(ge=least, le=most):
            said = (
                f"integer from {least}" + (f" to {most}" if most is not None else "")
                if least is not None
                else "integer"
            )
        case inspect.FloatType(ge=least, le=most):
            said = f"number from {least:g} to {most:g}" if least is not None and most is not None else "number"
        case inspect.ListType(item_type=item):
            said = f"list of {_type(item)}"
        case inspect.UnionType(types=kinds):
            said = " or ".join(dict.fromkeys(map(_type, kinds)))
        case _:
            said = _NAMES.get(type(kind), "object")
    return said


_NAMES: dict[type[inspect.Type], str] = {
    inspect.BoolType: "true, false",
    inspect.StrType: "string",
    inspect.RawType: "items",
}


def _sent(path: str, outcomes: dict[str, Outcome]) -> str:
    if path in BY_THE_SERVER:
        return BY_THE_SERVER[path]
    sent: dict[str, list[str]] = {}
    for name, dialect in DIALECTS.items():
        before = outcome(BASE, dialect).call
        call = outcomes[name].call
        for key in sorted(call.keys() | before.keys()):
            if call.get(key) != before.get(key):
                sent.setdefault(key, []).append(name)
    return "sent as " + ", ".join(f"`{key}`" for key in sent) if sent else ""


def _repeated(path: str, given: Outcome) -> str:
    """Whether the response object differs by the field."""
    before, name = outcome(BASE, DIALECTS["openai"]).response, path.partition(".")[0]
    return "yes" if given.response.get(name) != before.get(name) else ""


def _noted(outcomes: dict[str, Outcome]) -> str:
    """Which dialects say in a header that they don't do it."""
    said = []
    for word in ("ignored", "approximated"):
        noting = [name for name, each in outcomes.items() if getattr(each, word)]
        others = [name for name in outcomes if name not in noting]
        if noting and len(others) < len(noting):
            said.append(f"{word}, except by {', '.join(others)}" if others else word)
        elif noting:
            said.append(f"{word} by {', '.join(noting)}")
    return "; ".join(said)


def dialect_table() -> str:
    """What each dialect honours of the fields that not every server knows, and its other quirks."""
    fields = sorted(OPTIONAL_FIELDS)
    rows = [
        [
            f"`{name}`",
            ", ".join(f"`{field}`" for field in fields if field not in dialect.honours) or "nothing",
            "`developer`" if dialect.developer_role else "`system`",
            "one, at the front" if dialect.system_first else "as they come",
            f"`{dialect.token_limit}`",
            " ".join(f"`{form}`" for form in sorted(dialect.formats)) or "none",
            "the server" if dialect.counts_tokens else "an estimate",
            "parts" if dialect.thinking_parts else " ".join(f"`{name}`" for name in dialect.reasoning_fields),
        ]
        for name, dialect in DIALECTS.items()
    ]
    head = ["dialect", "isn't sent", "role of developer messages", "system messages", "limit on output tokens"]
    return table([*head, "constrains answers to", "tokens are counted by", "reads earlier thinking in"], rows)
