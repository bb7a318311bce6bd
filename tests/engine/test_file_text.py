"""Text that came as base64."""

import base64

import pytest

from antiphon.engine.file_text import decoded, text_of


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Ünique".encode(), "Ünique"),
        (b"", ""),
        (b"\xff\xef", None),
        (b"a\x00b", None),
        (b"%PDF-1.4 and nothing but letters", None),
    ],
)
def test_text_and_what_is_none(data: bytes, text: str | None) -> None:
    for written in (encoded(data), f"data:text/plain;base64,{encoded(data)}"):
        assert text_of(written) == text
        assert decoded(written) == data


def test_what_is_not_base64() -> None:
    with pytest.raises(ValueError, match=r".+"):
        text_of("data:text/plain;base64,?")
