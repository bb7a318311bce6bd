"""Structured output where the model server doesn't see to it: asked for in words, and checked here.

Servers that can constrain their models are asked to. Pure. Not here: the check itself (`tools/checker.py`), what
follows from a fault (`review.py`). Counterpart: `prepare.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from antiphon.engine.constraints import Constraint
from antiphon.engine.dialects.base import FORMATS, Dialect
from antiphon.engine.kinds.face import Binding
from antiphon.engine.notes import Notes
from antiphon.engine.traits import Traits
from antiphon.wire.responses import JsonObjectFormat, JsonSchemaFormat, TextFormat

TextForm = JsonObjectFormat | JsonSchemaFormat
ChatMessage = dict[str, Any]

FENCE = "```"
_ASKED = "Give your answer as one JSON {what}, and write nothing else: no words around it, no code fence."


@dataclass(frozen=True, slots=True)
class Form:
    """The form that this server sees to. `words` ask for it; `constraint` is the schema, None for just any object."""

    words: str
    constraint: Constraint | None = None

    def fault(self, text: str) -> str | None:
        """What can be seen to be wrong without the schema."""
        try:
            value = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError) as error:
            return "There is no text." if not text.strip() else f"It isn't JSON: {error}."
        return "It isn't a JSON object." if self.constraint is None and not isinstance(value, dict) else None


@dataclass(frozen=True, slots=True)
class Output:
    """How the answer's form is brought about: by `fields` of the chat request, by this server (`form`), or by both."""

    fields: dict[str, Any]
    form: Form | None = None


def structured(asked: TextForm | TextFormat | None, dialect: Dialect, traits: Traits, notes: Notes) -> Output:
    """Who sees to the form that a request asks for; what isn't the model server is noted as an approximation."""
    if not isinstance(asked, JsonObjectFormat | JsonSchemaFormat):
        return Output({})
    formats = {None: dialect.formats, "native": FORMATS, "prompt": frozenset[str]()}[traits.structured_output]
    kind = "json_object" if isinstance(asked, JsonObjectFormat) else "json_schema"
    if kind in formats:
        return Output({"response_format": _response_format(asked)})
    if kind == "json_object" and "json_schema" in formats:
        any_object = JsonSchemaFormat(name="object", schema={"type": "object"})
        return Output({"response_format": _response_format(any_object)})
    notes.approximated.append("text.format")
    fields = {"response_format": {"type": "json_object"}} if "json_object" in formats and _is_object(asked) else {}
    return Output(fields, form_of(asked))


def constraints_of(form: Form | None, bindings: Mapping[str, Binding]) -> dict[str, Constraint]:
    """The constraints that came with a request, by their places in it: each must be sound before anything is asked."""
    if form is None and not bindings:
        return {}
    about = [binding.about for binding in bindings.values() if "constraint" in binding.about]
    found: dict[str, Constraint] = {str(one["constraint_at"]): one["constraint"] for one in about}
    if form is not None and form.constraint is not None:
        found["text.format.schema"] = form.constraint
    return found


def _is_object(asked: TextForm) -> bool:
    """Whether only an object can be right, so that a server which sees to objects helps."""
    return isinstance(asked, JsonSchemaFormat) and asked.schema.get("type") == "object"


def _response_format(asked: TextForm) -> dict[str, Any]:
    """A form as chat completions have it."""
    if isinstance(asked, JsonObjectFormat):
        return {"type": "json_object"}
    schema = {
        "name": asked.name,
        "description": asked.description,
        "schema": asked.schema,
        "strict": asked.strict,
    }
    said = {name: value for name, value in schema.items() if value is not None}
    return {"type": "json_schema", "json_schema": said}


def form_of(asked: TextForm) -> Form:
    """How a form is asked for in words, and checked."""
    if isinstance(asked, JsonObjectFormat):
        return Form(_ASKED.format(what="object"))
    schema = msgspec.json.encode(asked.schema).decode()
    what = f"{asked.name}: {asked.description}" if asked.description else asked.name
    words = f"{_ASKED.format(what='value that keeps this JSON schema')}\n\n{what}\n{schema}"
    return Form(words, Constraint("json_schema", asked.schema))


def with_words(messages: list[ChatMessage], words: str) -> list[ChatMessage]:
    """The messages with `words` at the end of the instructions, or as the only ones."""
    if not messages or messages[0]["role"] != "system":
        return [{"role": "system", "content": words}, *messages]
    first, *rest = messages
    said = first["content"]
    content = f"{said}\n\n{words}" if isinstance(said, str) else [*said, {"type": "text", "text": words}]
    return [{**first, "content": content}, *rest]


def json_in(text: str) -> str:
    """The text without the white space and the one code fence that models put round JSON all the same."""
    text = text.strip()
    opening, _, inside = text.partition("\n")
    fenced = opening.startswith(FENCE) and FENCE not in opening[len(FENCE) :] and inside.endswith(FENCE)
    return inside.removesuffix(FENCE).strip() if fenced else text
