"""Encodings: with a mark, named, UTF-8, and guessed; and bytes that are no text."""

import io

import pytest

from antiphon.errors import UnreadableFile
from antiphon.retrieval import bounds
from antiphon.retrieval.forms.encoding import decoded, read_text

GERMAN = (
    "Die Größe der Straße überrascht die Gäste, die aus Österreich kommen, und für später bleibt nichts übrig. " * 4
)
RUSSIAN = "Мороз и солнце; день чудесный! Ещё ты дремлешь, друг прелестный. Пора, красавица, проснись. " * 4
JAPANESE = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。" * 8


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "utf-8"),
        (GERMAN, "utf-8-sig"),
        (GERMAN, "utf-16"),
        (GERMAN, "utf-16-le"),
        (GERMAN, "utf-16-be"),
        (GERMAN, "utf-32"),
        (GERMAN, "cp1252"),
        (RUSSIAN, "utf-8"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        ("plain\n" * 40_000 + GERMAN, "cp1252"),
    ],
)
def test_a_text_is_read_in_any_encoding(text: str, encoding: str) -> None:
    assert decoded(text.encode(encoding), "a.txt") == text


def test_a_named_encoding_is_believed_where_it_fits() -> None:
    assert decoded("naïve".encode("mac_roman"), "a.html", "mac_roman") == "naïve"
    assert decoded("naïve".encode(), "a.html", "ascii") == "naïve"
    assert decoded("naïve".encode(), "a.html", "no-such-encoding") == "naïve"


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 20, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", b"\x7fELF\x02\x01\x01" + bytes(9)]
)
def test_bytes_that_are_no_text_are_told(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"'a\.bin' holds no text") as caught:
        decoded(data, "a.bin")
    assert caught.value.code == "unsupported_file"


def test_a_text_beyond_the_bound_is_an_error() -> None:
    with pytest.raises(UnreadableFile, match="more than 20,000,000 characters"):
        read_text(io.BytesIO(b"x" * (bounds.MOST_CHARACTERS + 1)), "a.txt")
    with pytest.raises(UnreadableFile, match="more than 64 MiB"):
        read_text(io.BytesIO(bytes(bounds.MOST_TEXT_BYTES + 1)), "a.txt")
