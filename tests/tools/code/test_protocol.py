"""The lines of a sandbox: whatever comes is read, and only what fits is taken."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.tools.code.protocol import Asked, Lines, Said, TooLong, WorkerSettings, line

ANSWERS = [{"ready": "3.13.0"}, {"id": "1", "logs": "ä\n", "result": "2"}, {"id": "2", "fault": "no"}]
WIRE = b"".join(json.dumps(answer).encode() + b"\n" for answer in ANSWERS)


@given(st.lists(st.integers(1, len(WIRE) - 1), unique=True).map(sorted))
def test_lines_are_the_same_however_they_are_split(cuts: list[int]) -> None:
    lines = Lines()
    pieces = [WIRE[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(WIRE)], strict=True)]
    said = [one for piece in pieces for one in lines.feed(piece)]
    assert [(one.id, one.ready, one.logs, one.fault) for one in said] == [
        (None, "3.13.0", "", None), ("1", None, "ä\n", None), ("2", None, "", "no"),
    ]  # fmt: skip


@pytest.mark.parametrize("bad", [b"hello\n", b"[]\n", b'{"id": 1}\n', b"\xff\n", b"[" * 100_000 + b"\n", b"\n"])
def test_what_isnt_an_answer_is_dropped(bad: bytes) -> None:
    assert [said.id for said in Lines().feed(bad + b'{"id": "1"}\n')] == ["1"]


def test_a_line_has_a_longest_length() -> None:
    with pytest.raises(TooLong):
        Lines(100).feed(b"x" * 101)
    with pytest.raises(TooLong):
        Lines(100).feed(b"x" * 101 + b"\n")
    lines = Lines(100)
    for _ in range(9):
        assert lines.feed(b" " * 90 + b"{}\n") == [Said()]


def test_only_pictures_are_pictures() -> None:
    ran = Said(images=["data:image/png;base64,aaaa", "https://example.org/track", "data:text/html,x"]).ran()
    assert ran.images == ["data:image/png;base64,aaaa"]


def test_requests_are_lines() -> None:
    assert (
        line(Asked(id="1", do="run", code="a\nb", seconds=2)) == b'{"id":"1","do":"run","code":"a\\nb","seconds":2}\n'
    )
    assert line(Asked(id="1", do="write", path="x", offset=0, data="")).endswith(b'"offset":0,"data":""}\n')
    settings = WorkerSettings(folder="/w", memory=1, file_bytes=2, processes=3, output_bytes=4)
    assert json.loads(line(settings))["open_files"] == 256
