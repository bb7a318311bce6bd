"""How deeply a JSON text is nested, told without parsing it: parsers recurse, and a stack has an end.

Counterpart: `limits.py`, which refuses what is nested deeper than any sensible request.
"""

import re

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
"""A string, or what is left of the text where one doesn't end: never tried twice, so the time is linear."""

_NO_BRACKET = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def nested_deeper(text: bytes, most: int) -> bool:
    """Whether more than `most` arrays and objects stand inside each other somewhere in `text`."""
    if text.count(b"[") + text.count(b"{") <= most:
        return False
    depth = 0
    for bracket in _STRING.sub(b"", text).translate(None, _NO_BRACKET):
        depth += _STEPS[bracket]
        if depth > most:
            return True
    return False
