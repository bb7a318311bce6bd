"""Templates: what may stand in one, and how values get in."""

from typing import Any

import msgspec
import pytest
from engine_answers import Json, sources
from hypothesis import given
from hypothesis import strategies as st

from antiphon.engine.templates import filled, merged, read_template, variables
from antiphon.errors import InvalidRequest

IMAGE = {"type": "input_image", "image_url": "data:x"}
FILE = {"type": "input_file", "file_data": "aa"}


def user(content: Any) -> Json:
    return {"role": "user", "content": content}


def text(said: str) -> Json:
    return {"type": "input_text", "text": said}


def content(template: Any, **values: Any) -> Any:
    """The content of a template's only message, with these values in."""
    (message,) = filled({"input": [user(template)]}, values).messages
    return message["content"]


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ({}, []),
        ({"instructions": "{{b}} {{ a }} {{b}}", "input": "{{c.d-e_1}}"}, ["b", "a", "c.d-e_1"]),
        ({"input": [user([text("{{x}}"), IMAGE]), {"role": "assistant", "content": "{{y}}"}]}, ["x", "y"]),
        ({"input": "{x} {{}} {{1}} {{a b}} {{{z}}}", "model": "{{m}}", "name": "{{n}}"}, ["z"]),
    ],
)
def test_the_values_that_a_template_needs(template: Json, names: list[str]) -> None:
    assert variables(template) == names


def test_text_is_put_into_instructions_and_messages() -> None:
    made = filled(
        {
            "instructions": "Be {{tone}}.",
            "input": "Hello {{who}}!",
            "temperature": 1,
            "name": "n",
            "metadata": {"a": "b"},
        },
        {"tone": "kind", "who": {"type": "input_text", "text": "Ann"}},
    )
    assert made.fields == {"instructions": "Be kind.", "temperature": 1}
    assert made.messages == [{"type": "message", "role": "user", "content": "Hello Ann!"}]


@pytest.mark.parametrize("value", [IMAGE, FILE])
def test_an_image_or_a_file_becomes_a_part_of_its_own(value: Json) -> None:
    assert content("{{x}}", x=value) == [value]
    assert content("See {{x}} here.", x=value) == [text("See "), value, text(" here.")]
    assert content([text("{{y}}{{x}}"), FILE], x=value, y="Y") == [text("Y"), value, FILE]
    assert content([{"type": "output_text", "text": "a{{x}}", "annotations": []}], x=value) == [
        {"type": "output_text", "text": "a", "annotations": []},
        value,
    ]


@given(value=st.text())
def test_a_value_is_never_read_as_a_template(value: str) -> None:
    said = f"{{{{y}}}}{value}\\1{{{{x}}}}"
    assert content("<{{x}}|{{y}}>", x=said, y="Y") == f"<{said}|Y>"


@pytest.mark.parametrize(
    ("values", "param", "code"),
    [
        ({}, "prompt.variables.x", "missing_prompt_variable"),
        ({"x": "1", "y": "2"}, "prompt.variables.y", "unknown_prompt_variable"),
        ({"x": 1}, "prompt.variables.x", "invalid_type"),
        ({"x": None}, "prompt.variables.x", "invalid_type"),
        ({"x": {"type": "input_audio"}}, "prompt.variables.x", "invalid_type"),
        ({"x": {"type": "input_text"}}, "prompt.variables.x.text", "invalid_type"),
    ],
)
def test_a_value_that_cannot_be_is_named(values: Json, param: str, code: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        content("{{x}}", **values)
    assert (refused.value.param, refused.value.code) == (param, code)


def test_instructions_take_no_image() -> None:
    with pytest.raises(InvalidRequest, match="instructions take text") as refused:
        filled({"instructions": "{{x}}"}, {"x": IMAGE})
    assert refused.value.param == "prompt.variables.x"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"stream": True}, "stream"),
        ({"conversation": "c", "input": "x"}, "conversation"),
        ({"input": [{"type": "function_call_output", "call_id": "c", "output": ""}]}, "input[0]"),
        ({"input": [user(7)]}, "input[0].content"),
        ({"temperature": 9}, "temperature"),
        ({"name": 7}, "name"),
        ({"metadata": {"a": 1}}, "metadata"),
        ({"instruction": "x"}, "instruction"),
    ],
)
def test_what_cannot_stand_in_a_template_is_named(body: Json, param: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_template(msgspec.json.encode(body), sources())
    assert (refused.value.param or "").startswith(param)


def test_a_template_is_kept_as_it_was_given_without_nulls() -> None:
    body = {"name": "n", "model": "m", "input": [user("Hi {{a}}")], "temperature": 0.5, "store": None, "tools": []}
    kept = read_template(msgspec.json.encode(body), sources())
    assert kept == {name: value for name, value in body.items() if value is not None}


def test_a_requests_own_fields_win() -> None:
    own = {"model": "mine", "temperature": None, "prompt": {"id": "p"}}
    fields = {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in own.items()}
    made = msgspec.json.decode(merged(fields, {"model": "theirs", "temperature": 0.5}))
    assert made == {"model": "mine", "temperature": 0.5, "prompt": {"id": "p"}}
