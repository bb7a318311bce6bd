from pathlib import Path

import pytest
from cassettes.tapes import ScriptedAnswer, ScriptedNetwork, body_of, chat, interaction, request

from antiphon.cassettes.bodies import BINARY, MEDIA, TEXT, Bodies, belongs_beside
from antiphon.cassettes.cassette import Cassette
from antiphon.cassettes.index import INDEXED
from antiphon.cassettes.interaction import Interaction
from antiphon.cassettes.open import open_cassette, read_cassette
from antiphon.cassettes.rewriting import Head, head_of, merged, reachable, split, write_cassette
from antiphon.cassettes.transport import Mode
from antiphon.cassettes.verify import verify
from antiphon.errors import StoreFault

PNG = {"content-type": "image/png"}
ONE, TWO = (bytes([200 + n]) * BINARY for n in (1, 2))


@pytest.mark.parametrize(
    ("data", "beside"),
    [
        (b"\xff" * (BINARY - 1), False),
        (b"\xff" * BINARY, True),
        (b"a" * MEDIA, False),
        (b";base64," + b"a" * MEDIA, True),
        (b"a" * (TEXT - 1), False),
        (b"a" * TEXT, True),
    ],
)
def test_what_belongs_beside_a_file(data: bytes, *, beside: bool) -> None:
    assert belongs_beside(data) is beside


def test_a_body_is_kept_once_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "a.b" / "tape.jsonl"
    bodies = Bodies.of(path)
    name = bodies.put(ONE)
    assert bodies.put(ONE) == name
    assert [each.name for each in (tmp_path / "a.b" / "tape.bodies").iterdir()] == [name]
    assert Bodies.of(path).get(name) == ONE
    for wrong in ("../tape.jsonl", "0" * 63, "x" * 64):
        with pytest.raises(ValueError, match="is no SHA-256"):
            bodies.get(wrong)


def test_sweeping_leaves_what_was_put_and_what_is_not_ours(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    Bodies.of(path).sweep()
    Bodies.of(path).put(ONE)
    mine = Bodies.of(path)
    mine.put(TWO)
    (tmp_path / "tape.bodies" / "README").touch()
    mine.sweep()
    assert len(names(path)) == 2
    (tmp_path / "tape.bodies" / "README").unlink()
    Bodies.of(path).sweep()
    assert not (tmp_path / "tape.bodies").exists()


def names(path: Path) -> list[str]:
    return sorted(each.name for each in path.with_name(f"{path.stem}.bodies").iterdir())


async def recorded(path: Path, *pictures: bytes) -> Cassette:
    for number, picture in enumerate(pictures):
        network = ScriptedNetwork(ScriptedAnswer([picture[:20], picture[20:]], headers=PNG))
        transport = open_cassette(path, Mode.RECORD, network, clock=lambda: 5)
        await body_of(await transport.send(request(chat(str(number)))))
    return read_cassette(path)


def pictures_of(cassette: Cassette) -> list[bytes]:
    return [b"".join(chunk.data for chunk in each.load().chunks)[20:] for each in cassette.interactions]


async def test_pictures_are_recorded_and_replayed_from_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    cassette = await recorded(path, b"x" * 20 + ONE, b"x" * 20 + TWO, b"y" * 20 + ONE)
    assert pictures_of(cassette) == [ONE, TWO, ONE]
    assert len(names(path)) == 2
    assert path.stat().st_size < 3000
    assert list(verify(cassette)) == []
    replay = open_cassette(path, Mode.REPLAY, None, clock=lambda: 5)
    assert await body_of(await replay.send(request(chat("1")))) == [b"x" * 20, TWO]


async def test_new_cassettes_of_old_ones_take_the_bodies_along(tmp_path: Path) -> None:
    cassette = await recorded(tmp_path / "tape.jsonl", b"x" * 20 + ONE, b"x" * 20 + TWO)
    both = tmp_path / "both" / "both.jsonl"
    write_cassette(both, head_of(cassette), merged([cassette, read_cassette(tmp_path / "tape.jsonl")]))
    assert pictures_of(read_cassette(both)) == [ONE, TWO, ONE, TWO]
    assert names(both) == names(tmp_path / "tape.jsonl")
    for name, interactions in split(cassette, "path").items():
        part = tmp_path / "parts" / f"{name}.jsonl"
        write_cassette(part, head_of(cassette), interactions)
        assert names(part) == names(both)


async def test_pruning_takes_away_what_no_line_names_any_more(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    await recorded(path, b"x" * 20 + ONE)
    cassette = await recorded(path, b"x" * 20 + TWO)
    assert len(names(path)) == 2
    write_cassette(path, head_of(cassette), reachable(cassette))
    assert pictures_of(read_cassette(path)) == [TWO]
    assert len(names(path)) == 1


async def test_verify_finds_what_is_missing_and_what_was_changed(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    cassette = await recorded(path, b"x" * 20 + ONE, b"x" * 20 + TWO)
    first, second = (path.with_name("tape.bodies") / name for name in names(path))
    first.write_bytes(b"other")
    second.unlink()
    findings = list(verify(cassette))
    assert [finding.grave for finding in findings] == [True, True]
    assert sorted(finding.sentence.rpartition(" ")[2] for finding in findings) == ["changed.", "there."]


async def test_a_file_of_the_first_version_keeps_its_bodies_inside(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    path.write_bytes(b'{"antiphon":"cassette","version":1,"start":5}\n')
    assert pictures_of(await recorded(path, b"x" * 20 + ONE)) == [ONE]
    assert not path.with_name("tape.bodies").exists()
    cassette = read_cassette(path)
    write_cassette(path, head_of(cassette), cassette.interactions)
    assert b'"version":2' in path.read_bytes()
    assert len(names(path)) == 1


async def test_where_bodies_cannot_be_written_nothing_is_recorded(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    path.with_name("tape.bodies").touch()
    with pytest.raises(StoreFault, match="could not be written"):
        await recorded(path, b"x" * 20 + ONE)
    assert list(read_cassette(path).interactions) == []


def test_an_indexed_file_reads_them_too(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    taped: list[Interaction] = [interaction(ONE, b"x" * (TEXT - 1), number=n) for n in range(INDEXED // TEXT + 1)]
    write_cassette(path, Head(5), taped)
    for _ in range(2):
        cassette = read_cassette(path)
        assert path.with_name("tape.jsonl.idx").is_file()
        assert cassette.interactions[-1].asked.body == ONE
