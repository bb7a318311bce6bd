"""The part of a content that a request asks for. Pure. Source: RFC 9110, sections 13 and 14."""

import re

from antiphon.errors import RangeNotSatisfiable

ASKED = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*")


def range_of(asked: str | None, size: int) -> tuple[int, int] | None:
    """From where up to where (which isn't among them), from a `Range` header; None for all of it.

    What isn't understood, several ranges at once included, asks for all of it, as the RFC lets a server do. Raises
    `RangeNotSatisfiable` for one that begins behind the end.
    """
    found = ASKED.fullmatch(asked or "")
    if not found or found[1] == found[2] == "":
        return None
    if not found[1]:
        start, end = max(size - int(found[2]), 0), size
    else:
        start, end = int(found[1]), min(int(found[2]) + 1, size) if found[2] else size
        if found[2] and int(found[2]) < start:
            return None
    if start >= end:
        raise RangeNotSatisfiable(f"The file has {size} bytes; the range '{asked}' is behind its end.", size)
    return start, end
