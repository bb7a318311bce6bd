"""What an operator says of a model: what no model server tells of itself, or tells wrongly.

Stands under `[models."PATTERN"]` in antiphon.toml. Not here: the quirks of a make of server (`dialects/`). Counterpart:
`prepare.py`, which plans by it.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

TextCalls = Literal["auto", "hermes", "llama", "mistral"]
Summary = Literal["none", "text"]


class Traits(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One model's.

    `context` is its context window in tokens. `text_tool_calls` names the form in which it writes tool calls into its
    text, because its server doesn't read them. `structured_output` is `prompt` where its server takes a schema and
    pays no heed to it, `native` where it heeds one although its make usually doesn't. `reasoning_summary` is `text`
    where what it thinks may be shown as a summary of itself to those who ask for one.
    """

    context: Annotated[int, Meta(ge=1)] | None = None
    text_tool_calls: TextCalls | None = None
    structured_output: Literal["native", "prompt"] | None = None
    reasoning_summary: Summary | None = None


NONE = Traits()


def traits_of(model: str, told: Mapping[str, Traits]) -> Traits:
    """Those of the model with this full id, `upstream/model`: of each trait the first pattern that has it counts."""
    if not told:
        return NONE
    found = [traits for pattern, traits in told.items() if fnmatchcase(model, pattern)]
    fields = Traits.__struct_fields__
    return Traits(
        **{name: next((v for one in found if (v := getattr(one, name)) is not None), None) for name in fields}
    )
