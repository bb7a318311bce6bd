"""The look of the demo, event by event, on screens of several kinds."""

from io import StringIO

from openai.types.responses import ResponseStreamEvent, ResponseTextDeltaEvent, ResponseTextDoneEvent

from demo_screen import LEFT, Screen


def delta(text: str) -> ResponseStreamEvent:
    return ResponseTextDeltaEvent(
        type="response.output_text.delta", delta=text, item_id="m", output_index=0, content_index=0,
        sequence_number=0, logprobs=[],
    )  # fmt: skip


DONE = ResponseTextDoneEvent(
    type="response.output_text.done", text="", item_id="m", output_index=0, content_index=0, sequence_number=0,
    logprobs=[],
)  # fmt: skip


def shown(*events: ResponseStreamEvent, colours: bool = False, width: int = 60) -> list[str]:
    out = StringIO()
    screen = Screen(out, colours, width)
    for event in events:
        screen.event(event)
    return out.getvalue().splitlines()


def test_deltas_flow_under_one_name() -> None:
    assert shown(delta("one"), delta(" two"), DONE) == [
        "response.output_text.delta".ljust(LEFT) + "one two  (2 deltas)",
        "response.output_text.done",
    ]


def test_a_piece_that_does_not_fit_begins_a_new_line() -> None:
    lines = shown(delta("fourteen chars"), delta(" sevenmore"), DONE)
    assert lines[0] == "response.output_text.delta".ljust(LEFT) + "fourteen chars"
    assert lines[1:] == [" " * LEFT + "sevenmore", " " * LEFT + "(2 deltas)", "response.output_text.done"]


def test_names_are_dimmed_where_there_are_colours() -> None:
    assert shown(DONE, colours=True) == ["\x1b[2mresponse.output_text.done\x1b[0m"]


def test_no_color_and_dumb_terminals_are_plain() -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    assert Screen.of(Terminal(), {"TERM": "xterm"}).colours
    assert not Screen.of(Terminal(), {"TERM": "xterm", "NO_COLOR": "1"}).colours
    assert not Screen.of(Terminal(), {"TERM": "dumb"}).colours
    assert not Screen.of(StringIO(), {"TERM": "xterm"}).colours
