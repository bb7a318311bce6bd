"""What was read out of a file: one text, and the blocks it is made of.

Not here: reading (`extract.py`), cutting into passages (`split.py`).
"""

from typing import Literal

from msgspec import Struct

BlockKind = Literal["heading", "paragraph", "item", "row", "code"]


class Block(Struct, frozen=True, array_like=True):
    """A piece of the text that belongs together: the characters from `start` to before `end`.

    `heading` are the headings it stands under, from the outermost, its own words last where it is one itself; `level`
    is that of a heading, from 1. `page` counts from 1, where the file has pages, slides or sheets.
    """

    start: int
    end: int
    kind: BlockKind = "paragraph"
    heading: tuple[str, ...] = ()
    page: int | None = None
    level: int = 0


class Document(Struct, frozen=True):
    """A file's text. `name` is the file's; `kind` what it was read as (`pdf`, `md`, …).

    The blocks stand in the order of the text and don't overlap; between them is white space alone.
    """

    name: str
    kind: str
    text: str
    blocks: tuple[Block, ...] = ()
