"""What a file is given out as: never as something that a browser would carry out. Ranges are in `routes/`."""

import pytest

from antiphon.server.contents import disposition, media_type


@pytest.mark.parametrize(
    ("said", "filename", "expected"),
    [
        ("text/plain", "a.pdf", "text/plain"),
        ("Text/HTML; charset=utf-8", "a", "text/html; charset=utf-8"),
        ("application/octet-stream", "a.pdf", "application/pdf"),
        ("", "a.unheard", "application/octet-stream"),
        ("text/plain\r\nx: y", "a.csv", "text/csv"),
        ("nonsense", "a", "application/octet-stream"),
    ],
)
def test_types(said: str, filename: str, expected: str) -> None:
    assert media_type(said, filename) == expected


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("a b.txt", 'attachment; filename="a b.txt"'),
        ('a"\r\nb\\', "attachment; filename=\"a___b_\"; filename*=UTF-8''a%22%0D%0Ab%5C"),
        ("né", "attachment; filename=\"n_\"; filename*=UTF-8''n%C3%A9"),
    ],
)
def test_names(filename: str, expected: str) -> None:
    assert disposition(filename) == expected
