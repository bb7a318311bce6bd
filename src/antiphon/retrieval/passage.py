"""A passage: the piece of a file that is found by a search.

Not here: how a file is cut into them (`split.py`), what a search adds to one (`rank.py`).
"""

import re
from collections.abc import Sequence
from pathlib import PurePath

from msgspec import Struct

BETWEEN_HEADINGS = " > "
WORD = re.compile(r"[^\W\d_]{2,}")
"""A word of a file's name; numbers and single letters tell nothing."""


class Passage(Struct, frozen=True):
    """The characters from `start` to before `end` of a file's text.

    `number` counts the passages of a file from 0; `file` is the document's name; `heading` and `page` are those where
    it begins, or rather where what it doesn't share with the passage before begins; `tokens` is an estimate.
    """

    file: str
    number: int
    start: int
    end: int
    text: str
    heading: tuple[str, ...] = ()
    page: int | None = None
    tokens: int = 0

    @property
    def searched(self) -> str:
        """What is embedded and put into the index of words: the text under the file's name and its headings."""
        name = " ".join(WORD.findall(PurePath(self.file).stem))
        above = [words for words in (name, *self.heading) if words and words not in self.text]
        return BETWEEN_HEADINGS.join(above) + "\n" + self.text if above else self.text


def joined(passages: Sequence[Passage]) -> str:
    """The text of the file they were cut from: all of its passages, in their order, overlaps told once."""
    pieces: list[str] = []
    end = 0
    for passage in passages:
        pieces.append(passage.text[max(end - passage.start, 0) :])
        end = max(end, passage.end)
    return "".join(pieces)
