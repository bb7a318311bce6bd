"""A recording of one test that isn't good yet: it takes its place only if the test passes.

The recording of a test that failed is half of one, and replayed it would fail for ever. It is set aside under another
name, to be looked at, and what was there before comes back. Not here: when a test has passed (`plugin.py`).
Counterpart: `played.py`.
"""

import shutil
from pathlib import Path

from antiphon.cassettes.bodies import Bodies
from antiphon.cassettes.format import encode_header, read_header
from antiphon.cassettes.index import index_of


class Attempt:
    """The recording of a test's own cassette. `failed` is where it goes if the test fails."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failed = _named(path, "failed")
        self._before = _named(path, "before")

    def begin_anew(self) -> None:
        """Put what is there out of the way; the new file has its clock, and all else that its first line says."""
        with self.path.open("rb") as file:
            header = read_header(file, self.path.name)
        _move(self.path, self._before)
        said = encode_header(header.start, header.match, header.rules, header.faults, header.redact)
        self.path.write_bytes(said)

    def keep(self) -> None:
        """The test has passed: the new recording is the recording."""
        _drop(self._before)
        _drop(self.failed)

    def set_aside(self) -> bool:
        """The test has failed: whether there was something to set aside."""
        something = holds_something(self.path)
        if something:
            _move(self.path, self.failed)
        else:
            _drop(self.path)
        if self._before.exists():
            _move(self._before, self.path)
        return something


def holds_something(path: Path) -> bool:
    """Whether a file has more than a first line."""
    return path.is_file() and path.read_bytes().count(b"\n") > 1


def _named(path: Path, word: str) -> Path:
    return path.with_name(f"{path.name.removesuffix('.jsonl')}.{word}.jsonl")


def _move(path: Path, target: Path) -> None:
    _drop(target)
    path.replace(target)
    bodies = Bodies.of(path).folder
    if bodies.is_dir():
        bodies.rename(Bodies.of(target).folder)
    index_of(path).unlink(missing_ok=True)


def _drop(path: Path) -> None:
    path.unlink(missing_ok=True)
    index_of(path).unlink(missing_ok=True)
    shutil.rmtree(Bodies.of(path).folder, ignore_errors=True)
