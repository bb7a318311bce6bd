from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from cassettes.tapes import chat, interaction

from antiphon.cassettes.cassette import Cassette
from antiphon.cassettes.format import encode_header, encode_interaction
from antiphon.cassettes.interaction import Answered, Chunk, End, Interaction
from antiphon.cassettes.matcher import Matching
from antiphon.cassettes.open import read_cassette
from antiphon.cassettes.personal import read_finder
from antiphon.cassettes.rewriting import Head, head_of, merged, reachable, redacted, split, write_cassette
from antiphon.errors import ConfigFault

KEY = "sk-proj-0123456789abcdefghij"


def tape(*interactions: Interaction) -> Cassette:
    return Cassette("tape.jsonl", 5, interactions)


def facts(interactions: Iterable[Interaction]) -> list[tuple[object, ...]]:
    return [(each.asked.key, each.asked.headers, each.load(), each.scope, each.take) for each in interactions]


def test_what_is_written_reads_as_it_was_and_may_replace_its_source(tmp_path: Path) -> None:
    path = tmp_path / "new" / "tape.jsonl"
    taped = [interaction(chat("hi"), b"one", scope="a"), interaction(b"\xff", b"\xfe", number=2, take=3)]
    head = Head(7, Matching.CONVERSATION, ["ignore seed"])
    assert write_cassette(path, head, taped) == 2
    first = read_cassette(path)
    assert facts(first.interactions) == facts(taped)
    assert head_of(first) == head
    before = path.read_bytes()
    assert write_cassette(path, head_of(first), first.interactions) == 2
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["tape.jsonl"]


def test_a_plain_head_says_nothing_of_matching(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    write_cassette(path, head_of(tape()), [])
    assert path.read_bytes() == encode_header(5)


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigFault, match="can't be written"):
        write_cassette(tmp_path / "file" / "tape.jsonl", Head(5), [])


def test_earlier_takes_and_what_was_left_are_out_of_reach() -> None:
    old, new = interaction(chat("hi"), number=1), interaction(chat("hi"), number=2, take=2)
    left, alone = (interaction(chat(text), number=n, end=End.LEFT) for n, text in ((3, "hi"), (4, "ho")))
    scoped = interaction(chat("hi"), number=5, scope="a")
    assert reachable(tape(old, new, left, alone, scoped)) == [new, alone, scoped]


def test_merging_keeps_what_each_would_replay() -> None:
    old, new = interaction(chat("hi"), b"old", number=1), interaction(chat("hi"), b"new", number=2, take=2)
    other = interaction(chat("hi"), b"other", number=1)
    both = merged([tape(old, new), tape(other)])
    assert [each.load().chunks[0].data for each in both] == [b"new", b"other"]
    assert [each.take for each in both] == [1, 1]


@pytest.mark.parametrize(
    ("by", "names"), [("scope", ["a-b.c", "everyone"]), ("upstream", ["ollama"]), ("path", ["v1-chat-completions"])]
)
def test_splitting_gives_names_that_files_can_have(by: str, names: list[str]) -> None:
    cassette = tape(interaction(chat("hi"), scope="a/b.c"), interaction(chat("ho")))
    parts = split(cassette, by)
    assert sorted(parts) == names
    assert sum(map(len, parts.values())) == 2


def test_redacting_again_takes_out_forms_and_what_a_pattern_matches() -> None:
    taped = interaction(chat("hi"), b"the answer for ticket-4711")
    secret = replace(taped.asked, body=b'{"a": "' + KEY.encode() + b'", "b": "ticket-4711"}')
    clean = redacted(replace(taped, asked=secret), [read_finder(r"ticket-\d+")])
    assert clean.asked.body == b'{"a":"[redacted]","b":"[redacted]"}'
    assert clean.load().chunks == (Chunk(0, b"the answer for [redacted]"),)
    assert clean.asked.key != taped.asked.key
    assert redacted(taped).asked == taped.asked


@pytest.mark.recordings
def test_all_recordings_are_imported_without_loss(recordings_dir: Path, tmp_path: Path) -> None:
    source = read_cassette(recordings_dir / "llama-stack-e9b4278a5")
    path = tmp_path / "tape.jsonl"
    # Each answer is read once: that is most of the work.
    kept = [replace(each, load=cache(each.load)) for each in source.interactions]
    assert write_cassette(path, head_of(source), kept) == 938
    for one, other in zip(kept, read_cassette(path).interactions, strict=True):
        assert (one.asked.key, one.asked.url, one.scope) == (other.asked.key, other.asked.url, other.scope)
        assert joined(one.load()) == joined(other.load())
        match = source.find(other.asked, other.scope)
        assert match is not None


def joined(answered: Answered) -> tuple[object, ...]:
    return answered.status, answered.headers, answered.end, [chunk.data for chunk in answered.chunks]


def test_the_lines_are_those_of_a_recording() -> None:
    taped = interaction(chat("hi"), b"x")
    assert encode_interaction(1, taped.asked, taped.load()).count(b"\n") == 4
