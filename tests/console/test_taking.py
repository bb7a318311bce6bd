"""A stored response is downloaded as a cassette, and answers again from it."""

from pathlib import Path

from console_scene import Pages
from running_server import running_server

from antiphon.console.taking import ARCHIVE, Unneeded, _download


def test_what_is_downloaded_can_be_replayed(pages: Pages, tmp_path: Path) -> None:
    kept = pages.answer("From the tape.", input="Say it.")
    told = pages.post(f"/console/responses/{kept}/cassette")
    assert told.headers["content-disposition"] == f'attachment; filename="{kept}.jsonl"'
    tape = tmp_path / "tape.jsonl"
    tape.write_bytes(told.content)
    asked = pages.get(f"/console/responses/{kept}/request.json").json()
    with running_server("--cassette", str(tape), "--mode", "replay") as replay:
        assert replay.post(asked).text == "From the tape."


def test_every_key_is_there() -> None:
    keys = Unneeded()
    assert (keys["ANY"], keys.get("OTHER"), len(keys), list(keys)) == ("unneeded", "unneeded", 0, [])


def test_what_stands_beside_comes_along(tmp_path: Path) -> None:
    out = tmp_path / "r.jsonl"
    out.write_bytes(b"lines")
    (tmp_path / "r.jsonl.idx").write_bytes(b"index")
    assert _download(out).data == b"lines"
    (tmp_path / "r.bodies").mkdir()
    (tmp_path / "r.bodies" / "x").write_bytes(b"body")
    packed = _download(out)
    assert (packed.name, packed.media) == ("r.zip", ARCHIVE)
