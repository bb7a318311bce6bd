"""Which part of a content a `Range` header asks for."""

import pytest

from antiphon.errors import RangeNotSatisfiable
from antiphon.server.ranges import range_of


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (None, None),
        ("bytes=0-", (0, 10)),
        ("bytes=0-0", (0, 1)),
        ("bytes=2-4", (2, 5)),
        ("bytes = 2 - 400 ", (2, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-30", (0, 10)),
        ("bytes=4-2", None),
        ("bytes=-", None),
        ("bytes=0-1,3-4", None),
        ("lines=0-1", None),
        ("bytes=1e3-", None),
        ("bytes=" + "9" * 5000 + "-", None),
    ],
)
def test_ranges(asked: str | None, expected: tuple[int, int] | None) -> None:
    assert range_of(asked, 10) == expected


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=11-20", "bytes=-0"])
def test_ranges_behind_the_end(asked: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as fault:
        range_of(asked, 10)
    assert fault.value.headers == {"content-range": "bytes */10"}


def test_an_empty_content() -> None:
    assert range_of(None, 0) is None
    with pytest.raises(RangeNotSatisfiable):
        range_of("bytes=0-", 0)
