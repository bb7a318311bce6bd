"""What an operator wants taken out beside secrets: addresses and numbers of people, or what their own pattern matches.

None is taken out unasked. A number counts only if it checks out as what it looks like. Pure. Not here: keys and
passwords (`shapes.py`). Counterpart: `redaction.py`.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle

from antiphon.cassettes.shapes import Span
from antiphon.errors import ConfigFault

_EDGE = r"(?<![A-Za-z0-9.+-])"
_CARD_DIGITS = range(13, 20)


@dataclass(frozen=True, slots=True)
class Finder:
    """A form of text to take out; `sure` looks at what the pattern found. `text` is how it was asked for."""

    text: str
    pattern: re.Pattern[str]
    sure: Callable[[str], bool] = bool

    def spans(self, text: str) -> Iterator[Span]:
        """Where it stands in a text."""
        return (match.span() for match in self.pattern.finditer(text) if match[0] and self.sure(match[0]))


def read_finder(text: str) -> Finder:
    """A finder by the name of what it finds, else by a regular expression. Raises `ConfigFault`."""
    if text in FINDERS:
        return FINDERS[text]
    try:
        return Finder(text, re.compile(text))
    except re.error as error:
        names = ", ".join(FINDERS)
        raise ConfigFault(f"--redact {text!r} is neither of {names} nor a regular expression: {error}.") from None


def _checks_out(number: str) -> bool:
    """Whether the digits are a card's. Source: ISO/IEC 7812-1, annex B."""
    digits = [int(digit) for digit in number if digit.isdigit()]
    if len(digits) not in _CARD_DIGITS or len(set(digits)) == 1:
        return False
    doubled = (digit * factor for digit, factor in zip(reversed(digits), cycle((1, 2)), strict=False))
    return sum(sum(divmod(digit, 10)) for digit in doubled) % 10 == 0


def _is_iban(text: str) -> bool:
    """Whether the check digits are right. Source: ISO 13616-1, ISO/IEC 7064 (MOD 97-10)."""
    plain = text.replace(" ", "")
    return int("".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])) % 97 == 1


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


FINDERS: dict[str, Finder] = {
    finder.text: finder
    for finder in (
        Finder("email", re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
        Finder("phone", re.compile(
            _EDGE + r"(?:\+\d[\d ()/.-]{6,18}\d|\(\d{3}\) ?\d{3}[ .-]\d{4}|\d{3}[ .-]\d{3}[ .-]\d{4})(?![\w-])"
        )),
        Finder("card", re.compile(_EDGE + r"\d(?:[ -]?\d){12,18}(?![\w-])"), _checks_out),
        Finder("iban", re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)"), _is_iban),
        Finder("ip", re.compile(
            r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}(?!\.?\w)|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:]))"
        ), _is_address),
    )
}  # fmt: skip
"""What can be asked for by name."""
