"""The reading process as its two ends see it: frames in, frames out; a fault of the file is an answer."""

import io
from pathlib import Path

import msgspec

from antiphon.retrieval.chunking import Chunking
from antiphon.retrieval.extract_process import LENGTH, Asked, Said, answer, serve


def test_a_document_or_its_passages(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("Some words.")
    asked = Asked("a.txt", str(tmp_path / "f"), 5)
    said = answer(asked)
    assert said.document is not None
    assert (said.document.text, said.passages) == ("Some words.", None)
    said = answer(Asked("a.txt", str(tmp_path / "f"), 5, Chunking(100, 50)))
    assert said.passages is not None
    assert [passage.text for passage in said.passages] == ["Some words."]


def test_what_is_wrong_with_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"")
    assert answer(Asked("a.txt", str(tmp_path / "f"), 5)) == Said(
        fault="'a.txt' is empty: it has 0 bytes. Upload it again.", code="invalid_file"
    )
    gone = answer(Asked("a.txt", str(tmp_path / "gone"), 5))
    assert "'a.txt' can't be read (FileNotFoundError" in str(gone.fault)


def test_frames_are_answered_until_nobody_asks(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    # No real bound of time: it would be that of the test's own process.
    asked = msgspec.msgpack.encode(Asked("a.txt", str(tmp_path / "f"), 1_000_000))
    saying = io.BytesIO()
    serve(io.BytesIO((len(asked).to_bytes(LENGTH) + asked) * 2), saying)
    frames = saying.getvalue()
    length = int.from_bytes(frames[:LENGTH])
    assert len(frames) == 2 * (LENGTH + length)
    assert msgspec.msgpack.decode(frames[LENGTH : LENGTH + length], type=Said).document is not None
