"""The small model against what is known of it, and against the same computed in another way."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from antiphon.retrieval.builtin import model_folder
from antiphon.retrieval.minilm import MiniLM

Numbers = NDArray[np.float64]


@pytest.fixture(scope="module")
def model() -> MiniLM:
    return MiniLM(model_folder(), window=32)


def test_likenesses_are_those_that_the_authors_publish(model: MiniLM) -> None:
    texts = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    vectors = model.vectors(texts)
    published = [[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]]
    assert np.abs(vectors @ vectors.T - published).max() < 1e-4


def test_a_vector_has_length_1_and_does_not_depend_on_its_company(model: MiniLM) -> None:
    texts = ["", "salt", "Salt and pepper, of course.", "\u6f22\u5b57 \U0001f600", "long " * 40]
    together = model.vectors(texts)
    assert together.dtype == np.float32
    assert together.shape == (5, 384)
    assert np.linalg.norm(together, axis=1).tolist() == pytest.approx([1.0] * 5, abs=1e-5)
    for text, row in zip(texts, together, strict=True):
        assert np.allclose(model.vectors([text])[0], row, atol=2e-6)
    assert model.vectors([]).shape == (0, 384)


def test_of_a_long_text_every_part_is_heard(model: MiniLM) -> None:
    query, salt, both = model.vectors(["Where is salt mined?", "word " * 40, "word " * 40 + "Salt is mined in hills."])
    assert query @ both > query @ salt + 0.05


def test_another_way_of_computing_gives_the_same(model: MiniLM) -> None:
    """Piece by piece and head by head, in float64, by the formulas as they are printed."""
    text = "Each piece hears all the others."
    pieces = [101, *model._tokenizer.encode(text, add_special_tokens=False).ids, 102]
    assert len(pieces) < 32
    weights = {name: value.astype(np.float64) for name, value in model._weights.items() if value.ndim}
    expected = mean_by_hand(weights, pieces)
    assert np.abs(model.vectors([text])[0] - expected).max() < 1e-6


def mean_by_hand(weights: dict[str, Any], pieces: list[int]) -> Numbers:
    name = "embeddings"
    rows = [
        weights[f"{name}.word_embeddings.weight"][piece]
        + weights[f"{name}.position_embeddings.weight"][place]
        + weights[f"{name}.token_type_embeddings.weight"][0]
        for place, piece in enumerate(pieces)
    ]
    rows = [normed(weights, f"{name}.LayerNorm", row) for row in rows]
    for layer in range(6):
        rows = layer_by_hand(weights, f"encoder.layer.{layer}", rows)
    mean: Numbers = np.mean(rows, axis=0)
    return mean / math.sqrt(math.fsum(mean * mean))


def layer_by_hand(weights: dict[str, Any], name: str, rows: list[Numbers]) -> list[Numbers]:
    own = f"{name}.attention.self"
    query, key, value = ([dense(weights, f"{own}.{part}", row) for row in rows] for part in ("query", "key", "value"))
    after = []
    for place, row in enumerate(rows):
        heard = []
        for head in range(12):
            of = slice(32 * head, 32 * head + 32)
            scores = [math.exp(float(query[place][of] @ each[of]) / math.sqrt(32)) for each in key]
            heard.append(sum(score / sum(scores) * each[of] for score, each in zip(scores, value, strict=True)))
        told = dense(weights, f"{name}.attention.output.dense", np.concatenate(heard))
        state = normed(weights, f"{name}.attention.output.LayerNorm", told + row)
        wide = dense(weights, f"{name}.intermediate.dense", state)
        wide = np.array([each * 0.5 * (1 + math.erf(each / math.sqrt(2))) for each in wide])
        after.append(normed(weights, f"{name}.output.LayerNorm", dense(weights, f"{name}.output.dense", wide) + state))
    return after


def dense(weights: dict[str, Any], name: str, row: Numbers) -> Numbers:
    made: Numbers = weights[f"{name}.weight"] @ row + weights[f"{name}.bias"]
    return made


def normed(weights: dict[str, Any], name: str, row: Numbers) -> Numbers:
    spread = math.sqrt(row.var() + 1e-12)
    made: Numbers = (row - row.mean()) / spread * weights[f"{name}.weight"] + weights[f"{name}.bias"]
    return made
