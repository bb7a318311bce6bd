"""Tokens by estimate: they add up, and places reach as far as they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.retrieval.measure import Measure, count_tokens

TEXT = st.text(alphabet=st.sampled_from("aB3 .,_\n\u00e4\u6f22\U0001f600-xyz"), max_size=80)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("   ", 0),
        ("The cat sat on the mat.", 7),
        ("2026", 2),
        ("\u6f22\u5b57", 2),
        ("a\n\n\nb", 3),
    ],
)
def test_tokens_of_a_text(text: str, tokens: int) -> None:
    assert count_tokens(text) == tokens


@given(TEXT, st.data())
def test_ranges_cut_where_tokens_begin_add_up(text: str, data: st.DataObject) -> None:
    measure = Measure(text)
    cut = data.draw(st.sampled_from([0, *measure.starts, len(text)]))
    assert measure.tokens(0, cut) + measure.tokens(cut) == measure.tokens() == count_tokens(text)


@given(TEXT, st.integers(0, 80), st.integers(0, 20))
def test_reach_and_back_hold_no_more_than_asked(text: str, place: int, tokens: int) -> None:
    measure = Measure(text)
    starts = [0, *measure.starts, len(text)]
    place = starts[place % len(starts)]
    reached = measure.reach(place, tokens)
    assert reached > place or reached == len(text)
    pieces = sum(place <= start < reached for start in measure.starts)
    assert measure.tokens(place, reached) <= tokens or pieces == 1
    assert measure.tokens(measure.back(place, tokens), place) <= tokens
