"""Writes interactions to the end of a cassette file, each whole and in one piece.

"Acknowledged means saved": `keep` returns when the system has the lines, and the end of a stream is handed
on only then. Not here: what an interaction is made of (`transport.py`) and its lines (`format.py`).
"""

import contextlib
import itertools
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from antiphon.cassettes.bodies import Bodies
from antiphon.cassettes.format import Span, encode_header, encode_interaction, read_answer
from antiphon.cassettes.interaction import Answered, Asked, Interaction, Origin
from antiphon.cassettes.packing import is_packed, pack
from antiphon.errors import ConfigFault, StoreFault


class Recorder:
    """The open end of one cassette file.

    `take` is the number of the recording that goes on, `kept` how many interactions were written so far. With `beside`,
    large bodies go beside the file, which the first version of the format didn't know.
    """

    def __init__(self, path: Path, *, take: int = 1, first: int = 1, beside: bool = True) -> None:
        self.path = path
        self.take = take
        self.kept = 0
        self._bodies = Bodies.of(path) if beside else None
        self._packed = is_packed(path)
        self._numbers = itertools.count(first)

    def number(self) -> int:
        """The next place in the order of arrival; taken when a request starts."""
        return next(self._numbers)

    def keep(
        self, number: int, asked: Asked, answered: Answered, take: int | None = None, scope: str = ""
    ) -> Interaction:
        """Append an interaction from which all secrets are gone.

        Raises `StoreFault` if the file didn't take it; nothing of it is left there then.
        """
        take = take or self.take
        where = self._append(number, asked, answered, take, scope)
        self.kept += 1
        origin = Origin(self.path.name)
        load = partial(read_answer, self.path, origin, where)
        return Interaction(number, asked, answered.end, origin, load, take, scope)

    def _append(self, number: int, asked: Asked, answered: Answered, take: int, scope: str) -> Span:
        """Write, and say where the lines of the answer stand."""
        try:
            # Large bodies first: no line shall name one that isn't there.
            lines = encode_interaction(number, asked, answered, take=take, scope=scope, bodies=self._bodies)
            written = pack(lines) if self._packed else lines
            end = _write(self.path, written)
        except OSError as error:
            raise StoreFault(
                f"The recording could not be written to {self.path} ({error.strerror}): "
                "make room or make the file writable; this answer is not on the tape."
            ) from error
        offset = lines.index(b"\n") + 1
        if self._packed:
            return Span(offset, len(lines) - offset, (end - len(written), end))
        return Span(end - len(lines) + offset, len(lines) - offset)


def create(path: Path, start: int, redact: Sequence[str] = ()) -> None:
    """Make a cassette file with nothing but its header; `redact` says what is taken out of it.

    Raises `ConfigFault` if that can't be done.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        header = encode_header(start, redact=redact)
        _write(path, pack(header) if is_packed(path) else header)
    except OSError as error:
        raise ConfigFault(
            f"The cassette {path} can't be made: {error.strerror}. Name a path that can be written."
        ) from error


def trim(path: Path, whole: int) -> None:
    """Drop a torn interaction from the end of a file. Raises `ConfigFault` if the file isn't writable."""
    try:
        with path.open("r+b") as file:
            file.truncate(whole)
    except OSError as error:
        raise ConfigFault(
            f"The cassette {path} can't be written to: {error.strerror}. Make it writable, or replay it."
        ) from error


def _write(path: Path, lines: bytes) -> int:
    """Append in one call, so that another program's lines can't come between; the new length."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        written = os.write(file, lines)
        end = os.lseek(file, 0, os.SEEK_CUR)
        if written < len(lines):
            with contextlib.suppress(OSError):
                os.ftruncate(file, end - written)
            raise OSError(28, os.strerror(28))
        return end
    finally:
        os.close(file)
