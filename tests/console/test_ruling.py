"""A miss, what it lacks, and the rule that mends it."""

from pathlib import Path

import pytest

from antiphon.cassettes.interaction import Answered, Asked, Chunk, End, Interaction, Origin
from antiphon.cassettes.open import read_cassette
from antiphon.cassettes.rewriting import Head, write_cassette
from antiphon.cassettes.transport import CassetteTransport, Missed, Mode
from antiphon.config import Config
from antiphon.console.ruling import add_rules, explained, writable
from antiphon.errors import InvalidRequest

ANSWER = Answered(200, {"content-type": "application/json"}, (Chunk(1, b'{"ok":true}'),), End.COMPLETE, 2)


def asked(body: bytes, path: str = "/v1/chat/completions") -> Asked:
    return Asked("POST", f"http://up{path}", path, "up", body, {}, body)


@pytest.fixture
def tape(tmp_path: Path) -> tuple[CassetteTransport, Config]:
    path = tmp_path / "tape.jsonl"
    each = Interaction(1, asked(b'{"model":"m","seed":1}'), End.COMPLETE, Origin("tape.jsonl"), lambda: ANSWER)
    write_cassette(path, Head(1), [each])
    return CassetteTransport(read_cassette(path), Mode.REPLAY), Config(cassette=str(path))


def test_a_rule_is_proposed_written_and_in_force(tape: tuple[CassetteTransport, Config]) -> None:
    transport, config = tape
    wanted = asked(b'{"model":"m","seed":2}')
    missed = Missed(wanted, "", "why")
    transport.missed.append(missed)
    miss = explained(transport, missed)
    assert [str(one) for one in miss.differs] == ["seed: recorded 1, asked 2"]
    assert (miss.rules, miss.flags) == (["ignore seed"], "--rule 'ignore seed'")
    assert transport.cassette.find(wanted) is None
    add_rules(transport, config, miss.rules)
    assert transport.cassette.find(wanted) is not None
    assert not transport.missed
    assert [rule.text for rule in read_cassette(Path(config.cassette or "")).matcher.rules] == ["ignore seed"]


def test_what_nothing_is_like(tape: tuple[CassetteTransport, Config]) -> None:
    miss = explained(tape[0], Missed(asked(b"{}", "/v1/other"), "", "why"))
    assert (miss.near, miss.differs, miss.rules) == (None, [], [])


def test_only_one_file_that_answers_alone_is_written_to(tape: tuple[CassetteTransport, Config], tmp_path: Path) -> None:
    transport, config = tape
    assert writable(transport, config) == Path(config.cassette or "")
    assert writable(transport, Config(cassette=str(tmp_path))) is None
    (tmp_path / "other.jsonl").write_text("{}\n")
    assert writable(transport, Config(cassette=str(tmp_path / "other.jsonl"))) is None
    with pytest.raises(InvalidRequest, match="--rule"):
        add_rules(transport, Config(cassette=str(tmp_path)), ["ignore seed"])
    recording = CassetteTransport(transport.cassette, Mode.AUTO)
    assert writable(recording, config) is None
