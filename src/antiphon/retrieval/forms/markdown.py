"""Markdown as it stands: its headings, paragraphs, items, rows and fences told by a parser, in the text's own lines.

Not here: HTML (`html.py`).
"""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, zip_longest
from typing import BinaryIO

from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec import structs

from antiphon.retrieval.document import Block, BlockKind, Document
from antiphon.retrieval.forms.encoding import read_text

KINDS: dict[str, BlockKind] = {
    "heading_open": "heading",
    "paragraph_open": "paragraph",
    "html_block": "paragraph",
    "tr_open": "row",
    "fence": "code",
    "code_block": "code",
}
FRONT_MATTER = re.compile(r"---\n.*?\n---(?:\n|$)", re.DOTALL)
LIST_OPEN, LIST_CLOSE = "list_item_open", "list_item_close"


def read(file: BinaryIO, name: str) -> Document:
    """A document whose text is the file's, with its markup."""
    text = read_text(file, name)
    return Document(name, "md", text, tuple(_Reader(text).blocks()))


class _Reader:
    """One pass over the tokens; the headings above are kept."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = list(accumulate((len(line) + 1 for line in text.split("\n")), initial=0))
        self._above: list[tuple[int, str]] = []
        self._items = 0

    def blocks(self) -> list[Block]:
        front = FRONT_MATTER.match(self._text)
        made = [Block(0, len(front.group().rstrip()), "code")] if front else []
        blank = "\n" * front.group().count("\n") if front else ""
        tokens = MarkdownIt("commonmark").enable("table").parse(blank + self._text[front.end() if front else 0 :])
        for token, after in zip_longest(tokens, tokens[1:]):
            self._items += (token.type == LIST_OPEN) - (token.type == LIST_CLOSE)
            kind = KINDS.get(token.type)
            if kind and token.map and (block := self._block(kind, token, after)):
                made.append(block)
        return list(self._filled(sorted(made, key=lambda block: block.start)))

    def _filled(self, blocks: Sequence[Block]) -> Iterator[Block]:
        """What stands between blocks, such as the line under a table's head, belongs to the one before."""
        first = Block(0, 0)
        for block, after in zip_longest([first, *blocks], blocks):
            end = after.start if after else len(self._text)
            written = self._text[block.end : end].rstrip()
            if written or block is not first:
                yield structs.replace(block, end=block.end + len(written))

    def _block(self, kind: BlockKind, token: Token, after: Token | None) -> Block | None:
        first, last = token.map or (0, 0)
        start, end = self._lines[first], min(self._lines[last], len(self._text))
        written = self._text[start:end]
        start, end = start + len(written) - len(written.lstrip()), start + len(written.rstrip())
        if start >= end:
            return None
        level = 0
        if kind == "heading":
            level = int(token.tag[1:])
            self._above = [above for above in self._above if above[0] < level]
            self._above.append((level, _words(after)))
        kind = "item" if kind == "paragraph" and self._items else kind
        return Block(start, end, kind, tuple(words for _, words in self._above), None, level)


def _words(inline: Token | None) -> str:
    """What a heading says, without its markup."""
    children = (inline and inline.children) or []
    return " ".join("".join(child.content for child in children).split())
