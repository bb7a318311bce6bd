"""Every field of `POST /v1/responses`, sent with a valid value, with null and with a mistyped one.

The rows are the request parameters of the API reference, and two that clients still send.
"""

from typing import Any, NamedTuple

import pytest
from running_server import Answer, Scene

from antiphon.testing import text

SAME: Any = object()
"""The response says what the request said."""
NOT_SHOWN: Any = object()
"""The response object has no such field."""

FUNCTION = {"type": "function", "name": "f", "description": None, "parameters": {"type": "object"}, "strict": True}
FORMAT = {"type": "json_schema", "name": "s", "schema": {"type": "object"}, "description": "d", "strict": True}


class Field(NamedTuple):
    """A row: values to send, how the valid one is echoed, and the `param` of the error for the mistyped one."""

    name: str
    valid: Any
    mistyped: Any
    echo: Any = SAME
    param: str = ""
    with_it: dict[str, Any] = {}  # noqa: RUF012 - a tuple's default is not changed


FIELDS = [
    Field("access_programs", {"cyber": "standard"}, {"cyber": 1}, param="access_programs.cyber"),
    Field("background", valid=False, mistyped="no"),
    Field("background_options", {"completion_window": "2h"}, [], echo=NOT_SHOWN),
    Field("context_management", [{"type": "compaction", "compact_threshold": 1000}], {}, echo=NOT_SHOWN),
    Field("frequency_penalty", 0.5, "0.5"),
    Field("image", {"context_compression": "enabled"}, "enabled"),
    Field("include", ["message.output_text.logprobs"], "message.output_text.logprobs", echo=NOT_SHOWN),
    Field("instructions", "Be brief.", ["Be brief."]),
    Field("max_output_tokens", 100, "100"),
    Field("max_tool_calls", 3, 3.5),
    Field("metadata", {"key": "value"}, {"key": 1}, param="metadata"),
    Field("moderation", {"model": "omni"}, {"policy": {}}, echo=None, param="moderation.model"),
    Field("parallel_tool_calls", valid=False, mistyped=0),
    Field("presence_penalty", -0.5, []),
    Field("prompt_cache_key", "key", 7),
    Field(
        "prompt_cache_options", {"mode": "explicit", "ttl": "12h"}, {"ttl": "1h"},
        echo={"mode": "explicit", "ttl": "12h", "comparison_response_id": None}, param="prompt_cache_options.ttl",
    ),
    Field("prompt_cache_retention", "24h", "25h"),
    Field("reasoning", {"effort": "low", "summary": "auto"}, {"effort": "huge"}, param="reasoning.effort"),
    Field("safety_identifier", "user-1", {}),
    Field("service_tier", "default", "slow"),
    Field("store", valid=False, mistyped="false"),
    Field("stream", valid=False, mistyped="false", echo=NOT_SHOWN),
    Field("stream_options", {"include_obfuscation": True}, {"include_obfuscation": "yes"}, echo=NOT_SHOWN,
          param="stream_options.include_obfuscation"),
    Field("temperature", 0.25, "hot"),
    Field("text", {"format": FORMAT, "verbosity": "low"}, {"format": {"type": "yaml"}}, param="text.format.type"),
    Field("tool_choice", "required", 1, with_it={"tools": [FUNCTION]}),
    Field("tools", [FUNCTION], [{"name": "f"}], param="tools[0].type"),
    Field("top_logprobs", 2, 2.5),
    Field("top_p", 0.5, "0.5"),
    Field("truncation", "disabled", "sometimes"),
    Field("user", "user-1", 1),
]  # fmt: skip
REQUIRED = [Field("input", [{"role": "user", "content": "Hello?"}], 7), Field("model", "scripted/m", ["m"])]
REFERRING = [
    Field("conversation", None, 7), Field("previous_response_id", None, 7),
    Field("prompt", None, {"version": "2"}, param="prompt.id"),
]  # fmt: skip
"""Their valid values name what must be there; other tests send these."""

PARAMETERS = frozenset(
    [
        "access_programs",
        "background",
        "background_options",
        "context_management",
        "conversation",
        "image",
        "include",
        "input",
        "instructions",
        "max_output_tokens",
        "max_tool_calls",
        "metadata",
        "model",
        "moderation",
        "parallel_tool_calls",
        "previous_response_id",
        "prompt",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "reasoning",
        "safety_identifier",
        "service_tier",
        "store",
        "stream_options",
        "temperature",
        "text",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "truncation",
        "user",
    ]
)
"""The API reference, "Create a model response"; `stream` is left out there by the way it was read."""


def test_no_parameter_of_the_reference_is_left_out() -> None:
    assert {field.name for field in [*FIELDS, *REQUIRED, *REFERRING]} >= PARAMETERS


def by_name(field: Field) -> str:
    return field.name


@pytest.mark.parametrize("field", FIELDS, ids=by_name)
def test_a_valid_value_is_taken_and_echoed(scene: Scene, field: Field) -> None:
    scene.play(text("Hello!"))
    answer = scene.answer(**field.with_it, **{field.name: field.valid})
    assert answer.status == 200, answer.body
    if field.echo is NOT_SHOWN:
        assert field.name not in answer.response
    else:
        assert answer.response[field.name] == (field.valid if field.echo is SAME else field.echo)


@pytest.mark.parametrize("field", [field for field in FIELDS if field.name != "stream"], ids=by_name)
def test_a_valid_value_is_taken_in_a_stream(scene: Scene, field: Field) -> None:
    scene.play(text("Hello!"))
    answer = scene.stream(**field.with_it, **{field.name: field.valid})
    assert answer.status == 200, answer.body
    assert answer.text == "Hello!"


@pytest.mark.parametrize("field", [*FIELDS, *REFERRING], ids=by_name)
def test_null_is_the_same_as_absent(scene: Scene, field: Field) -> None:
    scene.play(text("Hello!"), text("Hello!"))
    absent, null = scene.answer(**field.with_it), scene.answer(**field.with_it, **{field.name: None})
    assert null.status == 200, null.body
    assert lasting(null) == lasting(absent)
    assert null.headers.get("antiphon-ignored") == absent.headers.get("antiphon-ignored")
    first, second = scene.calls
    assert first.json == second.json


@pytest.mark.parametrize("field", REQUIRED, ids=by_name)
def test_null_is_the_same_as_absent_where_a_value_is_due(scene: Scene, field: Field) -> None:
    answer = scene.answer(**{field.name: None})
    assert (answer.status, answer.error["param"]) == (400, field.name)
    assert answer.error["code"] == "missing_required_parameter"


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
@pytest.mark.parametrize("field", [*FIELDS, *REQUIRED, *REFERRING], ids=by_name)
def test_a_mistyped_value_is_named(scene: Scene, field: Field, *, stream: bool) -> None:
    answer = scene.answer(**{"stream": stream, **field.with_it, field.name: field.mistyped})
    assert answer.status == 400, answer.body
    assert answer.error["type"] == "invalid_request_error"
    assert answer.error["param"] == (field.param or field.name)
    assert answer.error["param"].split(".")[0].split("[")[0] in answer.error["message"]
    assert scene.calls == []


def lasting(answer: Answer) -> dict[str, Any]:
    """A response without what is new each time."""
    shown = {name: value for name, value in answer.response.items() if name not in {"id", "created_at", "completed_at"}}
    return {**shown, "output": [{**item, "id": ""} for item in shown["output"]]}
