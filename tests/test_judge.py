"""The judge itself: good samples pass, and whatever is left out or mistyped is caught."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from judge import (
    EVENTS,
    Misshapen,
    extras,
    judge_conversation,
    judge_conversation_item,
    judge_event,
    judge_item,
    judge_model,
    judge_models,
    judge_page,
    judge_response,
)
from openai.types.conversations import ConversationItemList
from pydantic import BaseModel
from sample_streams import EVERYTHING, FAILED, Json, fresh, message, snapshot

USAGE: Json = {
    "input_tokens": 1,
    "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
    "output_tokens": 2,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 3,
}
FULL = snapshot("completed", EVERYTHING[-1]["response"]["output"], usage=USAGE)
PAGE: Json = {"object": "list", "data": [message("msg_1")[-1]["item"]], "first_id": "msg_1", "last_id": "msg_1"}
PAGE["has_more"] = False
MODEL: Json = {"id": "ollama/qwen3", "object": "model", "created": 1, "owned_by": "ollama"}


def faults(judge: Any, data: Json) -> list[str]:
    with pytest.raises(Misshapen) as caught:
        judge(data)
    return caught.value.faults


def test_every_event_of_the_samples_passes() -> None:
    for event in [*EVERYTHING, *FAILED]:
        judge_event(event)


def test_a_full_response_passes() -> None:
    judge_response(FULL)


def required(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items() if field.is_required()]


def required_paths(value: Any, annotation: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a sample where the SDK requires a field, found by its own models."""
    if isinstance(value, list):
        for index, entry in enumerate(value):
            yield from required_paths(entry, annotation, (*path, index))
    if not isinstance(value, dict):
        return
    models = [found for found in _models(annotation) if _is_meant(found, value)]
    for name in required(models[0]) if models else []:
        yield (*path, name)
        yield from required_paths(value[name], models[0].model_fields[name].annotation, (*path, name))
    for name, field in models[0].model_fields.items() if models else []:
        if not field.is_required() and name in value:
            yield from required_paths(value[name], field.annotation, (*path, name))


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _is_meant(model: type[BaseModel], value: Json) -> bool:
    field = model.model_fields.get("type")
    return field is None or value.get("type") in get_args(field.annotation)


def dropped(data: Json, path: tuple[str | int, ...]) -> Json:
    copy = fresh(data)
    holder: Any = copy
    for step in path[:-1]:
        holder = holder[step]
    del holder[path[-1]]
    return copy  # type: ignore[no-any-return]  # JSON in, JSON out


def test_each_required_field_of_a_response_is_missed() -> None:
    from_models = _models(EVENTS["response.completed"])
    paths = sorted(
        set(required_paths({"type": "response.completed", "response": FULL, "sequence_number": 0}, from_models[0])),
        key=str,
    )
    inside = [path[1:] for path in paths if path[0] == "response" and len(path) > 1]
    assert len(inside) > 100
    assert {("usage", "input_tokens_details", "cache_write_tokens"), ("parallel_tool_calls",)} <= set(inside)
    for path in inside:
        named = ".".join(map(str, path))
        found = faults(judge_response, dropped(FULL, path))
        # Where the name of the kind itself is missing, the fault names the object that lacks it.
        assert any(fault.startswith((f"{named}:", f"{named.rpartition('.')[0]}:")) for fault in found), (named, found)


def test_each_required_field_of_an_event_is_missed() -> None:
    seen = set()
    for event in [*EVERYTHING, *FAILED]:
        for name in required(EVENTS[event["type"]]) if event["type"] in EVENTS else []:
            seen.add(event["type"])
            assert faults(judge_event, dropped(event, (name,))), (event["type"], name)
    assert len(seen) > 40


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("created_at", "1", "created_at: Input should be a valid number"),
        ("created_at", True, "created_at: Input should be a valid number"),
        ("parallel_tool_calls", 1, "parallel_tool_calls: Input should be a valid boolean"),
        ("status", "done", "status: Input should be 'completed', "),
        ("object", "thing", "object: Input should be 'response'"),
        ("output", None, "output: Input should be a valid array"),
        ("tools", {}, "tools: Input should be a valid array"),
        ("metadata", {"a": 1}, "metadata.a: Input should be a valid string"),
        ("tool_choice", "maybe", "tool_choice: 'maybe' is none of the kinds"),
        ("tool_choice", {"type": "function"}, "tool_choice.name: Field required"),
        ("text", {"format": {"type": "json_schema", "name": "x"}}, "text.format.schema: Field required"),
        ("usage.total_tokens", 3.5, "usage.total_tokens: Input should be a valid integer"),
        ("usage.total_tokens", "3", "usage.total_tokens: Input should be a valid integer"),
        ("output.0.type", "hologram", "output.0: type 'hologram' is none of the kinds"),
        ("output.13.status", "done", "output.13.status: Input should be 'in_progress', "),
        ("output.13.content.0.type", "text", "output.13.content.0: type 'text' is none of the kinds"),
        ("output.13.content.0.annotations", None, "output.13.content.0.annotations: Input should be a valid array"),
        ("output.13.content.0.annotations.0.start_index", "0", "output.13.content.0.annotations.0.start_index: "),
    ],
)
def test_a_mistyped_field_is_caught_and_named(path: str, value: object, fault: str) -> None:
    data = fresh(FULL)
    holder: Any = data
    *way, last = path.split(".")
    for step in way:
        holder = holder[int(step)] if step.isdigit() else holder[step]
    holder[last] = value
    found = faults(judge_response, data)
    assert len(found) == 1, found
    assert found[0].startswith(fault)


def test_an_int_is_a_fine_float() -> None:
    judge_response({**FULL, "created_at": 1, "temperature": 1, "top_p": 0})


def test_an_unknown_event_is_refused_and_one_known_to_be_missing_passes() -> None:
    assert faults(judge_event, {"type": "response.sunshine"}) == ["type: 'response.sunshine' is no event of the SDK"]
    assert faults(judge_event, {}) == ["type: None is no event of the SDK"]
    judge_event({"type": "response.apply_patch_call_operation_diff.delta"})


def test_a_bad_response_inside_an_event_is_caught() -> None:
    event = fresh(EVERYTHING[-1])
    event["response"]["output"][0]["tools"] = None
    assert faults(judge_event, event) == ["response.output.0.tools: Input should be a valid array"]


def test_extras_lists_what_the_sdk_does_not_know() -> None:
    assert extras({**FULL, "sunshine": 1, "output": [{**message()[-1]["item"], "mood": "good"}]}) == [
        "frequency_penalty",
        "output.0.mood",
        "presence_penalty",
        "store",
        "sunshine",
    ]
    assert extras(MODEL) == []
    assert extras({**MODEL, "meta": 1}) == ["meta"]
    assert extras(FAILED[-2]) == ["error"]
    assert extras({**PAGE, "count": 1}) == ["count"]
    assert extras({**message()[-1]["item"], "mood": "good"}) == ["mood"]


def test_items_pages_models_and_conversations() -> None:
    judge_page(PAGE)
    judge_page(PAGE, ConversationItemList)
    judge_page({**PAGE, "data": [], "first_id": "", "last_id": ""})
    judge_models({"object": "list", "data": [MODEL]})
    judge_conversation({"id": "conv_1", "object": "conversation", "created_at": 1, "metadata": {}})
    user = {"id": "msg_1", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
    judge_item({**user, "status": "completed"})
    judge_conversation_item({**user, "status": "completed"})


@pytest.mark.parametrize(
    ("judge", "data"),
    [
        (judge_page, {**PAGE, "last_id": "msg_2"}),
        (judge_page, {**PAGE, "first_id": "msg_0"}),
        (judge_page, {**PAGE, "first_id": None, "data": []}),
        (judge_page, {**PAGE, "data": [{"id": "msg_1", "type": "message", "role": "user", "content": "Hi"}]}),
        (judge_models, {"object": "list", "data": None}),
        (judge_models, {"object": "models", "data": []}),
        (judge_models, {"object": "list", "data": [{"id": "x"}]}),
        *((judge_model, {key: value for key, value in MODEL.items() if key != left}) for left in MODEL),
        (judge_model, {**MODEL, "created": 1.5}),
        (judge_conversation, {"id": "conv_1", "object": "conversation", "created_at": 1}),
        (judge_item, {"id": "fc_1", "type": "function_call", "call_id": "c", "name": "n"}),
        (judge_item, {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}),
        (judge_conversation_item, {"id": "msg_1", "type": "message", "role": "user", "content": []}),
    ],
)
def test_broken_items_pages_models_and_conversations_are_refused(judge: Any, data: Json) -> None:
    assert faults(judge, data)


@pytest.mark.recordings
def test_a_real_answer_lacks_only_what_is_younger_than_it(traces_dir: Path) -> None:
    """The real wire of its day against the SDK of today."""
    found = {}
    for path in sorted((traces_dir / "openai").glob("*.json")):
        data = json.loads(path.read_text())
        if data.get("object") == "response":
            found[path.stem] = faults(judge_response, data)
    younger = "usage.input_tokens_details.cache_write_tokens: Field required"
    assert len(found) > 10
    others = {name: [line for line in lines if line != younger] for name, lines in found.items() if lines != [younger]}
    # Cut down by those who kept it: most fields of the response are left out.
    cut = [f"{name}: Field required" for name in ("parallel_tool_calls", "tool_choice", "tools")]
    assert others == {"openai-phase.1": cut}
