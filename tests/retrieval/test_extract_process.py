"""The reading process from inside: what is asked, what is said; a fault of the file is an answer."""

import random
from pathlib import Path

import msgspec
import pytest
import sample_files

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


SAMPLES = {
    "a.pdf": sample_files.pdf(["Chapter One\nText", "Two"], [("Chapter One", 0)]),
    "a.docx": sample_files.word(("Heading 1", "One"), ("Normal", "Text."), [["a", "b"], ["1", "2"]]),
    "a.pptx": sample_files.slides(("Title", "Body", "Notes")),
    "a.xlsx": sample_files.workbook(One=[["name", "year"], ["Rome", 1999]]),
    "a.epub": sample_files.book({"b.xhtml": "<h1>One</h1><p>Text</p>"}),
    "a.eml": sample_files.mail("Hello", html="<p>x", attached=["a.pdf"]),
    "a.html": b"<h1>One</h1><p>x<table><tr><td>1</table>",
    "a.md": b"# One\n\n- a\n\n|a|\n|-|\n|1|\n",
    "a.csv": b"a,b\n1,2\n",
}


def spoiled(data: bytes, chance: random.Random) -> bytes:
    """The same with some bytes changed, taken out, put in or doubled."""
    made = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20, 100))):
        place = chance.randrange(len(made) + 1)
        match chance.randrange(4):
            case 0:
                made[place : place + 1] = chance.randbytes(1)
            case 1:
                del made[place : place + chance.randrange(50)]
            case 2:
                made[place:place] = chance.randbytes(chance.randrange(20))
            case _:
                made[place:place] = made[: chance.randrange(200)]
    return bytes(made)


@pytest.mark.soak
def test_ten_thousand_spoiled_files_are_read_or_told(tmp_path: Path) -> None:
    chance = random.Random(1)
    for _ in range(10_000):
        name = chance.choice(list(SAMPLES))
        (tmp_path / "f").write_bytes(spoiled(SAMPLES[name], chance))
        said = answer(Asked(name, str(tmp_path / "f"), 1 << 40, Chunking(100, 50)))
        assert said.passages or (said.fault and f"'{name}'" in said.fault)
