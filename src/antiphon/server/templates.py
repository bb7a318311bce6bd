"""Finds the prompt that a request names, and makes one request of both.

Not here: how values get into a template (`engine/templates.py`). Counterpart: `routes/prompts.py`, which keeps them.
"""

from dataclasses import replace

import msgspec

from antiphon.engine.input import read_items
from antiphon.engine.prepare import Asked, read_request
from antiphon.engine.reading import read
from antiphon.engine.templates import Filled, filled, merged
from antiphon.errors import NotFound
from antiphon.sources import Sources
from antiphon.store.base import Store
from antiphon.wire.responses import PromptRef

MAX_DIGITS = 9


async def read_asked(store: Store, project: str, body: bytes, sources: Sources) -> Asked:
    """The request in `body`, with the prompt of the project that it names. Raises `InvalidRequest`, `NotFound`."""
    if b'"prompt"' not in body:
        return read_request(body, sources)
    fields = read(body, dict[str, msgspec.Raw])
    said = fields.get("prompt")
    named = read(said, PromptRef | None, "prompt") if said is not None else None  # type: ignore[arg-type] # a union is no type to mypy
    if named is None:
        return read_request(body, sources)
    template = await found(store, project, named)
    asked = read_request(merged(fields, template.fields), sources)
    messages = [msgspec.Raw(msgspec.json.encode(message)) for message in template.messages]
    return replace(asked, template=tuple(read_items(messages, "prompt", sources)))


async def found(store: Store, project: str, named: PromptRef) -> Filled:
    """The prompt with its values in."""
    number = version_number(named.version, named.id) if named.version is not None else None
    try:
        stored = await store.get_prompt(project, named.id, number)
    except NotFound as missing:
        raise NotFound(missing.message, param=f"prompt.{missing.param}") from None
    return filled(msgspec.json.decode(stored.body), named.variables or {})


def version_number(said: str, prompt_id: str) -> int:
    """The number of a version as it is written in a request. Raises `NotFound`."""
    if not (said.isascii() and said.isdecimal() and len(said) <= MAX_DIGITS):
        raise NotFound(f"Prompt '{prompt_id}' has no version '{said}'.", param="prompt.version")
    return int(said)
