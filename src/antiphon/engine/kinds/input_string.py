"""The text of a tool that takes just one, decoded while the JSON that carries it is still arriving.

A chat model is offered a function with one string, so what it writes is `{"input": "…"}`, split anywhere, escapes
and surrogate pairs included. A model that writes bare text instead is understood as well. Pure.
Counterparts: `custom.py`, and `code_interpreter.py`, whose string is called `code`.
"""

import json
import re
from enum import Enum, auto

_OPENING = r'\s*\{{\s*"{name}"\s*:\s*"'
# Whole tokens of a JSON string; a high surrogate only once it is known what follows it. An escape that JSON doesn't
# have is text: models write `\d` where they mean a backslash.
_HIGH, _LOW = r"\\u[dD][89abAB][0-9a-fA-F]{2}", r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_MAY_BECOME_LOW = r"(?:\\(?:u(?:[dD](?:[c-fC-F][0-9a-fA-F]?)?)?)?)?\Z"
_TOKENS = re.compile(
    rf'(?:[^"\\]+|{_HIGH}{_LOW}|{_HIGH}(?!{_MAY_BECOME_LOW}|{_LOW})|(?!{_HIGH})\\u[0-9a-fA-F]{{4}}'
    r"|\\u(?![0-9a-fA-F]{0,3}\Z|[0-9a-fA-F]{4})|\\[^u])*",
    re.DOTALL,
)
_ESCAPE = re.compile(rf"(?P<pair>{_HIGH}{_LOW})|\\u(?P<unit>[0-9a-fA-F]{{4}})|\\(?P<other>.)", re.DOTALL)
_SHORT = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LONE = range(0xD800, 0xE000)
_HALVES = re.compile("[\ud800-\udfff]")


class _At(Enum):
    BEFORE = auto()
    INSIDE = auto()
    BEHIND = auto()
    BARE = auto()


class InputString:
    """`feed` pieces of arguments, get pieces of text; `finish` gives what was kept back. `name` is the string's."""

    def __init__(self, name: str = "input") -> None:
        self._name = name
        self._opening = re.compile(_OPENING.format(name=name))
        self._at = _At.BEFORE
        self._kept = ""

    def feed(self, piece: str) -> str:
        """The text that this piece completes."""
        self._kept += piece
        if self._at is _At.BEFORE:
            self._look_for_opening()
        if self._at is _At.INSIDE:
            return self._inside()
        return self._take() if self._at is _At.BARE else ""

    def finish(self) -> str:
        """The rest, when no more comes. JSON of another shape gives its only string, or itself."""
        kept = self._take()
        match self._at:
            case _At.BEFORE:
                return _only_string(kept, self._name)
            case _At.INSIDE:
                # Cut in the middle of an escape: what there is of it means nothing.
                return "" if kept.startswith("\\") else kept
            case _:
                return "" if self._at is _At.BEHIND else kept

    def _look_for_opening(self) -> None:
        opening = self._opening.match(self._kept)
        if opening:
            self._at, self._kept = _At.INSIDE, self._kept[opening.end() :]
        elif self._kept.strip() and not self._kept.lstrip().startswith(("{", '"')):
            self._at = _At.BARE

    def _inside(self) -> str:
        tokens = _TOKENS.match(self._kept)
        end = tokens.end() if tokens else 0
        text = _decoded(self._kept[:end])
        self._kept = self._kept[end:]
        if self._kept.startswith('"'):
            self._at, self._kept = _At.BEHIND, ""
        return text

    def _take(self) -> str:
        kept, self._kept = self._kept, ""
        return kept


def _decoded(escaped: str) -> str:
    """A piece of a JSON string without its quotes; half a surrogate pair becomes U+FFFD."""
    return _ESCAPE.sub(_character, escaped)


def _character(escape: re.Match[str]) -> str:
    if pair := escape["pair"]:
        return str(json.loads(f'"{pair}"'))
    if unit := escape["unit"]:
        code = int(unit, 16)
        return "\ufffd" if code in _LONE else chr(code)
    return _SHORT.get(escape["other"], escape[0])


def _only_string(text: str, name: str) -> str:
    return _HALVES.sub("\ufffd", _string_in(text, name))


def _string_in(text: str, name: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, str):
        return value
    if value == {}:
        return ""
    strings = [inner for inner in value.values() if isinstance(inner, str)] if isinstance(value, dict) else []
    if isinstance(value, dict) and isinstance(value.get(name), str):
        return str(value[name])
    return strings[0] if len(strings) == 1 else text
