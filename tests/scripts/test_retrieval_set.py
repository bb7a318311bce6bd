"""The labelled set, and the two figures."""

import pytest

from antiphon.retrieval.chunking import Chunking
from antiphon.retrieval.passage import Passage
from retrieval_set import Question, figures, passages, questions, right

ALLOWED_TO_BE_GONE = 9
"""Labels that a change of the documentation may have taken away; then it is time to mend them."""


def test_two_hundred_to_tune_by_and_a_hundred_held_back() -> None:
    tuned, held_back = questions(held_back=False), questions(held_back=True)
    assert (len(tuned), len(held_back)) == (200, 100)
    assert not {one.question for one in tuned} & {one.question for one in held_back}


def test_every_question_has_its_right_passage() -> None:
    searched = passages(Chunking())
    asked = questions(held_back=False) + questions(held_back=True)
    gone = [question for question in asked if not right(question, searched)]
    assert len(gone) <= ALLOWED_TO_BE_GONE, gone


def test_a_passage_is_right_that_has_the_words() -> None:
    question = Question("a.md", "two words", "?")
    texts = [("a.md", "x two\nwords"), ("b.md", "two words"), ("a.md", "two"), ("a.md", "two words.")]
    searched = [Passage(file, n, 0, len(text), text) for n, (file, text) in enumerate(texts)]
    assert right(question, searched) == {0, 3}


@pytest.mark.parametrize(
    ("order", "wanted", "recall", "ndcg"),
    [
        ([5, 6], {5}, 1.0, 1.0),
        ([6, 5], {5}, 1.0, 0.6309),
        ([6, *range(20, 29), 5], {5}, 0.0, 0.0),
        ([5, 7, 6], {5, 6}, 1.0, 0.9197),
        ([], {5}, 0.0, 0.0),
    ],
)
def test_figures_of_an_order(order: list[int], wanted: set[int], recall: float, ndcg: float) -> None:
    told = figures([order], [wanted])
    assert (told.recall, told.ndcg) == pytest.approx((recall, ndcg), abs=1e-4)
