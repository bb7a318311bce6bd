"""Valid streams of Responses events, built by hand, and ways to break them, for the tests of the checkers.

Not here: streams that this project's own engine makes. Import as `sample_streams`.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from antiphon.testing import StreamViolation, check_stream

Json = dict[str, Any]
Events = list[Json]
Mutation = Callable[[Events], object]


def snapshot(status: str, output: list[Json], **fields: Any) -> Json:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1000,
        "status": status,
        "model": "m",
        "output": output,
        "error": None,
        "incomplete_details": None,
        "completed_at": 1001 if status == "completed" else None,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "top_logprobs": 0,
        "temperature": 1.0,
        "top_p": 1.0,
        "tool_choice": "auto",
        "truncation": "disabled",
        "background": False,
        "store": True,
        "service_tier": "default",
        "tools": [],
        "parallel_tool_calls": True,
        "text": {"format": {"type": "text"}},
        "metadata": {},
        "usage": None,
        **fields,
    }


def item_events(opened: Json, between: list[tuple[str, Json]], done: Json) -> Events:
    """The events of one item; `opened` and `between` hold what differs from `done` and from an item event."""
    kind, key = done["type"], done["id"]
    between = [(name.replace("~", kind), fields) for name, fields in between]
    no_id = {"shell_call_command.added", "shell_call_command.delta", "shell_call_command.done"}
    return [
        {"type": "response.output_item.added", "item": {**done, **opened}},
        *(
            {"type": f"response.{name}", **({} if name in no_id else {"item_id": key}), **fields}
            for name, fields in between
        ),
        {"type": "response.output_item.done", "item": done},
    ]


def text_part(text: str, annotations: list[Json] | None = None) -> Json:
    return {"type": "output_text", "text": text, "annotations": annotations or [], "logprobs": []}


CITATION: Json = {"type": "url_citation", "url": "https://example.org", "title": "t", "start_index": 0, "end_index": 2}


def message(key: str = "msg_1", status: str = "completed") -> Events:
    c0, c1 = {"content_index": 0}, {"content_index": 1}
    part, refusal = text_part("Hello", [CITATION]), {"type": "refusal", "refusal": "No."}
    done = {"id": key, "type": "message", "role": "assistant", "status": status, "content": [part, refusal]}
    between: list[tuple[str, Json]] = [
        ("content_part.added", {**c0, "part": text_part("")}),
        ("output_text.delta", {**c0, "delta": "Hel", "logprobs": []}),
        ("output_text.annotation.added", {**c0, "annotation_index": 0, "annotation": CITATION}),
        ("output_text.delta", {**c0, "delta": "lo", "logprobs": []}),
        ("output_text.done", {**c0, "text": "Hello", "logprobs": []}),
        ("content_part.done", {**c0, "part": part}),
        ("content_part.added", {**c1, "part": {"type": "refusal", "refusal": ""}}),
        ("refusal.delta", {**c1, "delta": "No."}),
        ("refusal.done", {**c1, "refusal": "No."}),
        ("content_part.done", {**c1, "part": refusal}),
    ]
    return item_events({"status": "in_progress", "content": []}, between, done)


def reasoning() -> Events:
    summaries = [{"type": "summary_text", "text": text} for text in ("First.", "Then.")]
    content = {"type": "reasoning_text", "text": "Hm."}
    done = {"id": "rs_1", "type": "reasoning", "summary": summaries, "content": [content], "encrypted_content": "xx"}
    between: list[tuple[str, Json]] = []
    for number, part in enumerate(summaries):
        at = {"summary_index": number}
        between += [
            ("reasoning_summary_part.added", {**at, "part": {"type": "summary_text", "text": ""}}),
            ("reasoning_summary_text.delta", {**at, "delta": part["text"]}),
            ("reasoning_summary_text.done", {**at, "text": part["text"]}),
            ("reasoning_summary_part.done", {**at, "part": part}),
        ]
    at = {"content_index": 0}
    between += [
        ("content_part.added", {**at, "part": {"type": "reasoning_text", "text": ""}}),
        ("reasoning_text.delta", {**at, "delta": "Hm."}),
        ("reasoning_text.done", {**at, "text": "Hm."}),
        ("content_part.done", {**at, "part": content}),
    ]
    return item_events({"summary": [], "content": [], "encrypted_content": ""}, between, done)


def function_call(key: str = "fc_1", status: str = "completed") -> Events:
    done = {"id": key, "type": "function_call", "call_id": "call_1", "name": "f", "arguments": '{"a":1}'}
    between: list[tuple[str, Json]] = [
        ("~_arguments.delta", {"delta": '{"a":'}),
        ("~_arguments.delta", {"delta": "1}"}),
        ("~_arguments.done", {"arguments": '{"a":1}', "name": "f"}),
    ]
    return item_events({"status": "in_progress", "arguments": ""}, between, {**done, "status": status})


def simple(kind: str, key: str, steps: list[tuple[str, Json]], **fields: Any) -> Events:
    """An item whose opened form differs from its finished one in status alone."""
    done = {"id": key, "type": kind, "status": "completed", **fields}
    return item_events({"status": "in_progress"}, steps, done)


def tools() -> Iterator[Events]:
    step: Json = {}
    listed = {"id": "mcpl_1", "type": "mcp_list_tools", "server_label": "s", "tools": []}
    yield item_events({}, [("~.in_progress", step), ("~.completed", step)], listed)
    yield item_events(
        {"status": "in_progress", "arguments": ""},
        [
            ("~.in_progress", step),
            ("~_arguments.delta", {"delta": "{}"}),
            ("~.in_progress", step),
            ("~_arguments.done", {"arguments": "{}"}),
            ("~.completed", step),
        ],
        {"id": "mcp_1", "type": "mcp_call", "status": "completed", "server_label": "s", "name": "n", "arguments": "{}"},
    )
    hosted = [("~.in_progress", step), ("~.searching", step), ("~.completed", step)]
    yield simple("file_search_call", "fs_1", hosted, queries=["q"])
    yield simple("web_search_call", "ws_1", hosted, action={"type": "search", "query": "q"})
    yield item_events(
        {"status": "in_progress", "code": ""},
        [
            ("~.in_progress", step),
            ("~_code.delta", {"delta": "1+"}),
            ("~_code.delta", {"delta": "1"}),
            ("~_code.done", {"code": "1+1"}),
            ("~.interpreting", step),
            ("~.completed", step),
        ],
        {"id": "ci_1", "type": "code_interpreter_call", "status": "completed", "container_id": "c", "code": "1+1"},
    )
    shown = {"partial_image_index": 0, "partial_image_b64": "aA=="}
    images = [("~.in_progress", step), ("~.generating", step), ("~.partial_image", shown), ("~.completed", step)]
    yield simple("image_generation_call", "ig_1", images, result="aGk=")
    yield simple("tool_search_call", "tsc_1", [], arguments={}, call_id="call_2", execution="client")


def local_tools() -> Iterator[Events]:
    yield item_events(
        {"status": "in_progress", "input": ""},
        [("~_input.delta", {"delta": "SELECT"}), ("~_input.done", {"input": "SELECT"})],
        {
            "id": "ctc_1",
            "type": "custom_tool_call",
            "status": "completed",
            "call_id": "c",
            "name": "n",
            "input": "SELECT",
        },
    )
    commands = ["ls", "pwd"]
    between: list[tuple[str, Json]] = []
    for number, command in enumerate(commands):
        at = {"command_index": number}
        between += [
            ("~_command.added", {**at, "command": ""}),
            ("~_command.delta", {**at, "delta": command}),
            ("~_command.done", {**at, "command": command}),
        ]
    done = {"id": "sh_1", "type": "shell_call", "status": "completed", "call_id": "c", "action": {"commands": commands}}
    yield item_events({"status": "in_progress", "action": {"commands": []}}, between, done)
    printed = {"stdout": "ab", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}
    yield item_events(
        {"status": "in_progress", "output": []},
        [
            ("~_content.delta", {"command_index": 0, "delta": {"stdout": "a"}}),
            ("~_content.delta", {"command_index": 0, "delta": {"stdout": "b"}}),
            ("~_content.done", {"command_index": 0, "output": [printed]}),
            ("~_content.done", {"command_index": 1, "output": []}),
        ],
        {"id": "sho_1", "type": "shell_call_output", "status": "completed", "call_id": "c", "output": [printed]},
    )
    operation = {"type": "create_file", "path": "p", "diff": "+x"}
    yield item_events(
        {"status": "in_progress", "operation": {**operation, "diff": ""}},
        [("~_operation_diff.delta", {"delta": "+x"}), ("~_operation_diff.done", {"diff": "+x"})],
        {"id": "apc_1", "type": "apply_patch_call", "status": "completed", "call_id": "c", "operation": operation},
    )


def stream(
    *items: Events, kind: str = "completed", start: tuple[str, ...] = ("created", "in_progress"), **end: Any
) -> Events:
    """A whole stream around these items, numbered."""
    events: Events = []
    first = "queued" if "queued" in start else "in_progress"
    for name in start:
        status = "in_progress" if name == "in_progress" else first
        events.append({"type": f"response.{name}", "response": snapshot(status, [])})
    for index, item in enumerate(items):
        events += [{**event, "output_index": index} for event in item]
    if kind == "failed":
        error = {"code": "upstream_cut", "message": "cut", "param": None}
        events.append({"type": "error", **error, "error": {"type": "upstream_error", **error}})
        end = {"error": {"code": "server_error", "message": "cut"}, **end}
    output = [item[-1]["item"] for item in items]
    events.append({"type": f"response.{kind}", "response": snapshot(**{"status": kind, "output": output, **end})})
    return numbered(fresh(events))


def fresh(value: Any) -> Any:
    """A copy that shares nothing, not even equal parts among each other."""
    return json.loads(json.dumps(value))


def numbered(events: Events, start: int = 0) -> Events:
    for number, event in enumerate(events, start):
        event["sequence_number"] = number
    return events


def everything() -> Events:
    return stream(*tools(), reasoning(), function_call(), *local_tools(), message())


def as_sse(events: Events) -> bytes:
    return b"".join(b"event: %s\ndata: %s\n\n" % (e["type"].encode(), json.dumps(e).encode()) for e in events)


def find(events: Events, kind: str, number: int = 0) -> int:
    return [index for index, event in enumerate(events) if event["type"] in {kind, f"response.{kind}"}][number]


def change(kind: str, path: str, value: Any, number: int = 0) -> Mutation:
    """Set the field at a dotted path of an event; a list is extended at `+`."""

    def mutate(events: Events) -> None:
        holder: Any = events[find(events, kind, number)]
        *way, last = path.split(".")
        for key in way:
            holder = holder[int(key)] if isinstance(holder, list) else holder[key]
        if last == "+":
            holder.append(value)
        elif isinstance(holder, list):
            holder[int(last)] = value
        else:
            holder[last] = value

    return mutate


def both(*mutations: Mutation) -> Mutation:
    def mutate(events: Events) -> None:
        for mutation in mutations:
            mutation(events)

    return mutate


def drop(kind: str, number: int = 0) -> Mutation:
    def mutate(events: Events) -> None:
        del events[find(events, kind, number)]
        numbered(events)

    return mutate


def again(kind: str, number: int = 0) -> Mutation:
    def mutate(events: Events) -> None:
        at = find(events, kind, number)
        events.insert(at, fresh(events[at]))
        numbered(events)

    return mutate


def swap(kind: str, number: int = 0) -> Mutation:
    """Exchange an event with the next one."""

    def mutate(events: Events) -> None:
        at = find(events, kind, number)
        events[at], events[at + 1] = events[at + 1], events[at]
        numbered(events)

    return mutate


def insert(at: int, event: Json) -> Mutation:
    def mutate(events: Events) -> None:
        events.insert(at, fresh(event))
        numbered(events)

    return mutate


def without(kind: str, field: str) -> Mutation:
    return lambda events: events[find(events, kind)].pop(field)


def drop_item(events: Events) -> None:
    """Lose the first item, but not from the final response."""
    del events[2 : find(events, "output_item.done") + 1]
    for event in events:
        if "output_index" in event:
            event["output_index"] -= 1
    numbered(events)


def interleave(events: Events) -> None:
    """Open the second item before the first is done."""
    events.insert(find(events, "output_item.done"), events.pop(find(events, "output_item.added", 1)))
    numbered(events)


def delta_between_items(events: Events) -> None:
    """Repeat the first item's first delta after that item is done."""
    events.insert(find(events, "output_item.done") + 1, fresh(events[find(events, "function_call_arguments.delta")]))
    numbered(events)


def reuse_id(events: Events) -> None:
    """Give the second function call the first one's id, everywhere."""
    text = json.dumps(events).replace("fc_2", "fc_1")
    events[:] = json.loads(text)


FAILED = stream(message(), kind="failed")
TWO_CALLS = stream(function_call("fc_1"), function_call("fc_2"))
PLAIN = stream(message())
EVERYTHING = everything()
CUT = stream(message(status="incomplete"), kind="incomplete", incomplete_details={"reason": "max_output_tokens"})


def refused(events: Events | bytes) -> StreamViolation:
    """How the stream is refused; the test fails where it isn't."""
    with pytest.raises(StreamViolation) as caught:
        check_stream(events)
    return caught.value


def demand_refused(rule: str, events: Events, mutate: Mutation) -> None:
    """The valid stream passes; broken, it is refused by this rule."""
    check_stream(events)
    damaged = fresh(events)
    mutate(damaged)
    assert damaged != events
    violation = refused(damaged)
    assert violation.rule == rule, str(violation)


ITEM_RULES = {
    "item-id",
    "item-identity",
    "item-opened",
    "item-grammar",
    "item-status",
    "item-text",
    "content-index",
    "summary-index",
    "command-index",
    "annotation-index",
    "annotation",
    "delta-sum",
    "part",
}
"""Broken in the tests of `open_item`."""

RESPONSE_RULES = {"response-object", "response-nulls", "response-details", "id-prefix", "item-fields", "usage"}
"""Broken in the tests of `check_response`."""
