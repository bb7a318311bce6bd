"""The measurement, on four passages and with an embedder that counts letters."""

from collections.abc import Sequence

import numpy as np

from antiphon.retrieval.embedding import Vectors
from antiphon.retrieval.passage import Passage
from antiphon.retrieval.rank import Weights
from measure_retrieval import search, told
from retrieval_set import Question

TEXTS = ("salt and pepper", "the sea is salt", "zzz zzz zzz", "a horse")


class Letters:
    """How often each letter is in a text."""

    model = "letters"
    dimension = 26

    async def embed(self, texts: Sequence[str]) -> Vectors:
        rows = np.array([[text.count(chr(97 + n)) for n in range(26)] for text in texts], np.float32)
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


async def test_questions_find_their_passages() -> None:
    searched = [Passage("a.md", n, 0, len(text), text) for n, text in enumerate(TEXTS)]
    asked = [Question("a.md", "sea is", "Which sea is salt?"), Question("a.md", "zzz", "zz")]
    found = await search(searched, asked, Letters())
    assert found.right == [{1}, {2}]
    assert [order[0] for order in found.near] == [1, 2]
    assert found.words == [[1, 0], []]
    assert [order[0] for order in found.hybrid(Weights())] == [1, 2]
    assert told(found, Weights()).splitlines()[2:] == [
        "| vectors | 1.000 | 1.000 |",
        "| words | 0.500 | 0.500 |",
        "| both | 1.000 | 1.000 |",
    ]
