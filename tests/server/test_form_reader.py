"""Forms: the same fields however the bytes are split; what isn't a form is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.errors import InvalidRequest, UnsupportedMedia
from antiphon.server.form_reader import MOST_FIELDS, FieldBegan, FieldData, FieldEnded, FormReader, Happening

TYPE = "multipart/form-data; boundary=XX"
FORM = (
    b'--XX\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n'
    b'--XX\r\nContent-Disposition: form-data; name="file"; filename="n\xc3\xa9.txt"\r\nContent-Type: text/plain\r\n\r\n'
    b"one\r\n--X\r\n--XY\r\ntwo\r\n\r\n--XX--\r\n"
)


def fields(happened: list[Happening]) -> list[tuple[FieldBegan, bytes]]:
    """The fields whole."""
    found: list[Any] = []
    for happening in happened:
        match happening:
            case FieldBegan():
                found.append([happening, b"", False])
            case FieldData(data):
                assert not found[-1][2]
                found[-1][1] += data
            case FieldEnded():
                found[-1][2] = True
    assert all(ended for _, _, ended in found)
    return [(head, data) for head, data, _ in found]


def read(body: bytes, cuts: list[int] | None = None) -> list[tuple[FieldBegan, bytes]]:
    reader, happened, begin = FormReader(TYPE), list[Happening](), 0
    for cut in [*sorted(cuts or []), len(body)]:
        happened += reader.feed(body[begin:cut])
        begin = cut
    reader.finish()
    return fields(happened)


EXPECTED = [
    (FieldBegan("purpose"), b"user_data"),
    (FieldBegan("file", "né.txt", "text/plain"), b"one\r\n--X\r\n--XY\r\ntwo\r\n"),
]


@given(st.lists(st.integers(0, len(FORM)), max_size=12))
def test_any_splitting_gives_the_same_form(cuts: list[int]) -> None:
    assert read(FORM, cuts) == EXPECTED


def test_byte_by_byte() -> None:
    assert read(FORM, list(range(len(FORM)))) == EXPECTED


@given(st.binary(max_size=300), st.lists(st.integers(0, 400), max_size=8))
def test_any_content_survives(content: bytes, cuts: list[int]) -> None:
    if b"\r\n--XX" in b"\r\n" + content:
        return
    body = b'--XX\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n' + content + b"\r\n--XX--"
    assert read(body, [min(cut, len(body)) for cut in cuts]) == [(FieldBegan("file", "a"), content)]


@pytest.mark.parametrize("end", [0, 4, 30, len(FORM) - 20, len(FORM) - 4])
def test_a_form_that_breaks_off(end: int) -> None:
    with pytest.raises(InvalidRequest, match="isn't whole"):
        read(FORM[:end])


@pytest.mark.parametrize(
    "body",
    [
        b"no form",
        b"--XX\r\n\r\nnameless\r\n--XX--",
        b'--XX\r\ncontent-disposition: form-data; name="a" \x00: b\r\n\r\n',
        b"--XX\r\nx: " + b"y" * 100_000,
        b'--XX\r\ncontent-disposition: form-data; name="a"\r\n\r\nb\r\n' * (MOST_FIELDS + 1) + b"--XX--",
    ],
)
def test_what_is_no_form(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        read(body)


@pytest.mark.parametrize("content_type", ["", "application/json", "multipart/form-data", "multipart/mixed; boundary=a"])
def test_what_is_not_declared_as_one(content_type: str) -> None:
    with pytest.raises(UnsupportedMedia, match="multipart/form-data"):
        FormReader(content_type)


def test_a_boundary_that_no_parser_takes() -> None:
    with pytest.raises(InvalidRequest, match="can't be read"):
        FormReader(f"multipart/form-data; boundary={'x' * 500}")
