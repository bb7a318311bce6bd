"""Archives within bounds: bombs, entities, passwords, old forms and broken ones, each with its sentence."""

import io
import zipfile
from collections.abc import Callable
from functools import partial

import pytest
import sample_files

from antiphon.errors import UnreadableFile
from antiphon.retrieval import bounds
from antiphon.retrieval.forms.archive import check_xml, encrypted, member, opened

LAUGHS = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>'


def open_it(data: bytes) -> zipfile.ZipFile:
    return opened(io.BytesIO(data), "a.docx")


def bomb(size: int) -> bytes:
    """Zeros, written a piece at a time."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as part:
        for _ in range(size // bounds.MIB):
            part.write(bytes(bounds.MIB))
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", r"'a\.docx' is empty"),
        (b"PK\x03\x04 and no more", r"'a\.docx' is broken: "),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), r"'a\.docx' has the form that Office wrote before 2007"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2**20 - 20) + "EncryptedPackage".encode("utf-16-le"),
            r"'a\.docx' is encrypted",
        ),
        (partial(bomb, bounds.MOST_UNPACKED + bounds.MIB), r"'a\.docx' would be 257 MiB unpacked; at most 256 MiB are"),
        (
            lambda: sample_files.archive({f"word/{n}": "" for n in range(bounds.MOST_ENTRIES + 1)}, zipfile.ZIP_STORED),
            r"'a\.docx' is an archive of 20,001 parts",
        ),
    ],
    ids=["empty", "cut", "old", "encrypted", "bomb", "parts"],
)
def test_what_is_not_opened_says_why(data: bytes | Callable[[], bytes], says: str) -> None:
    made = data if isinstance(data, bytes) else data()
    with pytest.raises(UnreadableFile, match=says):
        open_it(made)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
def test_entities_are_refused_in_any_encoding(encoding: str) -> None:
    archive = open_it(sample_files.archive({"word/document.xml": LAUGHS.encode(encoding)}))
    with archive, pytest.raises(UnreadableFile, match=r"declares XML entities in 'word/document\.xml'"):
        check_xml(archive, "a.docx")


def test_a_declaration_across_two_pieces_is_seen_and_words_about_one_are_not() -> None:
    archive = open_it(sample_files.archive({"a.xml": " " * 65_530 + LAUGHS[21:]}))
    with archive, pytest.raises(UnreadableFile, match="entities"):
        check_xml(archive, "a.docx")
    with open_it(sample_files.archive({"a.xml": "<t>&lt;!ENTITY</t>", "b.bin": LAUGHS})) as archive:
        check_xml(archive, "a.docx")


def test_a_member_that_lies_about_its_size_or_sum_is_broken() -> None:
    data = sample_files.archive({"a.xml": "x" * 1000})
    lying = data.replace((1000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    with open_it(lying) as archive, pytest.raises(UnreadableFile, match="is broken"):
        member(archive, "a.xml", "a.docx")
    with open_it(data) as archive, pytest.raises(UnreadableFile, match=r"no part 'b\.xml'"):
        member(archive, "b.xml", "a.docx")


def test_a_password_is_told() -> None:
    data = bytearray(sample_files.archive({"a.xml": "x"}))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + flags] |= 1
    with pytest.raises(UnreadableFile, match=str(encrypted("a.docx"))):
        open_it(bytes(data))
