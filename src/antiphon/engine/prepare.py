"""From a request to a plan: which chat call to make, and what of the request can't be honoured.

Pure: the context comes in as items, the upstream as a name and a dialect. Counterparts: `echo.py` for the
response object, `prompt.py` for the messages, `toolbox.py` for the tools; `run.py` follows the plan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from antiphon.engine.attached import with_attached
from antiphon.engine.belt import Belt
from antiphon.engine.code_context import container_of
from antiphon.engine.commands import CallUpstream
from antiphon.engine.compaction import TRIGGER, wish_of
from antiphon.engine.declared import declared_tools
from antiphon.engine.dialects import Dialect
from antiphon.engine.echo import initial_response
from antiphon.engine.fitting import Window
from antiphon.engine.input import Item, read_input
from antiphon.engine.kinds.hosted import Hosting
from antiphon.engine.mcp_context import approved_calls, mcp_servers
from antiphon.engine.metadata import check_metadata
from antiphon.engine.moderating import guard_of, moderation_of
from antiphon.engine.notes import Notes
from antiphon.engine.own import Own
from antiphon.engine.picture_context import latest_pictures
from antiphon.engine.plan import Plan
from antiphon.engine.present import shown
from antiphon.engine.prompt import call_ids, chat_messages
from antiphon.engine.reading import read
from antiphon.engine.structured import constraints_of, structured, with_words
from antiphon.engine.thoughts import with_thoughts_wanted
from antiphon.engine.tool_files import ToolFile
from antiphon.engine.toolbox import Offer, offer
from antiphon.engine.traits import Traits
from antiphon.errors import InvalidRequest
from antiphon.sources import Sources
from antiphon.wire.answers import StoredItem
from antiphon.wire.responses import CreateResponse

IGNORED_WHEN_SET = (
    "access_programs", "background_options", "image", "prompt_cache_options",
)  # fmt: skip
"""Fields that are kept and echoed and have no effect on a chat-completions upstream."""

STREAMED = {"stream": True, "stream_options": {"include_usage": True}}
"""What every call has."""

LOGPROBS = "message.output_text.logprobs"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it was sent: its Struct, its JSON member by member, and its input items.

    `response_id` is the id that its response will have; `template` are the messages of the prompt that it names;
    `attached` what stands for parts that name a file, by the part's JSON; `files` are those that tools name.
    """

    response_id: str
    request: CreateResponse
    fields: dict[str, msgspec.Raw]
    input: list[Item]
    template: tuple[Item, ...] = ()
    attached: Mapping[bytes, bytes] = field(default_factory=dict)
    files: Mapping[str, ToolFile] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes: the upstream's name, the model's name there, the upstream's dialect, the model's traits.

    `window` is the model's context window in tokens, where it is known without asking.
    """

    upstream: str
    model: str
    dialect: Dialect
    traits: Traits = field(default_factory=Traits)
    window: int | None = None


def read_request(body: bytes, sources: Sources) -> Asked:
    """Read the body of `POST /v1/responses`. Raises `InvalidRequest` naming the field at fault."""
    fields = read(body, dict[str, msgspec.Raw])
    request = read(body, CreateResponse)
    if not request.model:
        raise _missing("model", "Name the model to ask.")
    if request.input is None and not (request.prompt or request.previous_response_id or request.conversation):
        raise _missing("input", "Send a string or a list of items.")
    if request.previous_response_id and request.conversation:
        raise InvalidRequest(
            "Mutually exclusive parameters: 'previous_response_id' and 'conversation'. They are mutually exclusive: "
            "both say what came before. Send one of them.",
            code="mutually_exclusive_parameters",
            param="previous_response_id",
        )
    check_metadata(request.metadata or {})
    items = read_input(request.input if request.input is not None else [], sources)
    return Asked(sources.ids("resp"), request, fields, items)


def make_plan(  # noqa: PLR0913, PLR0917 - what is asked, what came before, and what there is to do it with
    asked: Asked,
    context: Sequence[Item],
    place: Place,
    sources: Sources,
    notes: Notes,
    own: Own | None = None,
) -> Plan:
    """What to do for a request whose `context` came before its own input; `own` is what this server brings along.

    Raises `InvalidRequest`; what can't be honoured is added to `notes`.
    """
    request, own = asked.request, own or Own()
    _note_the_rest(asked, own, notes)
    items = with_attached([*asked.template, *context, *asked.input], asked.attached)
    messages = _messages(request, items, place.dialect, notes)
    declared = declared_tools(request.tools or [], items)
    hosting = _hosting(asked, items, own, notes) if declared else None
    offered = offer(declared, request.tool_choice, place.dialect, notes, hosting)
    output = structured(request.text.format if request.text else None, place.dialect, place.traits, notes)
    messages = with_words(messages, output.form.words) if output.form is not None else messages
    body: dict[str, Any] = {"model": place.model, "messages": messages, **STREAMED}
    body |= _tools(request, offered, place.dialect) | _sampling(request, place.dialect, notes) | output.fields
    wish = wish_of(request, items, place.window, notes)
    servers = mcp_servers([] if wish.trigger else declared, items, own)  # A trigger asks for one item, and no others.
    return Plan(
        response=initial_response(asked.response_id, request, asked.fields, sources, _instructions(asked)),
        call=CallUpstream(place.upstream, body, guard_of(request.moderation, own.judge)),
        input=tuple(item.stored() for item in asked.input if item.type != TRIGGER),
        store=request.store is not False,
        include=_included(request),
        summarised=_summarised(request, place.traits, notes),
        call_ids=call_ids(items),
        dialect=place.dialect,
        tools=offered.tools,
        choice=offered.choice,
        bindings=offered.bindings,
        deferred=offered.deferred,
        one_call=request.parallel_tool_calls is False,
        stamp=own.stamp,
        form=output.form,
        constraints=constraints_of(output.form, offered.bindings),
        window=Window(place.window, auto=request.truncation == "auto", counts=place.dialect.counts_tokens),
        text_calls=place.traits.text_tool_calls if offered.tools or offered.more else None,
        servers=servers,
        approved=approved_calls(asked.input, items, servers, own.stamp),
        compaction=wish,
        moderation=moderation_of(request.moderation, own.judge, messages),
        repeatable=own.repeatable,
    )


def _messages(request: CreateResponse, items: Sequence[Item], dialect: Dialect, notes: Notes) -> list[dict[str, Any]]:
    """What there is to answer. Raises `InvalidRequest` where that is nothing."""
    messages = chat_messages(request.instructions, with_thoughts_wanted(items, request.reasoning), dialect, notes)
    if not messages:
        raise _missing("input", "There is nothing to answer: no message, no instructions, no history.")
    return messages


def _hosting(asked: Asked, items: Sequence[Item], own: Own, notes: Notes) -> Hosting:
    """What this server's own tools are to know of the request."""
    container = container_of(items, asked.response_id)
    pictures = latest_pictures(items) if "image_generation" in own.tools else ()
    return Hosting(own.tools, container, notes, pictures, asked.files)


def _tools(request: CreateResponse, offered: Offer, dialect: Dialect) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if offered.tools:
        body = Belt(offered.tools, offered.bindings, offered.choice).fields(first=True, spent=False)
    said = request.parallel_tool_calls
    if said is not None and "parallel_tool_calls" in dialect.honours and (body or offered.more):
        body["parallel_tool_calls"] = said
    return body


def _sampling(request: CreateResponse, dialect: Dialect, notes: Notes) -> dict[str, Any]:
    """Everything else that chat completions have a field for."""
    body: dict[str, Any] = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
        dialect.token_limit: request.max_output_tokens,
    }
    text, reasoning = request.text, request.reasoning
    optional: dict[str, tuple[str, Any]] = {
        "reasoning_effort": ("reasoning.effort", reasoning.effort if reasoning else None),
        "verbosity": ("text.verbosity", text.verbosity if text else None),
        "logprobs": _wants_logprobs(request),
        "service_tier": ("service_tier", None if request.service_tier == "auto" else request.service_tier),
        "prompt_cache_key": ("prompt_cache_key", request.prompt_cache_key),
        "prompt_cache_retention": ("prompt_cache_retention", request.prompt_cache_retention),
        "safety_identifier": ("safety_identifier", request.safety_identifier),
        "user": ("user", request.user),
    }
    for name, (place, value) in optional.items():
        if value is not None and name in dialect.honours:
            body[name] = value
        elif value is not None:
            notes.ignored.append(place)
    if body.get("logprobs") and request.top_logprobs:
        body["top_logprobs"] = request.top_logprobs
    return {name: value for name, value in body.items() if value is not None}


def _wants_logprobs(request: CreateResponse) -> tuple[str, Any]:
    """Whether they are asked for, and the field that asks."""
    included = LOGPROBS in (request.include or ())
    field = "top_logprobs" if request.top_logprobs else f"include[{LOGPROBS}]"
    return field, bool(request.top_logprobs) or included or None


def _instructions(asked: Asked) -> str | list[msgspec.Raw] | None:
    """What a response shows as its instructions: those of the request, and the messages of its prompt after them."""
    said = asked.request.instructions
    if not asked.template:
        return said
    first = [msgspec.json.encode({"role": "developer", "content": said})] if said is not None else []
    told = [StoredItem(f"{asked.response_id}_instructions", raw) for raw in first]
    told += [item.stored() for item in asked.template]
    return [shown(item, _included(asked.request)) for item in told]


def _summarised(request: CreateResponse, traits: Traits, notes: Notes) -> bool:
    """Whether thinking is shown as its own summary: where a summary was asked for, and the operator allows it."""
    if request.reasoning is None:
        return False
    asked = [name for name in ("summary", "generate_summary") if getattr(request.reasoning, name)]
    shown = bool(asked) and traits.reasoning_summary == "text"
    (notes.approximated if shown else notes.ignored).extend(f"reasoning.{name}" for name in asked)
    return shown


def _included(request: CreateResponse) -> frozenset[str]:
    """What the client wants to see. Log probabilities are sent only where they were asked for, so none are hidden."""
    return frozenset(request.include or ()) | {LOGPROBS}


def _note_the_rest(asked: Asked, own: Own, notes: Notes) -> None:
    """Fields that nothing above acts on, unknown ones among them."""
    request = asked.request
    notes.ignored += [name for name in IGNORED_WHEN_SET if getattr(request, name) is not None]
    if request.moderation is not None and own.judge is None:
        notes.ignored.append("moderation")
    if request.reasoning and request.reasoning.mode is not None:
        notes.ignored.append("reasoning.mode")
    known = set(CreateResponse.__struct_fields__)
    notes.ignored += [name for name, value in asked.fields.items() if name not in known and bytes(value) != b"null"]


def _missing(param: str, what_to_do: str) -> InvalidRequest:
    return InvalidRequest(
        f"Missing required parameter: '{param}'. {what_to_do}", code="missing_required_parameter", param=param
    )
