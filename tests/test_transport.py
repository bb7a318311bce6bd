"""What every answer from outside is asked."""

import pytest

from antiphon.transport import coding_of


@pytest.mark.parametrize(
    ("said", "meant"),
    [("", ""), ("identity", ""), (" Identity ", ""), ("gzip", "gzip"), ("GZIP", "gzip"), ("br", "br")],
)
def test_how_a_body_is_compressed(said: str, meant: str) -> None:
    assert coding_of({"content-encoding": said}) == meant


def test_a_body_of_which_nothing_is_said() -> None:
    assert coding_of({}) == ""
