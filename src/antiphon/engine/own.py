"""What a server has of its own when a request comes: tools, connectors, and the stamp that its items bear.

Pure values, handed in. Not here: how tools are set up (`tools/`), where keys come from (`sealing.py`).
"""

import hashlib
from dataclasses import dataclass, field
from typing import Protocol

MARK = 22
"""Characters of a mark: 128 bits, and an id with one stays within the 64 characters that other servers take."""


class Stamp(Protocol):
    """Marks text, so that whoever gets the mark back with the text knows that neither was changed."""

    def mark(self, text: str) -> str:
        """`MARK` characters that go with the text."""
        ...

    def confirms(self, text: str, mark: str) -> bool:
        """Whether the mark was made for this text."""
        ...


class Unkeyed:
    """A plain digest: it notices changes, and anyone can make one."""

    def mark(self, text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()[:MARK]

    def confirms(self, text: str, mark: str) -> bool:
        return self.mark(text) == mark


@dataclass(frozen=True, slots=True)
class Own:
    """`tools` are keys of `tools/table.py` that are set up, `connectors` names of MCP servers that are configured.

    `repeatable` are those tools, and those of MCP servers as `label.tool`, that may be called twice. `judge` is the
    full id of the model that judges where a request asks for moderation, None where nobody does.
    """

    tools: frozenset[str] = frozenset()
    connectors: frozenset[str] = frozenset()
    stamp: Stamp = field(default_factory=Unkeyed)
    repeatable: frozenset[str] = frozenset()
    judge: str | None = None


def marked(item_id: str, mark: str) -> str:
    """An item's id with its mark."""
    return f"{item_id}_{mark}"


def unmarked(item_id: str) -> str:
    """An id without its mark, which differs from server to server: a recording is to be found again."""
    return item_id[: -MARK - 1] if mark_of(item_id) is not None else item_id


def mark_of(item_id: str) -> str | None:
    """The mark that an id ends in; None for one without."""
    head, mark = item_id[: -MARK - 1], item_id[-MARK:]
    return mark if head.count("_") == 1 and item_id[len(head)] == "_" else None
