"""Tells thinking from answering in models that write both into one text, as `<think>…</think>`.

Only a block at the very start counts, as the chat templates of Qwen, DeepSeek and others write it; the
white space that the template puts round it belongs to neither. Pure and incremental: a tag may be split
over any number of pieces. Not here: reasoning in fields of its own (`turn.py`).
"""

import re
from enum import Enum, auto

from antiphon.engine.open_items import Text, Thought

OPEN, CLOSE = "<think>", "</think>"

# White space and the beginning of a closing tag at the end of a thought: not shown until more is known.
_UNSURE = re.compile(r"\s*(?:<(?:/(?:t(?:h(?:i(?:n(?:k)?)?)?)?)?)?)?\Z")


class _At(Enum):
    START = auto()
    THINKING = auto()
    AFTER = auto()
    ANSWER = auto()


class ThinkSplitter:
    """Feed pieces of text, get `Thought` and `Text` pieces; once `decided`, the rest is plain text."""

    def __init__(self) -> None:
        self._at = _At.START
        self._kept = ""
        self._begun = False

    @property
    def decided(self) -> bool:
        """True when no later piece can be a thought."""
        return self._at is _At.ANSWER

    def feed(self, text: str) -> list[Text | Thought]:
        """Split one piece; what might be part of a tag is kept for the next."""
        self._kept += text
        pieces: list[Text | Thought] = []
        if self._at is _At.START:
            self._look_for_open()
        if self._at is _At.THINKING:
            self._look_for_close(pieces)
        if self._at is _At.AFTER:
            self._kept = self._kept.lstrip()
            if self._kept:
                self._at = _At.ANSWER
        if self._at is _At.ANSWER and self._kept:
            pieces.append(Text(self._take()))
        return pieces

    def finish(self) -> list[Text | Thought]:
        """What was kept back, when no more text comes."""
        kept = self._take()
        if self._at is _At.THINKING:
            return [Thought(kept.rstrip())] if kept.strip() else []
        return [Text(kept)] if kept else []

    def _take(self) -> str:
        kept, self._kept = self._kept, ""
        return kept

    def _look_for_open(self) -> None:
        start = self._kept.lstrip()
        if start.startswith(OPEN):
            self._at, self._kept = _At.THINKING, start[len(OPEN) :]
        elif not OPEN.startswith(start):
            self._at = _At.ANSWER

    def _look_for_close(self, pieces: list[Text | Thought]) -> None:
        thought, tag, rest = self._kept.partition(CLOSE)
        sure = len(thought.rstrip()) if tag else self._sure(thought)
        shown = thought[:sure] if self._begun else thought[:sure].lstrip()
        if shown:
            self._begun = True
            pieces.append(Thought(shown))
        if tag:
            self._at, self._kept = _At.AFTER, rest
        else:
            self._kept = thought[sure:]

    @staticmethod
    def _sure(thought: str) -> int:
        unsure = _UNSURE.search(thought)
        return unsure.start() if unsure else len(thought)
