"""From a request to what the upstream is sent: everything that was asked, and nothing else."""

from typing import Any

import msgspec
import pytest
from engine_answers import Json, planned, sources
from hypothesis import given
from hypothesis import strategies as st

from antiphon.engine.dialects import DIALECTS, dialect
from antiphon.engine.prepare import read_request
from antiphon.errors import InvalidRequest
from antiphon.wire.responses import CreateResponse

BARE = {"model", "messages", "stream", "stream_options"}
TOOL = {"type": "function", "name": "f"}


def test_nothing_is_sent_that_wasnt_asked() -> None:
    assert planned().body == {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert planned().notes.headers() == {}


def test_null_is_the_same_as_absent() -> None:
    nulls: dict[str, Any] = dict.fromkeys(set(CreateResponse.__struct_fields__) - {"model", "input"}, None)
    one, other = planned(**nulls, unknown=None), planned()
    assert one.body == other.body
    assert one.response == other.response
    assert one.notes == other.notes


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ({"temperature": 0}, {"temperature": 0.0}),
        ({"top_p": 0.5}, {"top_p": 0.5}),
        ({"presence_penalty": -2}, {"presence_penalty": -2.0}),
        ({"frequency_penalty": 0.0}, {"frequency_penalty": 0.0}),
        ({"max_output_tokens": 9}, {"max_completion_tokens": 9}),
        ({"reasoning": {"effort": "low"}}, {"reasoning_effort": "low"}),
        ({"reasoning": {}}, {}),
        ({"text": {"verbosity": "low"}}, {"verbosity": "low"}),
        ({"text": {"format": {"type": "text"}}}, {}),
        ({"text": {"format": {"type": "json_object"}}}, {"response_format": {"type": "json_object"}}),
        (
            {"text": {"format": {"type": "json_schema", "name": "n", "schema": {"a": {}}, "strict": True}}},
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"a": {}}, "strict": True}}},
        ),
        ({"top_logprobs": 3}, {"logprobs": True, "top_logprobs": 3}),
        ({"top_logprobs": 0}, {}),
        ({"include": ["message.output_text.logprobs"]}, {"logprobs": True}),
        ({"service_tier": "flex"}, {"service_tier": "flex"}),
        ({"service_tier": "auto"}, {}),
        ({"prompt_cache_key": "k"}, {"prompt_cache_key": "k"}),
        ({"prompt_cache_retention": "24h"}, {"prompt_cache_retention": "24h"}),
        ({"safety_identifier": "s"}, {"safety_identifier": "s"}),
        ({"user": "u"}, {"user": "u"}),
        ({"parallel_tool_calls": False}, {}),
        ({"tools": [TOOL], "parallel_tool_calls": False}, {"tools": [{"type": "function", "function": {"name": "f"}}], "parallel_tool_calls": False}),
        ({"metadata": {"a": "b"}, "store": False, "stream": True, "stream_options": {"include_obfuscation": True}}, {}),
        ({"max_tool_calls": 3, "truncation": "disabled"}, {}),
    ],
)  # fmt: skip
def test_a_field_becomes_what_chat_completions_call_it(asked: Json, sent: Json) -> None:
    plan = planned(**asked)
    assert {name: value for name, value in plan.body.items() if name not in BARE} == sent
    assert plan.notes.headers() == {}


@pytest.mark.parametrize("provider", DIALECTS)
def test_what_a_dialect_lacks_is_noted_and_not_sent(provider: str) -> None:
    asked: dict[str, tuple[str, Json]] = {
        "reasoning_effort": ("reasoning.effort", {"reasoning": {"effort": "low"}}),
        "verbosity": ("text.verbosity", {"text": {"verbosity": "low"}}),
        "logprobs": ("top_logprobs", {"top_logprobs": 3}),
        "service_tier": ("service_tier", {"service_tier": "flex"}),
        "prompt_cache_key": ("prompt_cache_key", {"prompt_cache_key": "k"}),
        "prompt_cache_retention": ("prompt_cache_retention", {"prompt_cache_retention": "24h"}),
        "safety_identifier": ("safety_identifier", {"safety_identifier": "s"}),
        "user": ("user", {"user": "u"}),
    }
    # Where it can't be told to the model it is kept to all the same.
    asked |= (
        {}
        if "parallel_tool_calls" not in dialect(provider).honours
        else {"parallel_tool_calls": ("", {"tools": [TOOL], "parallel_tool_calls": False})}
    )
    for name, (field, fields) in asked.items():
        plan = planned(provider, **fields)
        assert (name in plan.body) == (name in dialect(provider).honours), name
        assert plan.notes.ignored == ([] if name in dialect(provider).honours else [field]), name


SCHEMA = {"type": "json_schema", "name": "n", "schema": {"type": "object"}}


@pytest.mark.parametrize("provider", DIALECTS)
@pytest.mark.parametrize("form", ["json_object", "json_schema"])
def test_a_form_that_a_dialect_lacks_is_seen_to_here(provider: str, form: str) -> None:
    plan = planned(provider, text={"format": SCHEMA if form == "json_schema" else {"type": form}})
    native = form in dialect(provider).formats or (form == "json_object" and "json_schema" in dialect(provider).formats)
    assert plan.notes.approximated == ([] if native else ["text.format"])
    assert plan.notes.ignored == []
    system = [message["content"] for message in plan.body["messages"] if message["role"] == "system"]
    assert any("JSON" in content for content in system) == (not native)
    # What the server can do towards it is asked of it all the same.
    assert ("response_format" in plan.body) == bool(dialect(provider).formats)


@pytest.mark.parametrize("provider", DIALECTS)
def test_the_limit_has_the_dialects_name(provider: str) -> None:
    limits = {"max_tokens", "max_completion_tokens"} & planned(provider, max_output_tokens=9).body.keys()
    assert limits == {dialect(provider).token_limit}


@pytest.mark.parametrize(
    ("fields", "noted"),
    [
        ({"access_programs": {"cyber": "standard"}}, "access_programs"),
        ({"background_options": {}}, "background_options"),
        ({"context_management": [{"type": "compaction"}]}, "context_management[0]"),
        ({"image": {}}, "image"),
        ({"moderation": {"model": "m"}}, "moderation"),
        ({"prompt_cache_options": {}}, "prompt_cache_options"),
        ({"reasoning": {"summary": "auto"}}, "reasoning.summary"),
        ({"reasoning": {"generate_summary": "auto"}}, "reasoning.generate_summary"),
        ({"reasoning": {"mode": "pro"}}, "reasoning.mode"),
        ({"shiny": {"new": 1}}, "shiny"),
        ({"shiny": False}, "shiny"),
    ],
)
def test_what_has_no_effect_is_noted(fields: Json, noted: str) -> None:
    plan = planned(**fields)
    assert plan.notes.ignored == [noted]
    assert plan.body.keys() == BARE


def test_logprobs_asked_by_include_are_noted_by_it() -> None:
    plan = planned("mistral", include=["message.output_text.logprobs"])
    assert plan.notes.ignored == ["include[message.output_text.logprobs]"]


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"model": None}, "model", "missing_required_parameter"),
        ({"model": ""}, "model", "missing_required_parameter"),
        ({"input": None}, "input", "missing_required_parameter"),
        ({"input": []}, "input", "missing_required_parameter"),
        ({"previous_response_id": "r", "conversation": "c"}, "previous_response_id", "mutually_exclusive_parameters"),
        ({"metadata": {"a": "x" * 513}}, "metadata.a", None),
    ],
)
def test_a_request_that_cant_be_is_refused(fields: Json, param: str, code: str | None) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        planned(**fields)
    assert (refusal.value.param, refusal.value.code) == (param, code)


@pytest.mark.parametrize(
    "fields", [{"prompt": {"id": "p"}}, {"previous_response_id": "r"}, {"conversation": {"id": "c"}}]
)
def test_input_may_be_left_out_where_something_else_says_it(fields: Json) -> None:
    asked = read_request(msgspec.json.encode({"model": "m", **fields}), sources())
    assert asked.input == []


def test_the_plan_keeps_the_input_and_whether_to_store() -> None:
    items: list[Any] = [{"role": "user", "content": "a"}, {"type": "new", "x": 1}]
    plan = planned(input=items, store=False).plan
    assert [msgspec.json.decode(item.raw) for item in plan.input] == items
    assert not plan.store
    assert planned().plan.store


# --- any valid request ------------------------------------------------------------------------------------

NUMBERS = st.floats(0, 1) | st.integers(0, 1)
SHORT = st.text("aé \n", max_size=4)
SCHEMAS = st.dictionaries(SHORT, st.none() | NUMBERS | SHORT, max_size=2)
FORMATS = st.one_of(
    st.none(),
    st.just({"type": "text"}),
    st.just({"type": "json_object"}),
    st.fixed_dictionaries(
        {"type": st.just("json_schema"), "name": SHORT, "schema": SCHEMAS},
        optional={"strict": st.none() | st.booleans(), "description": st.none() | SHORT},
    ),
)
TOOLS: st.SearchStrategy[list[Json]] = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {"type": st.just("function"), "name": st.sampled_from(["f", "g"])},
            optional={
                "parameters": st.none() | SCHEMAS,
                "strict": st.none() | st.booleans(),
                "description": st.none() | SHORT,
            },
        ),
        st.sampled_from(
            [
                {"type": "web_search"},
                {"type": "file_search", "vector_store_ids": ["v"]},
                {"type": "mcp", "server_label": "l", "server_url": "https://e.org", "authorization": "SECRET", "headers": {"x": "SECRET"}},
                {"type": "custom", "name": "c"},
                {"type": "local_shell"},
                {"type": "code_interpreter", "container": {"type": "auto"}},
                {"type": "image_generation"},
                {"type": "namespace", "name": "n", "description": "d", "tools": [{"type": "function", "name": "h"}]},
                {"type": "tool_search"},
                {"type": "apply_patch"},
            ]
        ),
    ),
    max_size=4,
    unique_by=lambda tool: tool.get("name") or tool["type"],
)  # fmt: skip
CHOICES = st.sampled_from(
    ["none", "auto", "required", {"type": "web_search_preview"}, {"type": "mcp", "server_label": "l"}]
)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "access_programs": maybe(st.just({"cyber": "standard"})),
        "background_options": maybe(st.just({"completion_window": "2h"})),
        "context_management": maybe(st.just([{"type": "compaction", "compact_threshold": 5}])),
        "frequency_penalty": maybe(NUMBERS),
        "image": maybe(st.fixed_dictionaries({}, optional={"context_compression": st.sampled_from([None, "auto", "enabled", "disabled"])})),
        "include": maybe(st.lists(st.sampled_from(["reasoning.encrypted_content", "message.output_text.logprobs", "file_search_call.results"]))),
        "instructions": maybe(SHORT),
        "max_output_tokens": maybe(st.integers(1, 10**30)),
        "max_tool_calls": maybe(st.integers(1, 9)),
        "metadata": maybe(st.dictionaries(SHORT, SHORT, max_size=3)),
        "moderation": maybe(st.just({"model": "m", "policy": None})),
        "parallel_tool_calls": maybe(st.booleans()),
        "presence_penalty": maybe(NUMBERS),
        "prompt": maybe(st.just({"id": "p", "version": None, "variables": {"a": "b"}})),
        "prompt_cache_key": maybe(SHORT),
        "prompt_cache_options": maybe(st.fixed_dictionaries({}, optional={"mode": maybe(st.just("explicit")), "ttl": maybe(st.just("12h")), "prewarm": maybe(st.booleans())})),
        "prompt_cache_retention": st.sampled_from([None, "24h", "in_memory"]),
        "reasoning": maybe(st.fixed_dictionaries({}, optional={"effort": st.sampled_from([None, "none", "max"]), "summary": st.sampled_from([None, "auto"]), "mode": maybe(SHORT)})),
        "safety_identifier": maybe(SHORT),
        "service_tier": st.sampled_from([None, "auto", "default", "flex"]),
        "store": maybe(st.booleans()),
        "stream": maybe(st.booleans()),
        "temperature": maybe(NUMBERS),
        "text": maybe(st.fixed_dictionaries({}, optional={"format": FORMATS, "verbosity": st.sampled_from([None, "low"])})),
        "tool_choice": maybe(CHOICES),
        "tools": maybe(TOOLS),
        "top_logprobs": maybe(st.integers(0, 20)),
        "top_p": maybe(NUMBERS),
        "truncation": st.sampled_from([None, "auto", "disabled"]),
        "user": maybe(SHORT),
        "shiny": maybe(SHORT),
    },
)  # fmt: skip

KEPT_BACK = {
    "background_options", "context_management", "include", "moderation", "shiny", "stream",
    "image", "prompt_cache_options", "reasoning", "text", "tools", "tool_choice",
}  # fmt: skip
"""Fields that a response has no place for, or shows with more than was said."""


@given(fields=REQUESTS, provider=st.sampled_from(sorted(DIALECTS)))
def test_any_valid_request_has_a_judged_response_and_an_honest_call(fields: Json, provider: str) -> None:
    plan = planned(provider, **fields)
    response = plan.response  # checked and judged
    said = {name: value for name, value in fields.items() if value is not None}
    for name in said.keys() - KEPT_BACK:
        assert response[name] == said[name], name
    assert b"SECRET" not in msgspec.json.encode([response, plan.body])
    assert b"null" not in msgspec.json.encode(
        {name: plan.body[name] for name in plan.body.keys() - {"messages", "response_format", "tools"}}
    )
    assert all(value is not None for value in plan.body.values())
    if "shiny" in said:
        assert "shiny" in plan.notes.ignored
    allowed = BARE | {
        dialect(provider).token_limit,
        "temperature",
        "top_p",
        "presence_penalty",
        "frequency_penalty",
        "tools",
        "top_logprobs",
        *(["response_format"] if dialect(provider).formats else []),
    }
    assert plan.body.keys() <= allowed | dialect(provider).honours
