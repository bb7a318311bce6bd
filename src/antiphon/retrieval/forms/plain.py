"""Text as it stands, its paragraphs told by blank lines; and source code, whose pieces begin at an unindented line.

Not here: encodings (`encoding.py`), text with a markup that says more (`markdown.py`, `tables.py`).
"""

import json
import re
from typing import BinaryIO

from antiphon.retrieval.document import Block, BlockKind, Document
from antiphon.retrieval.forms.encoding import read_text

PARAGRAPH = re.compile(r"\S[^\n]*(?:\n[^\n]*\S[^\n]*)*")
PIECE = re.compile(r"\S[^\n]*(?:\n+(?:[^\S\n]+\S|[)\]}])[^\n]*|\n(?=\S)[^\n]+)*")
"""Lines without a blank one between them, and after a blank one what is indented or only closes."""
LONG_LINE = 400
"""Characters in the average line from which on JSON was written for machines, and is written again in lines."""


def read(file: BinaryIO, name: str) -> Document:
    """Paragraphs."""
    return in_blocks(name, "txt", read_text(file, name), PARAGRAPH, "paragraph")


def read_code(file: BinaryIO, name: str) -> Document:
    """Pieces of source code."""
    return in_blocks(name, "code", read_text(file, name), PIECE, "code")


def read_json(file: BinaryIO, name: str) -> Document:
    """JSON as it stands, or in lines where it has none. What isn't JSON is text all the same."""
    text = read_text(file, name)
    if len(text) > LONG_LINE * (text.count("\n") + 1):
        try:
            text = json.dumps(json.loads(text), indent=1, ensure_ascii=False)
        except (ValueError, RecursionError):
            return in_blocks(name, "json", text, PARAGRAPH, "code")
    return in_blocks(name, "json", text, PIECE, "code")


def read_lines(file: BinaryIO, name: str) -> Document:
    """A record a line: JSON Lines."""
    return in_blocks(name, "jsonl", read_text(file, name), re.compile(r"[^\s][^\n]*"), "row")


def in_blocks(name: str, kind: str, text: str, pattern: re.Pattern[str], block: BlockKind) -> Document:
    """The text as it stands, a block wherever the pattern matches."""
    blocks = (
        Block(match.start(), match.start() + len(match.group().rstrip()), block) for match in pattern.finditer(text)
    )
    return Document(name, kind, text, tuple(blocks))
