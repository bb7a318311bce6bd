"""Structured output where the model server doesn't see to it: asked for in words, and checked here.

Pure. Not here: the check itself (`tools/checker.py`), what follows from a fault (`review.py`). Counterpart:
`prepare.py`, which asks the servers that can constrain their models to do it.
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from antiphon.engine.rules import Rule
from antiphon.wire.responses import JsonObjectFormat, JsonSchemaFormat

TextForm = JsonObjectFormat | JsonSchemaFormat
ChatMessage = dict[str, Any]

FENCE = "```"
_ASKED = "Give your answer as one JSON {what}, and write nothing else: no words around it, no code fence."


@dataclass(frozen=True, slots=True)
class Form:
    """The form that this server sees to. `words` ask for it; `rule` is the schema, None for just any object."""

    words: str
    rule: Rule | None = None

    def fault(self, text: str) -> str | None:
        """What can be seen to be wrong without the schema."""
        try:
            value = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError) as error:
            return "There is no text." if not text.strip() else f"It isn't JSON: {error}."
        return "It isn't a JSON object." if self.rule is None and not isinstance(value, dict) else None


def form_of(asked: TextForm) -> Form:
    """How a form is asked for in words, and checked."""
    if isinstance(asked, JsonObjectFormat):
        return Form(_ASKED.format(what="object"))
    schema = msgspec.json.encode(asked.schema).decode()
    what = f"{asked.name}: {asked.description}" if asked.description else asked.name
    words = f"{_ASKED.format(what='value that keeps this JSON schema')}\n\n{what}\n{schema}"
    return Form(words, Rule("json_schema", asked.schema))


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
