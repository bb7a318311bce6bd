"""Prompt templates: what makes one, and the prompt object.

The API has no public endpoint to make a prompt; its clients only name one (`prompt` of a request). These are ours: a
template is the body of `POST /v1/responses` with `{{name}}` where a value goes. Counterpart: `engine/templates.py`.
"""

import msgspec


class CreatePrompt(msgspec.Struct, kw_only=True):
    """The members of a new prompt, or of a new version, that aren't part of its template."""

    name: str | None = None
    metadata: dict[str, str] | None = None


class PromptDeleted(msgspec.Struct, kw_only=True):
    """What deleting a prompt answers."""

    id: str
    object: str = "prompt.deleted"
    deleted: bool = True
