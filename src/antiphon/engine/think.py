"""Tells thinking from answering in models that write both into one text, as `<think>…</think>`.

Only a block at the very start counts, as the chat templates of Qwen, DeepSeek and others write it; the
white space that the template puts round it belongs to neither. Pure and incremental: a tag may be split
over any number of pieces. Not here: reasoning in fields of its own (`turn.py`).
"""

from enum import Enum, auto

from antiphon.engine.open_items import Text, Thought

OPEN, CLOSE = "<think>", "</think>"


class At(Enum):
    """Where in its text the splitter stands."""

    START = auto()
    THINKING = auto()
    AFTER = auto()
    ANSWER = auto()


class ThinkSplitter:
    """Feed pieces of text, get `Thought` and `Text` pieces; once `decided`, the rest is plain text.

    `tagged` says that the text began with a `<think>`.
    """

    def __init__(self) -> None:
        self.at = At.START
        self.tagged = False
        self._kept = ""
        self._begun = False

    @property
    def decided(self) -> bool:
        """True when no later piece can be a thought."""
        return self.at is At.ANSWER

    @property
    def blank(self) -> bool:
        """Whether what is kept back, if anything is, is white space."""
        return not self._kept.strip()

    def feed(self, text: str) -> list[Text | Thought]:
        """Split one piece; what might be part of a tag is kept for the next."""
        self._kept += text
        pieces: list[Text | Thought] = []
        if self.at is At.START:
            self._look_for_open()
        if self.at is At.THINKING:
            self._look_for_close(pieces)
        if self.at is At.AFTER:
            self._kept = self._kept.lstrip()
            if self._kept:
                self.at = At.ANSWER
        if self.at is At.ANSWER and self._kept:
            pieces.append(Text(self._take()))
        return pieces

    def finish(self) -> list[Text | Thought]:
        """What was kept back, when something else than text comes, or nothing more."""
        kept = self._take()
        if self.at is At.THINKING:
            return [Thought(kept.rstrip())] if kept.strip() else []
        if not kept:
            return []
        self.at = At.ANSWER
        return [Text(kept)]

    def _take(self) -> str:
        kept, self._kept = self._kept, ""
        return kept

    def _look_for_open(self) -> None:
        start = self._kept.lstrip()
        if start.startswith(OPEN):
            self.at, self.tagged, self._kept = At.THINKING, True, start[len(OPEN) :]
        elif not OPEN.startswith(start):
            self.at = At.ANSWER

    def _look_for_close(self, pieces: list[Text | Thought]) -> None:
        thought, tag, rest = self._kept.partition(CLOSE)
        sure = len(thought.rstrip()) if tag else self._sure(thought)
        shown = thought[:sure] if self._begun else thought[:sure].lstrip()
        if shown:
            self._begun = True
            pieces.append(Thought(shown))
        if tag:
            self.at, self._kept = At.AFTER, rest
        else:
            self._kept = thought[sure:]

    @staticmethod
    def _sure(thought: str) -> int:
        """Length of what is shown at once: not white space at the end, nor what may become the closing tag."""
        begun = next((size for size in range(len(CLOSE) - 1, 0, -1) if thought.endswith(CLOSE[:size])), 0)
        return len(thought[: len(thought) - begun].rstrip())
