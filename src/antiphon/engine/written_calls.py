"""Tells tool calls from the answer in models whose server leaves them in the text, in the forms of three families.

    Hermes, Qwen    <tool_call>{"name": …, "arguments": {…}}</tool_call>
    Llama 3         <|python_tag|>{"name": …, "parameters": {…}}, the same bare at the start of the text,
                    <function=NAME>{…}</function>
    Mistral         [TOOL_CALLS][{"name": …, "arguments": {…}}], [TOOL_CALLS]NAME{…}

Pure and incremental: a marker may be split over any number of pieces, and never reaches the client where a call follows
it; what turns out to be none stays text. Source: the models' chat templates and cards. Not here: calls in fields of
their own (`calls.py`). Counterpart: `turn.py`.
"""

import json
import re
from collections.abc import Container
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from antiphon.engine.traits import TextCalls

HERMES, HERMES_END = "<tool_call>", "</tool_call>"
PYTHON = "<|python_tag|>"
FUNCTION, FUNCTION_END = "<function=", "</function>"
MISTRAL = "[TOOL_CALLS]"
BARE = ""

MARKERS: dict[TextCalls, tuple[str, ...]] = {
    "hermes": (HERMES,),
    "llama": (PYTHON, FUNCTION),
    "mistral": (MISTRAL,),
    "auto": (HERMES, PYTHON, FUNCTION, MISTRAL),
}
ENDS = {HERMES: HERMES_END, FUNCTION: FUNCTION_END, PYTHON: ";", BARE: ";"}
"""What may follow a call and belongs to it."""
AGAIN = {PYTHON: "{", BARE: "{"}
"""What begins another call of the same marker."""

_NAME = re.compile(r"\s*(?P<name>[\w.:/-]+)\s*(?:\[CALL_ID\]\s*[\w-]*\s*)?(?:\[ARGS\]\s*)?(?=\{)")
_FUNCTION_NAME = re.compile(r"(?P<name>[\w.:/-]+)\s*>\s*(?=\{)")
_MAY_BE_NAMED = re.compile(r"[\s\w.:/>\[\]-]{0,200}")
_SPACE = re.compile(r"\s*")
_STRUCTURE = re.compile(r'\\.|["{}\[\]]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Written:
    """A call found in the text; `arguments` is the JSON text of an object."""

    name: str
    arguments: str


class _At(Enum):
    TEXT = auto()
    CALL = auto()
    END = auto()


class WrittenCalls:
    """`feed` pieces of text, get text and calls; `finish` gives what was kept back.

    `names` are the tools that are offered: JSON without a marker is a call only of one of them.
    """

    def __init__(self, form: TextCalls, names: Container[str]) -> None:
        self._markers = MARKERS[form]
        self._bare = form in {"llama", "auto"}
        self._names = names
        self._at = _At.TEXT
        self._begun = False
        self._marker = BARE
        self._space = ""
        self._kept = ""
        self._span = _Span()

    def feed(self, text: str) -> list[str | Written]:
        """What this piece makes sure of."""
        self._kept += text
        found: list[str | Written] = []
        while self._step(found, last=False):
            pass
        return found

    def finish(self) -> list[str | Written]:
        """The rest, when something else than text comes, or nothing more."""
        found: list[str | Written] = []
        while self._step(found, last=True):
            pass
        kept, self._kept = self._kept, ""
        if self._at is _At.CALL:
            kept = self._space + self._marker + kept
        if kept.strip() or (kept and self._begun and self._at is not _At.END):
            found.append(kept)
        self._at, self._begun, self._span = _At.TEXT, self._begun or bool(found), _Span()
        return found

    def _step(self, found: list[str | Written], *, last: bool) -> bool:
        """Go one step; False where more text is needed."""
        if self._at is _At.TEXT:
            return self._look(found)
        if self._at is _At.END:
            return self._behind(last=last)
        calls = self._read(last=last)
        if calls is None:
            return False
        if calls:
            found += calls
            self._at, self._begun = _At.END, True
        else:
            # No call: the marker is text, and so may be what follows it.
            self._at = _At.TEXT
            found.append(self._space + (self._marker or self._take(1)))
            self._begun = True
        self._span = _Span()
        return True

    def _look(self, found: list[str | Written]) -> bool:
        """Give text up to a marker; what may become one, and white space before it, is kept."""
        if self._bare and not self._begun and self._kept.lstrip().startswith("{"):
            self._at, self._marker, self._space = _At.CALL, BARE, self._take(_space_end(self._kept, 0))
            return True
        places = [(place, marker) for marker in self._markers if (place := self._kept.find(marker)) >= 0]
        if places:
            place, marker = min(places)
            before = self._take(place)
            text = before.rstrip()
            self._space = before[len(text) :]
            self._take(len(marker))
            self._at, self._marker = _At.CALL, marker
        else:
            text = self._take(self._sure())
        if text:
            self._begun = True
            found.append(text)
        return bool(places)

    def _sure(self) -> int:
        """Length of the text that is no marker's beginning, nor the white space before one or at the end."""
        kept = self._kept
        longest = max(map(len, self._markers)) - 1
        sizes = range(min(longest, len(kept)), 0, -1)
        begun = next((size for size in sizes if any(m.startswith(kept[-size:]) for m in self._markers)), 0)
        return len(kept[: len(kept) - begun].rstrip())

    def _behind(self, *, last: bool) -> bool:
        """Drop what ends a call, and see whether another one of the same marker follows."""
        rest, end = self._kept.lstrip(), ENDS.get(self._marker, "")
        if not last and (not rest or (len(rest) < len(end) and end.startswith(rest))):
            return False
        rest = rest.removeprefix(end).lstrip() if end else rest
        if not rest and not last:
            self._kept = rest
            return False
        again = AGAIN.get(self._marker)
        self._kept = rest
        self._at = _At.CALL if again and rest.startswith(again) else _At.TEXT
        return bool(rest)

    def _read(self, *, last: bool) -> list[Written] | None:
        """The calls at the beginning of what is kept; none where there is none, None while that isn't known."""
        start, name = _space_end(self._kept, 0), None
        if self._marker in {MISTRAL, FUNCTION} and not self._kept.startswith("[", start):
            pattern = _NAME if self._marker == MISTRAL else _FUNCTION_NAME
            named = pattern.match(self._kept)
            if named is None:
                open_end = not last and _MAY_BE_NAMED.fullmatch(self._kept) is not None
                return None if open_end else []
            start, name = named.end(), named["name"]
        start = _space_end(self._kept, start)
        if start == len(self._kept):
            return [] if last else None
        if self._kept[start] not in "{[":
            return []
        end = self._span.end(self._kept, start)
        if end is None:
            return None if not last else []
        calls = _calls_in(self._kept[start:end], name)
        if self._marker == BARE:
            calls = [call for call in calls if call.name in self._names]
        if calls:
            self._take(end)
        return calls

    def _take(self, size: int) -> str:
        taken, self._kept = self._kept[:size], self._kept[size:]
        return taken


def _space_end(text: str, start: int) -> int:
    found = _SPACE.match(text, start)
    return found.end() if found else start


class _Span:
    """Where a JSON value ends in a text that still grows; each character is looked at once."""

    def __init__(self) -> None:
        self._looked: int | None = None
        self._depth = 0
        self._quoted = False

    def end(self, text: str, start: int) -> int | None:
        """The place behind the value that begins at `start`; None while it goes on."""
        place = start if self._looked is None else self._looked
        for token in _STRUCTURE.finditer(text, place):
            mark = token[0]
            if mark == '"':
                self._quoted = not self._quoted
            elif not self._quoted and mark in "{[":
                self._depth += 1
            elif not self._quoted and mark in "}]":
                self._depth -= 1
                if self._depth == 0:
                    return token.end()
            place = token.end()
        # A backslash at the very end escapes what is still to come.
        self._looked = max(place, len(text) - 1 if text.endswith("\\") else len(text))
        return None


def _calls_in(text: str, name: str | None) -> list[Written]:
    """The calls in a JSON text: of `name` where that stood before it; none unless it is all calls."""
    try:
        # Models write line breaks into strings as they are.
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return []
    if name is not None:
        return [Written(name, _written(value))] if isinstance(value, dict) else []
    calls = [_call(entry) for entry in (value if isinstance(value, list) else [value])]
    return [call for call in calls if call is not None] if None not in calls else []


def _call(value: object) -> Written | None:
    match value:
        case {"type": "function", "function": dict() as function}:
            return _call(function)
        case {"name": str(name), "arguments": arguments} | {"name": str(name), "parameters": arguments} if name:
            pass
        case _:
            return None
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments, strict=False)
        except (ValueError, RecursionError):
            return None
    return Written(name, _written(arguments)) if isinstance(arguments, dict) else None


def _written(arguments: dict[str, Any]) -> str:
    return json.dumps(arguments, ensure_ascii=False)
