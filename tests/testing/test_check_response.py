"""The law of one answer: valid ones pass, and each way of breaking it is refused by its rule's name."""

from collections.abc import Callable
from typing import Any

import pytest
from sample_streams import EVERYTHING, RESPONSE_RULES, Json, fresh, message, snapshot, text_part

from antiphon.testing import StreamViolation, check_response

USAGE: Json = {
    "input_tokens": 40,
    "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
    "output_tokens": 17,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 57,
}


def answer(status: str = "completed", output: list[Json] | None = None, **fields: Any) -> Json:
    return snapshot(status, [message()[-1]["item"]] if output is None else output, **{"usage": USAGE, **fields})


INCOMPLETE: Json = {"incomplete_details": {"reason": "max_output_tokens"}}
ERROR: Json = {"error": {"code": "server_error", "message": "cut"}}
CUT = message(status="incomplete")[-1]["item"]


@pytest.mark.parametrize(
    "response",
    [
        answer(),
        answer(usage=None),
        answer("in_progress", []),
        answer("queued", []),
        answer("failed", [CUT], **ERROR),
        answer("incomplete", [CUT], **INCOMPLETE),
        answer("cancelled", [CUT]),
        EVERYTHING[-1]["response"],
    ],
    ids=["completed", "no usage", "in progress", "queued", "failed", "incomplete", "cancelled", "every item"],
)
def test_a_right_answer_passes_and_is_given_back(response: Json) -> None:
    assert check_response(response) is response


def item(field: str, value: Any) -> Callable[[Json], object]:
    return lambda response: response["output"][0].update({field: value})


def part(number: int, **fields: Any) -> Callable[[Json], object]:
    return lambda response: response["output"][0]["content"][number].update(fields)


def usage(**fields: Any) -> Callable[[Json], object]:
    return lambda response: response["usage"].update(fields)


def top(**fields: Any) -> Callable[[Json], object]:
    return lambda response: response.update(fields)


NULLS = (
    *("presence_penalty", "frequency_penalty", "top_logprobs", "temperature", "top_p", "tool_choice", "truncation"),
    *("background", "store", "service_tier", "tools", "parallel_tool_calls", "text", "metadata"),
)
COMPLETED, FAILED = answer(), answer("failed", [CUT], **ERROR)

BREAKS: list[tuple[str, str, Json, Callable[[Json], object]]] = [
    # rule, what is broken, the valid answer, the break
    ("response-object", "another object", COMPLETED, top(object="chat.completion")),
    ("response-object", "unknown status", COMPLETED, top(status="done")),
    ("response-object", "no status", COMPLETED, lambda response: response.pop("status")),
    ("response-object", "no output", COMPLETED, top(output=None)),
    *(("response-nulls", f"null {name}", COMPLETED, top(**{name: None})) for name in NULLS),
    ("response-nulls", "missing store", COMPLETED, lambda response: response.pop("store")),
    ("response-nulls", "null text.format", COMPLETED, top(text={"format": None})),
    ("response-details", "completed with error", COMPLETED, top(**ERROR)),
    ("response-details", "failed without error", FAILED, top(error=None)),
    ("response-details", "completed with a reason", COMPLETED, top(**INCOMPLETE)),
    (
        "response-details",
        "incomplete without a reason",
        answer("incomplete", **INCOMPLETE),
        top(incomplete_details=None),
    ),
    ("response-details", "completed at no time", COMPLETED, top(completed_at=None)),
    ("response-details", "failed, yet completed at a time", FAILED, top(completed_at=1001)),
    ("id-prefix", "of the response", COMPLETED, top(id="chatcmpl-1")),
    ("id-prefix", "null", COMPLETED, top(id=None)),
    ("id-prefix", "nothing but the prefix", COMPLETED, top(id="resp_")),
    ("id-prefix", "of an item", COMPLETED, item("id", "1")),
    ("id-prefix", "missing in an item", COMPLETED, lambda response: response["output"][0].pop("id")),
    ("id-prefix", "the same twice", COMPLETED, lambda response: response["output"].append(response["output"][0])),
    ("item-status", "unfinished", COMPLETED, item("status", "in_progress")),
    ("item-status", "none", COMPLETED, item("status", None)),
    ("item-status", "cut, yet the response is completed", COMPLETED, item("status", "incomplete")),
    ("item-fields", "no role", COMPLETED, item("role", None)),
    ("item-fields", "no annotations", COMPLETED, part(0, annotations=None)),
    ("item-fields", "no logprobs", COMPLETED, part(0, logprobs=None)),
    ("item-fields", "no text", COMPLETED, part(0, text=None)),
    ("item-fields", "no refusal", COMPLETED, part(1, refusal=None)),
    ("usage", "a wrong total", COMPLETED, usage(total_tokens=58)),
    ("usage", "null", COMPLETED, usage(input_tokens=None)),
    ("usage", "negative", COMPLETED, usage(input_tokens=-40, total_tokens=-23)),
    ("usage", "no whole number", COMPLETED, usage(output_tokens=17.5)),
    ("usage", "no input details", COMPLETED, usage(input_tokens_details=None)),
    ("usage", "no cache writes", COMPLETED, usage(input_tokens_details={"cached_tokens": 0})),
    ("usage", "no reasoning tokens", COMPLETED, usage(output_tokens_details={})),
]


@pytest.mark.parametrize(
    ("rule", "response", "damage"),
    [pytest.param(rule, response, damage, id=f"{rule}: {name}") for rule, name, response, damage in BREAKS],
)
def test_each_break_is_refused_by_name(rule: str, response: Json, damage: Callable[[Json], object]) -> None:
    check_response(response)
    damaged = fresh(response)
    damage(damaged)
    assert damaged != response
    with pytest.raises(StreamViolation) as caught:
        check_response(damaged)
    assert caught.value.rule == rule, str(caught.value)


def test_every_rule_of_an_answer_has_a_break() -> None:
    assert {rule for rule, *_ in BREAKS} == RESPONSE_RULES | {"item-status"}


def test_a_violation_names_the_place_in_the_output() -> None:
    response = answer(output=[message()[-1]["item"], {**CUT, "id": "msg_2", "content": [text_part("")]}])
    with pytest.raises(StreamViolation, match=r"output\[1\] is incomplete in a completed response"):
        check_response(response)


@pytest.mark.parametrize("kind", ["function_call", "custom_tool_call", "file_search_call", "mcp_call", "shell_call"])
def test_a_call_needs_its_fields(kind: str) -> None:
    whole = next(found for found in EVERYTHING[-1]["response"]["output"] if found["type"] == kind)
    for field in set(whole) - {"type", "results"}:
        with pytest.raises(StreamViolation):
            check_response(answer(output=[{key: value for key, value in whole.items() if key != field}]))
