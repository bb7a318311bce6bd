"""Events out of the bytes that were sent, however they were cut."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from antiphon.console.playback import Sent, events

STREAM = b'event: a\ndata: {"type":"a"}\n\n: ping\n\nevent: b\ndata: {"type":"b","n":1}\n\n'


def test_each_has_its_time() -> None:
    assert events([(10.0, STREAM[:29]), (10.5, STREAM[29:])], 9.0) == [
        Sent(1000, "a", {"type": "a"}),
        Sent(1500, "b", {"type": "b", "n": 1}),
    ]


@given(st.lists(st.integers(0, len(STREAM)), max_size=6))
def test_cut_anywhere_they_are_the_same(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(STREAM)]
    pieces = [(1.0, STREAM[start:end]) for start, end in pairwise(places)]
    assert [sent.type for sent in events(pieces, 1.0)] == ["a", "b"]


def test_what_is_no_event_is_left_out() -> None:
    assert events([(1.0, b"data: [DONE]\n\ndata: 3\n\ndata: {\n\ndata: " + b"[" * 100_000 + b"\n\n")], 1.0) == []
