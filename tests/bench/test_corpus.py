"""What is made up is the same in every run, whatever was made up before."""

import numpy as np
from bench.corpus import NUMBERS, Corpus


def test_files_and_queries_are_the_same_in_every_run() -> None:
    one, other = Corpus(300), Corpus(300)
    assert one.file(2) == other.file(2)
    assert other.file(1) != other.file(2)
    assert one.query() == other.query() != one.query()


def test_passages_have_words_and_a_vector_of_length_one() -> None:
    passages = Corpus(100).file(0)
    assert [one.number for one in passages] == list(range(100))
    assert all(len(one.text.split()) == 120 for one in passages)
    vectors = [np.frombuffer(one.vector, np.float32) for one in passages if isinstance(one.vector, bytes)]
    assert {len(vector) for vector in vectors} == {NUMBERS}
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)


def test_a_query_has_words_of_a_passage_of_the_last_file() -> None:
    corpus = Corpus(200)
    words, vector = corpus.query()
    assert any({*words.split()} <= {*one.text.split()} for one in corpus.file(1))
    assert len(vector) == 4 * NUMBERS
