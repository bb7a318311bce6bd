from dataclasses import replace
from pathlib import Path

import pytest
from cassettes.tapes import SSE, chat, interaction

from antiphon.cassettes.cassette import Cassette
from antiphon.cassettes.interaction import Answered, Chunk, End, Interaction
from antiphon.cassettes.open import read_cassette
from antiphon.cassettes.verify import Finding, verify
from antiphon.errors import CassetteInvalid

KEY = b"sk-proj-0123456789abcdefghij"


def found(*interactions: Interaction) -> list[tuple[str, bool]]:
    findings = list(verify(Cassette("tape.jsonl", 5, interactions)))
    return [(finding.sentence, finding.grave) for finding in findings]


def test_a_good_cassette_has_no_findings() -> None:
    assert found(interaction(chat("hi"), b"one"), interaction(chat("ho"), b"two", number=2)) == []


def test_secrets_that_slipped_through_are_failures() -> None:
    taped = interaction(chat("hi"), b"a " + KEY)
    assert found(taped) == [("the answer holds a secret (redact)", True)]
    asked = replace(taped.asked, body=b'{"a":"' + KEY + b'"}')
    assert found(replace(interaction(chat("hi")), asked=asked)) == [("the request holds a secret (redact)", True)]
    asked = replace(taped.asked, url="http://user:password1234@host/v1/chat/completions")
    assert found(replace(interaction(chat("hi")), asked=asked)) == [("the request holds a secret (redact)", True)]


def test_a_secret_spelled_over_many_events_is_found() -> None:
    events = [b'data: {"choices":[{"index":0,"delta":{"content":"%c"}}]}\n\n' % letter for letter in KEY]
    answered = Answered(200, SSE, tuple(Chunk(0, event) for event in events), End.COMPLETE)
    taped = replace(interaction(chat("hi")), load=lambda: answered)
    assert found(taped) == [("the answer holds a secret (redact)", True)]


def test_what_only_may_be_a_secret_is_a_note() -> None:
    [(sentence, grave)] = found(interaction(chat("token q7Zr2LmX0pVt9sYb4NcK8wJd6HfG3aEu1TiO5xR")))
    assert "may be a secret" in sentence
    assert not grave
    assert found(interaction(chat("a" * 40 + " 0123456789" * 9 + " internationalization_and_localization_files"))) == []


def test_what_is_out_of_reach_or_incomplete_is_a_note() -> None:
    old, new = interaction(chat("hi"), number=1), interaction(chat("hi"), number=2, take=2)
    cut = interaction(chat("ho"), number=3, end=End.CUT)
    assert found(old, new, cut) == [
        ("no request leads here: a later recording replaces it (prune)", False),
        ("its answer ended as cut", False),
    ]


def test_an_answer_that_cannot_be_read_is_a_failure() -> None:
    def load() -> Answered:
        raise CassetteInvalid("It is torn.")

    assert found(replace(interaction(chat("hi")), load=load)) == [("It is torn.", True)]


def test_notes_of_the_file_are_told() -> None:
    cassette = Cassette("tape.jsonl", 5, notes=["one was torn"])
    assert list(verify(cassette)) == [Finding("tape.jsonl", "one was torn", grave=False)]
    assert str(Finding("tape.jsonl:2", "bad")) == "tape.jsonl:2: bad"


@pytest.mark.recordings
@pytest.mark.soak
# `terminal/test_cassette_files.py` asks the same of all of them by the command line, in every run.
def test_all_recordings_are_sound(recordings_dir: Path) -> None:
    cassette = read_cassette(recordings_dir / "llama-stack-e9b4278a5")
    assert len(cassette) == 938
    assert [finding for finding in verify(cassette) if finding.grave] == []


def test_a_word_of_an_answer_may_be_a_secret_too() -> None:
    findings = found(interaction(chat("hi"), b'{"text": "q7Zr2LmX0pVt9sYb4NcK8wJd6HfG3aEu1TiO5xR"}'))
    assert findings == [('the answer has a word that may be a secret: "q7Zr2LmX"…', False)]
