"""Cassettes under zstd, `tape.jsonl.zst`: a frame an interaction, so that they are appended and read one by one.

Any other division into frames is read as well. Not here: the lines (`format.py`). Needs Python 3.14, or the extra
`antiphon[zstd]`.
"""

import io
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from antiphon.errors import CassetteInvalid, ConfigFault

try:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    INSTALLED = True
except ModuleNotFoundError:
    INSTALLED = False

SUFFIX = ".jsonl.zst"
BLOCK = 256 * 1024


class Frame(NamedTuple):
    """A frame's text, and where the frame ends in the file."""

    text: bytes
    stop: int


class Place(NamedTuple):
    """Where some text stands: in which bytes of the file, and how far into their text it begins."""

    start: int
    stop: int
    offset: int


def is_packed(path: Path) -> bool:
    """Whether a file of this name is under zstd. Raises `ConfigFault` where that can't be read."""
    if not path.name.endswith(SUFFIX):
        return False
    if not INSTALLED:
        raise ConfigFault(f"{path} is under zstd: take Python 3.14 or newer, or pip install 'antiphon[zstd]'.")
    return True


def pack(data: bytes) -> bytes:
    """The bytes as a frame."""
    return zstd.compress(data)


def unpack(data: bytes) -> bytes:
    """The text of some frames. Raises `ValueError` for what is none."""
    try:
        return zstd.decompress(data)
    except zstd.ZstdError as error:
        raise ValueError(str(error)) from None


def first_line(path: Path, name: str) -> BinaryIO:
    """The first line of a cassette, under zstd or not. Raises `CassetteInvalid` where its name is wrong in that."""
    if not is_packed(path):
        with path.open("rb") as file:
            return io.BytesIO(file.readline())
    try:
        with zstd.open(path, "rb") as text:
            return io.BytesIO(text.readline())
    except (zstd.ZstdError, EOFError) as error:
        raise _not_packed(name, error) from None


class Frames:
    """The frames of a file, read one after another. `torn` after the last, if that isn't whole."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.torn = False
        self._file = file
        self._name = name
        self._texts = [0]
        self._stops = [0]

    def __iter__(self) -> Iterator[Frame]:
        stop, data = 0, b""
        while data := data or self._file.read(BLOCK):
            text, stop, data = self._frame(data, stop)
            if text is None:
                self.torn = True
                return
            self._texts.append(self._texts[-1] + len(text))
            self._stops.append(stop)
            yield Frame(text, stop)

    def place(self, offset: int, length: int) -> Place:
        """Where a part of the text stands, of the frames read so far."""
        first = bisect_right(self._texts, offset) - 1
        last = bisect_left(self._texts, offset + length)
        return Place(self._stops[first], self._stops[last], offset - self._texts[first])

    def end_of(self, offset: int) -> int | None:
        """Where in the file the text ends there; None if that is inside a frame."""
        at = bisect_left(self._texts, offset)
        return self._stops[at] if at < len(self._texts) and self._texts[at] == offset else None

    def _frame(self, data: bytes, stop: int) -> tuple[bytes | None, int, bytes]:
        """The text of a frame that begins with `data`, None if it is torn; where it ends, and what was read beyond."""
        decompressor, parts = zstd.ZstdDecompressor(), list[bytes]()
        try:
            while data:
                parts.append(decompressor.decompress(data))
                stop += len(data)
                if decompressor.eof:
                    rest = decompressor.unused_data
                    return b"".join(parts), stop - len(rest), rest
                data = self._file.read(BLOCK)
        except zstd.ZstdError as error:
            raise _not_packed(self._name, error) from None
        return None, stop, b""


def _not_packed(name: str, error: Exception) -> CassetteInvalid:
    return CassetteInvalid(f"{name} isn't under zstd as its name says: {error}.")
