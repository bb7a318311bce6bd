"""Tool calls in the text, split anywhere: the same calls and the same text, whatever the pieces."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.engine.traits import TextCalls
from antiphon.engine.written_calls import Written, WrittenCalls

NAMES = {"f", "g"}
F = Written("f", '{"a": 1}')
HERMES_F = '<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>'
BARE_F = '{"name": "f", "parameters": {"a": 1}}'

FORMS: list[tuple[TextCalls, str, list[str | Written]]] = [
    ("hermes", HERMES_F, [F]),
    ("hermes", f"Let me see.\n\n{HERMES_F}\n{HERMES_F}\n", ["Let me see.", F, F]),
    ("hermes", f"{HERMES_F} And so?", [F, "And so?"]),
    ("hermes", HERMES_F.removesuffix("</tool_call>"), [F]),
    ("hermes", '<tool_call>{"name": "f", "arguments": "{\\"a\\": 1}"}</tool_call>', [F]),
    ("hermes", '<tool_call>{"name": "g", "arguments": {"t": "</tool_call>{[\\""}}</tool_call>',
     [Written("g", '{"t": "</tool_call>{[\\""}')]),
    ("hermes", '<tool_call>{"name": "g", "arguments": {"t": "a\nb"}}</tool_call>', [Written("g", '{"t": "a\\nb"}')]),
    ("hermes", "<tool_call>nothing</tool_call>", ["<tool_call>nothing</tool_call>"]),
    ("hermes", '<tool_call>{"name": "f"', ['<tool_call>{"name": "f"']),
    ("hermes", '<tool_call>{"name": "f"}</tool_call>', ['<tool_call>{"name": "f"}</tool_call>']),
    ("hermes", f'<tool_call>{{"x": 1}} {HERMES_F}', ['<tool_call>{"x": 1}', F]),
    ("hermes", "a < b <tool", ["a < b <tool"]),
    ("hermes", BARE_F, [BARE_F]),
    ("llama", f"<|python_tag|>{BARE_F}", [F]),
    ("llama", f"<|python_tag|>{BARE_F}; {BARE_F}", [F, F]),
    ("llama", BARE_F, [F]),
    ("llama", f"\n{BARE_F};\n{BARE_F}", [F, F]),
    ("llama", f"{BARE_F}\n{BARE_F}", [F, F]),
    ("llama", '<function=f>{"a": 1}</function>', [F]),
    ("llama", '<|python_tag|>print("x")', ['<|python_tag|>print("x")']),
    ("llama", '{"name": "unknown", "parameters": {}}', ['{"name": "unknown", "parameters": {}}']),
    ("llama", '{"city": "Bonn"} is JSON', ['{"city": "Bonn"} is JSON']),
    ("llama", f"So: {BARE_F}", [f"So: {BARE_F}"]),
    ("mistral", '[TOOL_CALLS][{"name": "f", "arguments": {"a": 1}}, {"name": "f", "arguments": {"a": 1}}]', [F, F]),
    ("mistral", '[TOOL_CALLS]f{"a": 1}', [F]),
    ("mistral", '[TOOL_CALLS]f[ARGS]{"a": 1}[TOOL_CALLS]f[CALL_ID]x9[ARGS]{"a": 1}', [F, F]),
    ("mistral", 'Wait. [TOOL_CALLS] f {"a": 1}', ["Wait.", F]),
    ("mistral", "[TOOL_CALLS] is a token.", ["[TOOL_CALLS] is a token."]),
    ("mistral", "[TOOL_CALLS][1, 2]", ["[TOOL_CALLS][1, 2]"]),
    ("auto", HERMES_F, [F]),
    ("auto", f"<|python_tag|>{BARE_F}", [F]),
    ("auto", '[TOOL_CALLS]f{"a": 1}', [F]),
    ("auto", BARE_F, [F]),
    ("auto", "Nothing \n of the kind. \n", ["Nothing \n of the kind. \n"]),
]  # fmt: skip


def read(form: TextCalls, pieces: list[str]) -> list[str | Written]:
    """What comes of the pieces, neighbouring texts joined."""
    reader = WrittenCalls(form, NAMES)
    found: list[str | Written] = []
    for one in [*(one for piece in pieces for one in reader.feed(piece)), *reader.finish()]:
        if isinstance(one, str) and found and isinstance(found[-1], str):
            found[-1] += one
        else:
            found.append(one)
    return found


@pytest.mark.parametrize(("form", "text", "found"), FORMS)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_calls_are_found_at_any_size_of_pieces(form: TextCalls, text: str, found: list[Any], size: int) -> None:
    assert read(form, [text[at : at + size] for at in range(0, len(text), size)]) == found


@given(st.sampled_from(FORMS), st.data())
def test_calls_are_found_at_any_split(case: tuple[TextCalls, str, list[Any]], data: st.DataObject) -> None:
    form, text, found = case
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert read(form, pieces) == found


@given(
    st.lists(
        st.sampled_from(
            [HERMES_F, BARE_F, "<tool_call>", "[TOOL_CALLS]", "<|python_tag|>", "{", '"', "f", " ", "\n", "x"]
        )
    )
)
def test_no_text_is_lost(pieces: list[str]) -> None:
    """Whatever a model writes: what isn't a call, a marker before one or white space beside one comes out."""
    found = read("auto", pieces)
    written = [one for one in found if isinstance(one, Written)]
    text = "".join(one for one in found if isinstance(one, str))
    if not written:
        assert text.strip() == "".join(pieces).strip()
    else:
        # Behind a marker an x may have been the name of the call.
        assert (text + "".join(call.name for call in written)).count("x") == "".join(pieces).count("x")


def test_a_long_call_is_read_in_one_pass() -> None:
    arguments = {"t": '{"[' * 50_000}
    text = f"<tool_call>{json.dumps({'name': 'f', 'arguments': arguments})}</tool_call>"
    (call,) = read("hermes", [text[at : at + 5] for at in range(0, len(text), 5)])
    assert isinstance(call, Written)
    assert json.loads(call.arguments) == arguments
