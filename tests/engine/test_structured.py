"""Who sees to the form of an answer, and how it is asked for in words."""

from typing import Any

import pytest

from antiphon.engine.constraints import Constraint
from antiphon.engine.dialects import DIALECTS
from antiphon.engine.kinds.custom import CustomFace
from antiphon.engine.kinds.face import Binding
from antiphon.engine.kinds.function import FunctionFace
from antiphon.engine.notes import Notes
from antiphon.engine.structured import TextForm, constraints_of, form_of, json_in, structured, with_words
from antiphon.engine.traits import Traits
from antiphon.wire.responses import JsonObjectFormat, JsonSchemaFormat, TextFormat

OBJECT = JsonObjectFormat()
SCHEMA = JsonSchemaFormat(name="n", schema={"type": "object"})
LIST = JsonSchemaFormat(name="n", schema={"type": "array"})


@pytest.mark.parametrize(
    ("make", "asked", "traits", "sent", "here"),
    [
        ("openai", OBJECT, None, "json_object", False),
        ("openai", SCHEMA, None, "json_schema", False),
        ("openai", SCHEMA, "prompt", None, True),
        ("lmstudio", OBJECT, None, "json_schema", False),
        ("deepseek", OBJECT, None, "json_object", False),
        ("deepseek", SCHEMA, None, "json_object", True),
        ("deepseek", LIST, None, None, True),
        ("deepseek", SCHEMA, "native", "json_schema", False),
        ("openai", TextFormat(), "prompt", None, False),
        ("openai", None, "prompt", None, False),
    ],
)
def test_who_sees_to_a_form(make: str, asked: Any, traits: Any, sent: str | None, *, here: bool) -> None:
    notes = Notes()
    output = structured(asked, DIALECTS[make], Traits(structured_output=traits), notes)
    assert output.fields.get("response_format", {}).get("type") == sent
    assert (output.form is not None) == here
    assert notes.approximated == (["text.format"] if here else [])


@pytest.mark.parametrize(
    ("asked", "text", "fault"),
    [
        (OBJECT, "{}", None),
        (OBJECT, "[]", "It isn't a JSON object."),
        (SCHEMA, "[]", None),
        (SCHEMA, " ", "There is no text."),
        (SCHEMA, "{", "It isn't JSON: "),
        (SCHEMA, "[" * 100_000, "It isn't JSON: "),
    ],
)
def test_what_is_seen_without_the_schema(asked: TextForm, text: str, fault: str | None) -> None:
    found = form_of(asked).fault(text)
    assert found is None if fault is None else str(found).startswith(fault)


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        (" {} \n", "{}"),
        ("```json\n{}\n```", "{}"),
        ("```\n{}\n```\n", "{}"),
        ("```json {}```", "```json {}```"),
        ("Here:\n```json\n{}\n```", "Here:\n```json\n{}\n```"),
        ("```json\n{}", "```json\n{}"),
        ("", ""),
    ],
)
def test_a_fence_is_no_part_of_the_json(text: str, inside: str) -> None:
    assert json_in(text) == inside


def test_words_join_the_instructions() -> None:
    user = {"role": "user", "content": "?"}
    assert with_words([user], "W") == [{"role": "system", "content": "W"}, user]
    assert with_words([{"role": "system", "content": "S"}, user], "W")[0]["content"] == "S\n\nW"
    parts = [{"role": "system", "content": [{"type": "text", "text": "S"}]}]
    assert with_words(parts, "W")[0]["content"][1] == {"type": "text", "text": "W"}
    assert parts[0]["content"] == [{"type": "text", "text": "S"}]


def test_rules_have_their_places() -> None:
    constraint = Constraint("regex", "a")
    constrained = Binding(CustomFace, about={"constraint": constraint, "constraint_at": "tools[1].format.definition"})
    assert constraints_of(form_of(SCHEMA), {"f": Binding(FunctionFace), "g": constrained}) == {
        "tools[1].format.definition": constraint,
        "text.format.schema": Constraint("json_schema", SCHEMA.schema),
    }
    assert constraints_of(form_of(OBJECT), {}) == {}
