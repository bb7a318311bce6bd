"""Functions of the client, which are called under their own names."""

from engine_answers import answered, call


def test_a_call_is_an_item_with_its_arguments_piece_by_piece() -> None:
    answer = answered(call(0, "call_1", "f"), call(0, arguments='{"a"'), call(0, arguments=": 1}"))
    assert answer.names == [
        "output_item.added", "function_call_arguments.delta", "function_call_arguments.delta",
        "function_call_arguments.done", "output_item.done", "completed",
    ]  # fmt: skip
    assert answer.said == [("f", '{"a": 1}')]
    done = next(event for event in answer.events if event["type"].endswith("arguments.done"))
    assert (done["name"], done["arguments"]) == ("f", '{"a": 1}')
