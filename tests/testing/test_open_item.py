"""The law of one item: each way of breaking it is refused by its rule's name."""

import pytest
from sample_streams import (
    EVERYTHING,
    ITEM_RULES,
    PLAIN,
    TWO_CALLS,
    Events,
    Mutation,
    again,
    both,
    change,
    demand_refused,
    drop,
    swap,
    text_part,
    without,
)

MUTATIONS: list[tuple[str, str, Events, Mutation]] = [
    # rule, what is broken, the valid stream, the break
    ("item-id", "of another", PLAIN, change("output_text.delta", "item_id", "msg_2")),
    ("item-id", "none", PLAIN, without("output_text.done", "item_id")),
    ("item-identity", "another id", PLAIN, change("output_item.done", "item.id", "msg_2")),
    ("item-identity", "another type", PLAIN, change("output_item.done", "item.type", "reasoning")),
    ("item-identity", "another role", PLAIN, change("output_item.done", "item.role", "user")),
    ("item-identity", "another call", TWO_CALLS, change("output_item.done", "item.call_id", "call_2")),
    ("item-identity", "another name", TWO_CALLS, change("function_call_arguments.done", "name", "g")),
    ("item-opened", "opened complete", PLAIN, change("output_item.added", "item.status", "completed")),
    ("item-opened", "opened full", PLAIN, change("output_item.added", "item.content.+", text_part("H"))),
    ("item-grammar", "part not added", PLAIN, drop("content_part.added")),
    ("item-grammar", "text not done", PLAIN, drop("output_text.done")),
    ("item-grammar", "part not done", PLAIN, drop("content_part.done")),
    ("item-grammar", "last part not done", PLAIN, drop("content_part.done", 1)),
    ("item-grammar", "text done twice", PLAIN, again("output_text.done")),
    (
        "item-grammar",
        "delta after done",
        PLAIN,
        both(swap("output_text.delta", 1), change("output_text.done", "text", "Hel")),
    ),
    ("item-grammar", "another part", PLAIN, change("content_part.added", "part.type", "refusal")),
    ("item-grammar", "arguments not done", TWO_CALLS, drop("function_call_arguments.done")),
    (
        "item-grammar",
        "text in a call",
        TWO_CALLS,
        change("function_call_arguments.delta", "type", "response.refusal.delta"),
    ),
    *(
        ("item-grammar", f"{kind} is missing", EVERYTHING, drop(kind))
        for kind in (
            "reasoning_summary_part.added",
            "reasoning_summary_text.done",
            "reasoning_summary_part.done",
            "reasoning_text.done",
            "custom_tool_call_input.done",
            "mcp_list_tools.in_progress",
            "mcp_list_tools.completed",
            "mcp_call_arguments.done",
            "mcp_call.completed",
            "file_search_call.in_progress",
            "file_search_call.searching",
            "file_search_call.completed",
            "web_search_call.searching",
            "code_interpreter_call.in_progress",
            "code_interpreter_call_code.done",
            "code_interpreter_call.interpreting",
            "image_generation_call.generating",
            "shell_call_command.added",
            "shell_call_command.done",
            "apply_patch_call_operation_diff.done",
        )
    ),
    ("item-grammar", "a hosted tool out of order", EVERYTHING, swap("web_search_call.searching")),
    (
        "item-grammar",
        "a shell output not done",
        EVERYTHING,
        both(drop("shell_call_output_content.done"), drop("shell_call_output_content.done")),
    ),
    ("content-index", "starts at 1", PLAIN, change("content_part.added", "content_index", 1)),
    ("content-index", "the same again", PLAIN, change("content_part.added", "content_index", 0, 1)),
    ("content-index", "a delta of another part", PLAIN, change("output_text.delta", "content_index", 1)),
    ("content-index", "none", PLAIN, without("content_part.added", "content_index")),
    ("summary-index", "a gap", EVERYTHING, change("reasoning_summary_part.added", "summary_index", 2, 1)),
    (
        "summary-index",
        "a delta of another part",
        EVERYTHING,
        change("reasoning_summary_text.delta", "summary_index", 1),
    ),
    ("command-index", "a gap", EVERYTHING, change("shell_call_command.added", "command_index", 2, 1)),
    (
        "command-index",
        "output of another command",
        EVERYTHING,
        change("shell_call_output_content.delta", "command_index", 1),
    ),
    ("annotation-index", "starts at 1", PLAIN, change("output_text.annotation.added", "annotation_index", 1)),
    ("annotation-index", "the same again", PLAIN, again("output_text.annotation.added")),
    ("delta-sum", "a text delta lost", PLAIN, drop("output_text.delta")),
    ("delta-sum", "a text delta twice", PLAIN, again("output_text.delta")),
    ("delta-sum", "another text", PLAIN, change("output_text.done", "text", "Hallo")),
    ("delta-sum", "text in the opened part", PLAIN, change("content_part.added", "part.text", "H")),
    ("delta-sum", "a refusal delta lost", PLAIN, drop("refusal.delta")),
    ("delta-sum", "arguments opened full", TWO_CALLS, change("output_item.added", "item.arguments", '{"a":1}')),
    ("delta-sum", "no arguments", TWO_CALLS, without("function_call_arguments.done", "arguments")),
    *(
        ("delta-sum", f"{kind} lost", EVERYTHING, drop(kind))
        for kind in (
            "reasoning_summary_text.delta",
            "reasoning_text.delta",
            "function_call_arguments.delta",
            "custom_tool_call_input.delta",
            "mcp_call_arguments.delta",
            "code_interpreter_call_code.delta",
            "shell_call_command.delta",
            "shell_call_output_content.delta",
            "apply_patch_call_operation_diff.delta",
        )
    ),
    ("part", "another text", PLAIN, change("content_part.done", "part.text", "Hallo")),
    ("part", "another refusal", PLAIN, change("content_part.done", "part.refusal", "Nay.", 1)),
    ("part", "another summary", EVERYTHING, change("reasoning_summary_part.done", "part.text", "Last.")),
    ("part", "the item has one more", PLAIN, change("output_item.done", "item.content.+", text_part("more"))),
    ("part", "the item's part differs", PLAIN, change("output_item.done", "item.content.0.logprobs.+", {"token": "H"})),
    ("part", "a summary that was not streamed", EVERYTHING, change("output_item.done", "item.summary.+", {}, 7)),
    ("item-text", "message", PLAIN, change("output_item.done", "item.content.0.text", "Hallo")),
    ("item-text", "refusal", PLAIN, change("output_item.done", "item.content.1.refusal", "Nay.")),
    ("item-text", "arguments", TWO_CALLS, change("output_item.done", "item.arguments", "{}")),
    ("item-text", "mcp arguments", EVERYTHING, change("output_item.done", "item.arguments", "", 1)),
    ("item-text", "code", EVERYTHING, change("output_item.done", "item.code", "2", 4)),
    ("item-text", "summary", EVERYTHING, change("output_item.done", "item.summary.0.text", "", 7)),
    ("item-text", "reasoning", EVERYTHING, change("output_item.done", "item.content.0.text", "", 7)),
    ("item-text", "custom input", EVERYTHING, change("output_item.done", "item.input", "DROP", 9)),
    ("item-text", "command", EVERYTHING, change("output_item.done", "item.action.commands.1", "rm", 10)),
    ("item-text", "diff", EVERYTHING, change("output_item.done", "item.operation.diff", "-x", 12)),
    ("annotation", "none in the part", PLAIN, change("content_part.done", "part.annotations", [])),
    ("annotation", "not streamed", PLAIN, drop("output_text.annotation.added")),
    ("annotation", "another in the item", PLAIN, change("output_item.done", "item.content.0.annotations", [{}])),
    ("item-status", "done in progress", PLAIN, change("output_item.done", "item.status", "in_progress")),
]


@pytest.mark.parametrize(
    ("rule", "events", "mutate"),
    [pytest.param(rule, events, mutate, id=f"{rule}: {name}") for rule, name, events, mutate in MUTATIONS],
)
def test_each_break_is_refused_by_name(rule: str, events: Events, mutate: Mutation) -> None:
    demand_refused(rule, events, mutate)


def test_every_rule_of_an_item_has_a_break() -> None:
    assert {rule for rule, *_ in MUTATIONS} == ITEM_RULES
