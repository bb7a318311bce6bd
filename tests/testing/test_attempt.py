"""Recordings that wait for their test to pass, with all that lies beside them."""

from pathlib import Path

import pytest
from cassettes.tapes import chat, interaction

from antiphon.cassettes.bodies import Bodies
from antiphon.cassettes.format import encode_header
from antiphon.cassettes.index import index_of
from antiphon.cassettes.matcher import Matching
from antiphon.cassettes.open import read_cassette
from antiphon.cassettes.recorder import create
from antiphon.cassettes.rewriting import Head, write_cassette
from antiphon.testing.attempt import Attempt, holds_something


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "test_it.jsonl"


def record(path: Path, words: bytes) -> None:
    """A cassette with an answer, large enough to stand beside, and an index."""
    write_cassette(path, Head(5), [interaction(chat("Hi?"), words + bytes(range(256)) * 100)])
    index_of(path).write_bytes(b"index")
    assert Bodies.of(path).folder.is_dir()


def said(path: Path) -> bytes:
    return read_cassette(path).interactions[0].load().chunks[0].data[:3]


def names(path: Path) -> set[str]:
    return {each.name for each in path.parent.iterdir()}


def test_a_recording_that_passed_stays_alone(path: Path) -> None:
    record(path, b"old")
    attempt = Attempt(path)
    attempt.begin_anew()
    assert (holds_something(path), read_cassette(path).start) == (False, 5)
    record(path, b"new")
    attempt.keep()
    assert said(path) == b"new"
    assert names(path) == {"test_it.jsonl", "test_it.bodies", "test_it.jsonl.idx"}


def test_one_that_failed_is_set_aside_and_the_old_one_comes_back(path: Path) -> None:
    record(path, b"old")
    attempt = Attempt(path)
    attempt.begin_anew()
    record(path, b"new")
    assert attempt.set_aside()
    assert (said(path), said(attempt.failed)) == (b"old", b"new")
    assert names(path) == {"test_it.jsonl", "test_it.bodies", "test_it.failed.jsonl", "test_it.failed.bodies"}
    Attempt(path).keep()
    assert names(path) == {"test_it.jsonl", "test_it.bodies"}


def test_nothing_is_nothing_to_set_aside(path: Path) -> None:
    create(path, 5)
    assert not Attempt(path).set_aside()
    assert names(path) == set()


def test_what_the_first_line_says_stays(path: Path) -> None:
    said = encode_header(5, Matching.CONVERSATION, ["ignore seed"], ["cut nth=2"], ["email"])
    path.write_bytes(said)
    Attempt(path).begin_anew()
    assert path.read_bytes() == said
