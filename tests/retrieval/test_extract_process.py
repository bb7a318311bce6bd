"""The reading process from inside: what is asked, what is said; a fault of the file is an answer."""

from pathlib import Path

import msgspec

from antiphon.retrieval.chunking import Chunking
from antiphon.retrieval.extract_process import Asked, Said, answer, reply


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


def test_a_question_is_answered_in_its_form(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    # No real bound of time: it would be that of the test's own process.
    said = msgspec.msgpack.decode(
        reply(msgspec.msgpack.encode(Asked("a.txt", str(tmp_path / "f"), 1 << 40))), type=Said
    )
    assert said.document is not None
    assert said.document.name == "a.txt"
