from pathlib import Path

import pytest
from cassettes.tapes import ScriptedAnswer, ScriptedNetwork, asked, body_of, chat, event, interaction, request

from antiphon.cassettes.format import encode_header, encode_interaction
from antiphon.cassettes.open import open_cassette, read_cassette
from antiphon.cassettes.packed import read_packed
from antiphon.cassettes.packing import pack, unpack
from antiphon.cassettes.rewriting import head_of, write_cassette
from antiphon.cassettes.transport import Mode
from antiphon.cassettes.verify import verify
from antiphon.errors import CassetteInvalid

TAPED = [interaction(chat(text), event(text) * 5, number=n) for n, text in ((1, "one"), (2, "two"), (3, "three"))]
LINES = [encode_header(5), *(encode_interaction(each.number, each.asked, each.load()) for each in TAPED)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tape.jsonl.zst"


def written(path: Path) -> bytes:
    return path.read_bytes()


def torn(path: Path, whole: bytes) -> None:
    path.write_bytes(whole + pack(LINES[3])[:-5])


@pytest.mark.parametrize("size", [0, 1, 7, 300])
def test_any_division_into_frames_is_read(path: Path, size: int) -> None:
    text = b"".join(LINES)
    parts = [text[at : at + size] for at in range(0, len(text), size)] if size else LINES
    path.write_bytes(b"".join(map(pack, parts)))
    file = read_packed(path, "tape.jsonl.zst")
    assert [each.load() for each in file.interactions] == [each.load() for each in TAPED]
    assert [each.origin.line for each in file.interactions] == [2, 10, 18]
    assert (file.whole, file.notes) == (path.stat().st_size, [])
    assert list(verify(read_cassette(path))) == []


async def test_it_is_recorded_replayed_and_written_like_any_other(path: Path) -> None:
    for number in range(3):
        network = ScriptedNetwork(ScriptedAnswer([event("a"), b"data: [DONE]\n\n"]))
        recording = open_cassette(path, Mode.AUTO, network, clock=lambda: 5)
        for _ in range(2):
            chunks = await body_of(await recording.send(request(chat(str(number)))))
            assert chunks == [event("a"), b"data: [DONE]\n\n"]
    lines = unpack(written(path))
    assert lines.count(b'"status":200') == 3
    replay = open_cassette(path.parent, Mode.REPLAY, None, clock=lambda: 5)
    assert await body_of(await replay.send(request(chat("1")))) == [event("a"), b"data: [DONE]\n\n"]
    cassette = read_cassette(path)
    plain = path.with_name("plain.jsonl")
    assert write_cassette(plain, head_of(cassette), cassette.interactions) == 3
    assert written(plain) == lines
    assert write_cassette(path, head_of(cassette), read_cassette(plain).interactions) == 3
    assert unpack(written(path)) == lines


async def test_a_torn_frame_is_noted_and_taken_off_by_the_next_writer(path: Path) -> None:
    whole = b"".join(map(pack, LINES[:3]))
    torn(path, whole)
    assert read_cassette(path).notes == ["tape.jsonl.zst: the last frame was never finished; left out."]
    network = ScriptedNetwork(ScriptedAnswer([b"data: [DONE]\n\n"]))
    recording = open_cassette(path, Mode.AUTO, network, clock=lambda: 5)
    await body_of(await recording.send(request(chat("three"))))
    assert written(path).startswith(whole)
    assert [each.number for each in read_cassette(path).interactions] == [1, 2, 3]


def test_damage_is_told(path: Path) -> None:
    path.write_bytes(b"".join(LINES))
    with pytest.raises(CassetteInvalid, match=r"tape\.jsonl\.zst"):
        read_cassette(path)
    path.write_bytes(pack(b"".join(LINES)[:-30]))
    with pytest.raises(CassetteInvalid, match="unpack it with zstd"):
        read_cassette(path)
    path.write_bytes(b"".join(map(pack, LINES)))
    [first, *_] = read_cassette(path).interactions
    path.write_bytes(b"".join(map(pack, LINES))[::-1])
    with pytest.raises(CassetteInvalid, match="was changed"):
        first.load()
    assert asked(chat("one")).key == first.asked.key
