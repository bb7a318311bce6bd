"""About how many tokens a text has, and where a token may begin; a text is measured once, then any range of it at once.

Tokenizers differ, and which one a model has isn't known here. So a text is taken apart as all of today's are made to:
into words, numbers of three digits, marks and lines; a long word counts for several. Ranges add up exactly. Not here:
tokens of a chat request (`engine/tokens.py`), those of the embedded model (`minilm.py`).
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from itertools import accumulate

# Held against the tokens of cl100k: English 6 % above, code 10 to 14 %; other alphabets from 10 % above to half.
PIECES = re.compile(
    r"(?P<word>[A-Z]{0,2}[a-z]{1,18}|[A-Z]{1,6})"
    r"|(?P<one>\d{1,3}|[^\w\s]{1,2}|_{1,4}|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])"
    r"|(?P<foreign>[^\W\d_a-zA-Z]{1,3})"
    r"|\w|\n(?:\s*\n)?"
)
LETTERS_A_TOKEN = 9


class Measure:
    """Tokens of a text, by its characters."""

    def __init__(self, text: str) -> None:
        starts = array("L")
        weights = array("L")
        for piece in PIECES.finditer(text):
            start, end = piece.span()
            starts.append(start)
            weights.append(1 + (end - start - 1) // LETTERS_A_TOKEN)
        self.length = len(text)
        self.starts = starts
        self._before = array("L", accumulate(weights, initial=0))

    def tokens(self, start: int = 0, end: int | None = None) -> int:
        """How many begin from `start` on and before `end`."""
        last = len(self.starts) if end is None else bisect_left(self.starts, end)
        return self._before[last] - self._before[bisect_left(self.starts, start)]

    def reach(self, start: int, tokens: int) -> int:
        """The furthest place so that from `start` to there are no more than so many tokens; past one in any case."""
        first = bisect_left(self.starts, start)
        last = bisect_right(self._before, self._before[min(first, len(self.starts))] + tokens) - 1
        last = max(last, first + 1)
        return self.starts[last] if last < len(self.starts) else self.length

    def back(self, end: int, tokens: int) -> int:
        """The earliest place so that from there to `end` are no more than so many tokens."""
        last = bisect_left(self.starts, end)
        first = bisect_left(self._before, self._before[last] - tokens) if self._before[last] > tokens else 0
        return self.starts[first] if first < last else end


def count_tokens(text: str) -> int:
    """About how many tokens a text has."""
    return Measure(text).tokens()
