"""Bytes of a text file to its characters, whatever the encoding.

A byte order mark is believed, then UTF-8 is tried, then it is guessed. Bytes that are no text at all are told from
such as are. Not here: what an HTML page says of its own encoding (`html.py`).
"""

import codecs
import re
from typing import BinaryIO

from antiphon.errors import UnreadableFile
from antiphon.retrieval.bounds import MIB, MOST_CHARACTERS, MOST_TEXT_BYTES
from antiphon.retrieval.forms.writing import cleaned, too_long

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAMPLE = 64 * 1024
"""Bytes by which an encoding is guessed."""
WIDE = 0.3
"""The part of NULs in every second byte from which on a text is taken for UTF-16 without a mark."""
MOST_UNSEEN = 0.05
"""The part of control characters from which on it is no text."""
FEW = 2
BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
BEFORE = 400
"""Bytes of a line before its first that isn't ASCII."""
CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\r\f\x1b")


def read_text(file: BinaryIO, name: str, declared: str | None = None) -> str:
    """The characters of a file, cleaned. Raises `UnreadableFile` for too many, and for bytes that are no text."""
    data = file.read(MOST_TEXT_BYTES + 1)
    if len(data) > MOST_TEXT_BYTES:
        raise UnreadableFile(
            f"'{name}' has more than {MOST_TEXT_BYTES // MIB} MiB of text. Split it into smaller files."
        )
    text = cleaned(decoded(data, name, declared))
    if len(text) > MOST_CHARACTERS:
        raise too_long(name)
    return text


def decoded(data: bytes, name: str, declared: str | None = None) -> str:
    """The characters of these bytes; `declared` is an encoding that the file itself names."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    wide = _wide(data[:SAMPLE])
    if wide:
        return data.decode(wide, errors="replace")
    _check_text(data[:SAMPLE], name)
    for named in (declared, "utf-8"):
        if text := _strict(data, named):
            return text
    return data.decode(_guessed(data, name), errors="replace")


def _strict(data: bytes, encoding: str | None) -> str | None:
    if encoding is None:
        return None
    try:
        return data.decode(encoding)
    except (LookupError, UnicodeError):
        return None


def _wide(sample: bytes) -> str | None:
    """UTF-16 without its mark: text of the Latin letters has a NUL in every second byte."""
    pairs = len(sample) // 2
    if not pairs:
        return None
    high, low = sample[0 : 2 * pairs : 2].count(0), sample[1 : 2 * pairs : 2].count(0)
    if max(high, low) < WIDE * pairs or min(high, low) > pairs * MOST_UNSEEN:
        return None
    return "utf-16-le" if low > high else "utf-16-be"


def _check_text(sample: bytes, name: str) -> None:
    unseen = sum(sample.count(byte) for byte in CONTROLS)
    if unseen > FEW + len(sample) * MOST_UNSEEN or b"\x00\x00" in sample:
        raise UnreadableFile(
            f"'{name}' holds no text that can be read: its bytes are of another kind of file. Give it the ending of"
            " its kind, or save it as text, PDF or a document of Office.",
            code="unsupported_file",
        )


def _guessed(data: bytes, name: str) -> str:
    from charset_normalizer import from_bytes  # noqa: PLC0415 - an optional extra

    telling = _telling(data)
    # Where the last letter was cut in two, the bytes without its half tell.
    for sample in (telling, telling[:-1]):
        if best := from_bytes(sample).best():
            return best.encoding
    raise UnreadableFile(f"'{name}' is in an encoding that can't be told. Save it as UTF-8.")


def _telling(data: bytes) -> bytes:
    """The lines that aren't ASCII, as many as are needed: the others say nothing of an encoding."""
    pieces: list[bytes] = []
    missing, end = SAMPLE, 0
    while missing > 0 and (found := BEYOND_ASCII.search(data, end)):
        start = max(data.rfind(b"\n", end, found.start()) + 1, found.start() - BEFORE)
        line_end = data.find(b"\n", found.end(), found.end() + missing)
        end = line_end + 1 if line_end >= 0 else found.end() + missing
        pieces.append(data[start:end])
        missing -= end - start
    return b"".join(pieces)
