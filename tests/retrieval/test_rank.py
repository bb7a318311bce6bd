"""Reciprocal rank fusion over plain lists."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.errors import InvalidRequest
from antiphon.retrieval.rank import Weights, above, best_of, fuse, read_weights

KEYS = st.lists(st.integers(0, 20), unique=True)


def test_first_everywhere_is_1_and_the_rest_is_in_proportion() -> None:
    fused = fuse([(1.0, ["a", "b", "c"]), (1.0, ["a", "c"])], k=60)
    assert [key for key, _ in fused] == ["a", "c", "b"]
    assert [round(score, 4) for _, score in fused] == [1.0, 0.9761, 0.4919]


def test_a_weight_says_which_list_is_heard() -> None:
    lists = (["a", "b"], ["b", "a"])
    assert fuse([(2.0, lists[0]), (1.0, lists[1])])[0][0] == "a"
    assert fuse([(1.0, lists[0]), (2.0, lists[1])])[0][0] == "b"
    assert fuse([(0.0, ["x"]), (1.0, ["y"])]) == [("y", 1.0)]
    assert fuse([]) == []


@given(st.lists(st.tuples(st.floats(0.01, 10), KEYS), max_size=4))
def test_every_key_once_in_order_and_within_0_and_1(lists: list[tuple[float, list[int]]]) -> None:
    fused = fuse(lists)
    assert {key for key, _ in fused} == {key for _, keys in lists for key in keys}
    scores = [score for _, score in fused]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 + 1e-9 for score in scores)


def test_of_several_queries_the_best_score_counts() -> None:
    assert best_of([[("a", 0.9), ("b", 0.2)], [("b", 0.95)]]) == [("b", 0.95), ("a", 0.9)]


def test_a_threshold_and_a_number_shorten() -> None:
    found = [("a", 0.9), ("b", 0.5), ("c", 0.4)]
    assert above(found, None, 2) == found[:2]
    assert above(found, 0.5, 10) == found[:2]


def test_weights_are_read() -> None:
    assert read_weights(None) == Weights()
    assert read_weights({"embedding_weight": 0, "text_weight": 2}) == Weights(0.0, 2.0)


@pytest.mark.parametrize(
    "hybrid",
    [
        "both",
        {"embedding_weight": 1},
        {"embedding_weight": -1, "text_weight": 1},
        {"embedding_weight": 0, "text_weight": 0},
    ],
)
def test_wrong_weights_are_refused(hybrid: Any) -> None:
    with pytest.raises(InvalidRequest, match="hybrid_search"):
        read_weights(hybrid)
