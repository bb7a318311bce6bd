"""Writes a document block by block, for the kinds of file that aren't text themselves.

Not here: files whose text is kept as it stands (`plain.py`, `markdown.py`).
"""

import re

from antiphon.errors import UnreadableFile
from antiphon.retrieval.bounds import MOST_CHARACTERS
from antiphon.retrieval.document import Block, BlockKind, Document

# What no store can keep or no one can see. Tabs and line ends stay; a form feed is a line's end.
UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f\u00ad\ufeff\ufffe\uffff]")
ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
HALF = re.compile("[\ud800-\udfff]")
FOLLOWING = ("row", "item")
"""Blocks that stand on the line after one of their own kind."""


def cleaned(text: str) -> str:
    """The text without characters that can't be stored or seen, and with one kind of line end."""
    return HALF.sub("\ufffd", UNSEEN.sub("", ENDS.sub("\n", text)))


def too_long(name: str) -> UnreadableFile:
    """The error of a file with more text than is read."""
    return UnreadableFile(
        f"'{name}' has more than {MOST_CHARACTERS:,} characters of text. Split it into smaller files."
    )


class Writing:
    """`heading`, `write` and `page` as the file goes; `document` in the end."""

    def __init__(self, name: str, kind: str) -> None:
        self.page: int | None = None
        self._name = name
        self._kind = kind
        self._pieces: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0
        self._above: list[tuple[int, str]] = []

    def heading(self, text: str, level: int) -> None:
        """A heading, from level 1; those of its own level and below end here."""
        words = " ".join(cleaned(text).split())
        if words:
            self.enter(words, level)
            self._add(words, "heading", level)

    def enter(self, words: str, level: int) -> None:
        """What follows stands under this heading, whose words aren't part of the text."""
        self._above = [above for above in self._above if above[0] < level]
        self._above.append((level, words))

    def write(self, text: str, kind: BlockKind = "paragraph") -> None:
        """A block; nothing, where it has no text."""
        text = cleaned(text).strip("\n").rstrip()
        if text.strip():
            self._add(text if kind == "code" else text.lstrip(), kind)

    def document(self) -> Document:
        """All that was written."""
        return Document(self._name, self._kind, "".join(self._pieces), tuple(self._blocks))

    def _add(self, text: str, kind: BlockKind, level: int = 0) -> None:
        if self._blocks:
            follows = kind in FOLLOWING and self._blocks[-1].kind == kind
            between = "\n" if follows else "\n\n"
            self._pieces.append(between)
            self._length += len(between)
        start = self._length
        self._length += len(text)
        if self._length > MOST_CHARACTERS:
            raise too_long(self._name)
        self._pieces.append(text)
        path = tuple(words for _, words in self._above)
        self._blocks.append(Block(start, self._length, kind, path, self.page, level))
