"""A cassette large enough for an index, and what becomes of the index as the file changes."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cassettes.tapes import SSE, ScriptedAnswer, ScriptedNetwork, asked, body_of, chat, request

from antiphon.cassettes.cassette import Cassette
from antiphon.cassettes.format import encode_header, encode_interaction
from antiphon.cassettes.index import INDEXED, IndexedFile, index_of, read_indexed
from antiphon.cassettes.interaction import Answered, Asked, Chunk, End
from antiphon.cassettes.matcher import Matcher, Matching
from antiphon.cassettes.open import Equality, open_cassette, read_cassette
from antiphon.cassettes.transport import Mode
from antiphon.cassettes.upstreams import upstreams
from antiphon.errors import CassetteInvalid

Damage = Callable[[bytes], bytes]

FIRST, SECOND = "resp_" + "1" * 32, "resp_" + "2" * 32
LARGE = b"data: " + b"x" * (INDEXED // 2) + b"\n\n"


def lines(number: int, body: object, *, answer: bytes = b"", scope: str = "", upstream: str = "ollama") -> bytes:
    answered = Answered(200, SSE, (Chunk(0, answer or f"answer {number}".encode()),), End.COMPLETE)
    return encode_interaction(number, asked(body, upstream=upstream), answered, scope=scope)


LINES = [
    lines(1, chat("hi")),
    lines(4, chat("hi")),
    lines(3, chat("hi"), scope="mine"),
    lines(2, chat(FIRST, model="other"), upstream="vllm"),
    lines(5, chat("large"), answer=LARGE),
    lines(6, chat("larger"), answer=LARGE),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tape.jsonl"
    path.write_bytes(encode_header(5) + b"".join(LINES))
    return path


def found(cassette: Cassette, text: str, scope: str = "", times: int = 1) -> list[int]:
    matches = [cassette.find(asked(chat(text)), scope) for _ in range(times)]
    return [match.interaction.number if match else 0 for match in matches]


def index_bytes(path: Path) -> bytes:
    return index_of(path).read_bytes()


def test_an_index_is_made_and_gives_what_the_file_has(path: Path) -> None:
    plain = read_indexed(path, "tape.jsonl", Matcher()).interactions
    for _ in range(2):
        cassette = read_cassette(path)
        assert index_of(path).is_file()
        assert (len(cassette), cassette.start, cassette.last_take, cassette.notes) == (6, 5, 1, [])
        assert [each.number for each in cassette.interactions] == [1, 2, 3, 4, 5, 6]
        assert [each.origin.line for each in cassette.interactions] == [each.origin.line for each in plain]
        assert [each.asked.body for each in cassette.interactions[1:3]] == [plain[1].asked.body, plain[2].asked.body]
        assert found(cassette, "hi", times=4) == [1, 4, 3, 3]
        assert found(cassette, "hi", "mine", times=2) == [3, 3]
        assert found(cassette, "ho") == [0]
        assert [each.number for each in cassette.unused] == [2, 5, 6]
        match = cassette.find(asked(chat("large")))
        assert match is not None
        assert match.interaction.load().chunks == (Chunk(0, LARGE),)
        assert [(each.name, each.models) for each in upstreams(cassette)] == [
            ("ollama", ("llama3.2",)),
            ("vllm", ("other",)),
        ]


def test_requests_that_are_alike_are_found_by_an_index_too(path: Path) -> None:
    match = read_cassette(path).find(asked(chat(SECOND, model="other")))
    assert match is not None
    assert (match.interaction.number, match.ids) == (2, {FIRST: SECOND})


def test_bodies_are_read_when_they_are_asked_for(path: Path) -> None:
    cassette = read_cassette(path)
    one = cassette.interactions[0].asked
    assert one == cassette.interactions[0].asked
    assert b"llama3.2" in one.body
    assert replace(one, body=b"other").body == b"other"
    path.write_bytes(encode_header(5) + b"{}\n" * 100)
    with pytest.raises(CassetteInvalid, match=r"was changed|can't be read: JSON"):
        assert one.body
    path.unlink()
    with pytest.raises(CassetteInvalid, match="can't be read any more"):
        assert one.body


def test_the_index_is_what_is_read(path: Path) -> None:
    """Told that nothing has changed, it doesn't look into the file."""
    read_cassette(path)
    state = path.stat()
    path.write_bytes(path.read_bytes().replace(b'"content":"hi"', b'"content":"ho"'))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert found(read_cassette(path), "hi") == [1]
    os.utime(path)
    changed = read_cassette(path)
    assert (found(changed, "hi"), found(changed, "ho")) == ([0], [1])


def test_it_is_made_anew_when_the_size_differs_and_goes_on_when_the_file_has_grown(path: Path) -> None:
    assert len(read_cassette(path)) == 6
    with path.open("ab") as file:
        file.write(lines(7, chat("new")) + lines(8, chat("hi")))
    grown = read_cassette(path)
    assert (len(grown), found(grown, "new"), found(grown, "hi", times=4)) == (8, [7], [1, 4, 8, 3])
    made = index_bytes(path)
    index_of(path).unlink()
    assert len(read_cassette(path)) == 8
    assert index_bytes(path) == made
    path.write_bytes(encode_header(5) + b"".join(LINES[1:]))
    assert found(read_cassette(path), "hi") == [4]


def test_what_was_changed_in_the_middle_of_a_grown_file_is_seen(path: Path) -> None:
    read_cassette(path)
    path.write_bytes(path.read_bytes().replace(b'"content":"hi"', b'"content":"ho"') + lines(7, chat("new")))
    changed = read_cassette(path)
    assert (found(changed, "hi"), found(changed, "ho"), found(changed, "new")) == ([0], [1], [7])


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"rubbish\n",
        lambda index: index[: len(index) // 2],
        lambda index: index[:-1] + bytes([index[-1] ^ 1]),
        lambda index: index + b"x",
        lambda index: index.replace(b'"version":1', b'"version":9'),
    ],
)
def test_a_damaged_index_is_passed_over(path: Path, damage: Damage) -> None:
    read_cassette(path)
    whole = index_bytes(path)
    index_of(path).write_bytes(damage(whole))
    assert found(read_cassette(path), "hi", times=2) == [1, 4]
    assert index_bytes(path) == whole


def test_other_ways_of_comparing_have_keys_of_their_own(path: Path) -> None:
    assert found(read_cassette(path), "ho") == [0]
    ignoring = Equality(rules=("ignore messages[0].content",))
    assert found(read_cassette(path, ignoring), "ho", times=2) == [1, 4]
    assert found(read_cassette(path, Equality(match=Matching.EXACT)), "hi") == [1]
    assert found(read_cassette(path), "ho") == [0]


def test_an_index_that_cannot_be_written_stays_in_memory(path: Path) -> None:
    index_of(path).mkdir()
    assert found(read_cassette(path), "hi", times=2) == [1, 4]
    assert sorted(path.parent.iterdir()) == [path, index_of(path)]


def test_a_torn_end_is_noted_each_time_and_taken_off_by_the_next_writer(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole + lines(7, chat("torn"))[:-20])
    for _ in range(2):
        [note] = read_cassette(path).notes
        assert "never finished" in note
    open_cassette(path, Mode.RECORD, ScriptedNetwork(), clock=lambda: 7)
    assert path.read_bytes() == whole
    assert read_cassette(path).notes == []


async def test_it_stays_right_while_recording(path: Path) -> None:
    for mode, text, number in ((Mode.RECORD, "new", 7), (Mode.AUTO, "newer", 8)):
        network = ScriptedNetwork(ScriptedAnswer([b"data: [DONE]\n\n"]))
        transport = open_cassette(path, mode, network, clock=lambda: 7)
        await body_of(await transport.send(request(chat(text))))
        assert found(read_cassette(path), text) == [number]
    assert found(read_cassette(path), "hi", times=2) == [1, 4]
    assert read_cassette(path).last_take == 2


def test_parts_of_a_folder_keep_their_order(path: Path) -> None:
    (path.parent / "a.jsonl").write_bytes(encode_header(9) + lines(9, chat("hi")))
    (path.parent / "z.jsonl").write_bytes(encode_header(9) + lines(8, chat("hi")))
    cassette = read_cassette(path.parent)
    assert [each.number for each in cassette.interactions] == [9, 1, 2, 3, 4, 5, 6, 8]
    assert [each.number for each in cassette.interactions[-3:]] == [5, 6, 8]
    assert found(cassette, "hi", times=4) == [9, 1, 4, 8]
    assert cassette.interactions[-1].number == 8
    with pytest.raises(IndexError):
        assert cassette.interactions[8].number


def test_a_number_that_is_not_there(path: Path) -> None:
    indexed = read_indexed(path, "tape.jsonl", Matcher()).interactions
    assert isinstance(indexed, IndexedFile)
    assert [each.number for each in indexed[4:]] == [5, 6]
    assert isinstance(indexed[0].asked, Asked)
    with pytest.raises(IndexError):
        assert indexed[6].number


OPENING = """
import resource, sys, time
from pathlib import Path
import antiphon.server.standin
from antiphon.cassettes.open import read_cassette
begun = time.perf_counter()
cassette = read_cassette(Path(sys.argv[1]))
print(len(cassette), time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@pytest.mark.soak
def test_a_gigabyte_opens_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    answer = b"".join(b'data: {"choices":[{"index":0,"delta":{"content":"word %d"}}]}\n\n' % n for n in range(200))
    tail = lines(1, chat("x"), answer=answer).partition(b"\n")[2]
    count = 0
    with path.open("wb") as file:
        file.write(encode_header(5))
        while file.tell() < 1_000_000_000:
            count += 1
            file.write(
                lines(count, chat(f"question {count} " + "lorem ipsum " * 100)).partition(b"\n")[0] + b"\n" + tail
            )
    command = [sys.executable, "-c", OPENING, str(path)]
    made, opened = (subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2))
    held, _, memory = opened.split()
    assert made.split()[0] == held
    assert int(held) == count
    assert int(memory) < 100_000_000
