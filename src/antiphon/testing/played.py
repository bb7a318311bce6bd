"""The cassette of one test: where it is, what it is for, what came of it. Counterpart: `plugin.py`."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from antiphon.cassettes.interaction import Interaction
from antiphon.cassettes.matching import Remedy
from antiphon.config import Config, Environment, Mode, load
from antiphon.errors import AntiphonError
from antiphon.testing.attempt import Attempt, holds_something
from antiphon.testing.served import LoopThread, Served

FOLDER = "cassettes"
LONGEST_NAME = 120
SHOWN = 3


class Marked(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What `@pytest.mark.cassette(…)` says; `path` is relative to the test's file."""

    path: str | None = None
    upstream: str | list[str] = []
    repeats: bool = True
    speed: str = "instant"
    match: str | None = None
    rules: list[str] = []
    faults: list[str] = []
    allow_misses: bool = False


class PlayedCassette:
    """One test's cassette and the servers over it."""

    def __init__(self, item: pytest.Item, marked: Marked, thread: LoopThread) -> None:
        self.path = path_of(item, marked)
        self.allow_misses = marked.allow_misses
        self._name = _shown(self.path, item)
        self._nodeid = item.nodeid
        own = marked.path is None
        self.mode = mode_of(record_mode(item.config), self.path, own=own)
        self.passed = False
        self._attempt = Attempt(self.path) if own and self.mode == "record" else None
        self._set_aside = ""
        with _told():
            self._check_there()
            self._served = Served(thread, _config(item, marked, self), Environment(variables=os.environ))
        self._served.tape.remedy = Remedy(f"`pytest --record-mode=new_episodes '{item.nodeid}'`", _as_marker)

    @property
    def url(self) -> str:
        """The base URL of the Responses API, ending in `/v1`."""
        with _told():
            return self._served.url

    @property
    def standin_url(self) -> str:
        """The address of a stand-in for the recorded API, without a path."""
        with _told():
            return self._served.standin_url

    @property
    def interactions(self) -> list[Interaction]:
        """All that is on the cassette, but not what `all` and `once` record just now."""
        return list(self._served.tape.cassette.interactions)

    @property
    def unused(self) -> list[Interaction]:
        """What nobody has asked for so far; nothing while everything is recorded anew."""
        return self._served.tape.cassette.unused if self.mode in {"replay", "auto"} else []

    @property
    def misses(self) -> list[str]:
        """Why requests found nothing, and how to record them."""
        return list(self._served.tape.misses)

    @property
    def told(self) -> dict[str, Any]:
        """For the summary: the file, how many interactions were recorded, and which weren't used."""
        unused = [f"{each.asked.method} {each.asked.path} ({each.origin})" for each in self.unused]
        more = [f"and {len(unused) - SHOWN} more"] if len(unused) > SHOWN else []
        recorded = self._served.tape.recorded
        which = unused[:SHOWN] + more
        told = {"path": self._name, "recorded": recorded, "unused": len(unused), "which": which}
        return told | {"aside": self._set_aside}

    def close(self) -> None:
        """Stop the servers. What a test recorded that hasn't `passed` is set aside."""
        self._served.close()
        if self._attempt is None:
            return
        if self.passed:
            self._attempt.keep()
        elif self._attempt.set_aside():
            self._set_aside = str(Path(self._name).with_name(self._attempt.failed.name))

    def _check_there(self) -> None:
        if self.mode == "replay" and not self.path.exists():
            pytest.fail(
                f"There is no cassette {self._name} for this test.\n"
                f"Record it: pytest --record-mode=once '{self._nodeid}'",
                pytrace=False,
            )


def play(item: pytest.Item, thread: LoopThread) -> PlayedCassette:
    """The cassette of a test, as its marker and the options say. Fails the test if that can't be."""
    return PlayedCassette(item, marked_of(item), thread)


def marked_of(item: pytest.Item) -> Marked:
    """What the test's markers say; the nearest counts for each word."""
    words: dict[str, Any] = {}
    for marker in item.iter_markers("cassette"):
        positional = {"path": os.fspath(marker.args[0])} if marker.args else {}
        words = {**positional, **marker.kwargs, **words}
    if isinstance(words.get("path"), Path):
        words["path"] = str(words["path"])
    try:
        return msgspec.convert(words, Marked)
    except msgspec.ValidationError as error:
        pytest.fail(f"@pytest.mark.cassette of {item.nodeid}: {error}", pytrace=False)


def path_of(item: pytest.Item, marked: Marked) -> Path:
    """The file of a test: `cassettes/<module>/<test>.jsonl` beside the test's own file, unless the marker says."""
    if marked.path is not None:
        return item.path.parent / marked.path
    test = item.nodeid.partition("::")[2].replace("::", ".")
    name = re.sub(r"[^\w.\[\]-]+", "-", test)[:LONGEST_NAME]
    return item.path.parent / FOLDER / item.path.stem / f"{name}.jsonl"


def record_mode(config: pytest.Config) -> str:
    """The word given on the command line, else in pytest's settings."""
    return str(config.getoption("record_mode") or config.getini("antiphon_record_mode"))


def mode_of(word: str, path: Path, *, own: bool) -> Mode:
    """What a cassette is opened for. With `all`, a test's own file is begun anew, keeping its clock.

    A file that several tests share is recorded over, take by take, so that none takes the others' away.
    """
    match word:
        case "none":
            return "replay"
        case "once":
            # One without an interaction was left by a test that asked nothing.
            return "replay" if path.is_dir() or holds_something(path) else "record"
        case "new_episodes":
            return "auto"
        case "all" | "rewrite":
            if own and path.is_file():
                Attempt(path).begin_anew()
            return "record"
        case "live":
            return "live"
        case _:
            raise pytest.UsageError(f"antiphon_record_mode = {word}: say none, once, new_episodes, all or live")


def _config(item: pytest.Item, marked: Marked, played: PlayedCassette) -> Config:
    upstream = [marked.upstream] if isinstance(marked.upstream, str) else marked.upstream
    flags = {
        "cassette": str(played.path),
        "mode": played.mode,
        "upstream": upstream or item.config.getini("antiphon_upstream") or None,
        "repeats": marked.repeats,
        "speed": marked.speed,
        "match": marked.match,
        "rules": marked.rules or None,
        "faults": marked.faults or None,
        "db": "memory://",
    }
    return load(flags, os.environ, item.config.rootpath)


def _as_marker(rules: Sequence[str]) -> str:
    return f"@pytest.mark.cassette(rules={list(rules)!r})"


def _shown(path: Path, item: pytest.Item) -> str:
    root = item.config.rootpath
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


@contextmanager
def _told() -> Iterator[None]:
    """Faults of settings and cassettes as failures that show no code of ours."""
    try:
        yield
    except AntiphonError as fault:
        pytest.fail(fault.message, pytrace=False)
