"""The protocol of an embedder: a class of three members is one."""

import asyncio
from collections.abc import Sequence

import pytest

from antiphon.errors import PackageMissing
from antiphon.retrieval.embedding import Embedder, Vectors, numbers


class Lengths:
    """A made-up model: a text's length is its vector."""

    model = "lengths"
    dimension = 1

    async def embed(self, texts: Sequence[str]) -> Vectors:
        import numpy as np  # noqa: PLC0415 - an extra

        return np.array([[len(text)] for text in texts], dtype=np.float32)


def test_a_class_of_three_members_is_an_embedder() -> None:
    made: Embedder = Lengths()
    assert asyncio.run(made.embed(["a", "bcd"])).tolist() == [[1.0], [3.0]]


def test_a_missing_library_is_told_with_the_command() -> None:
    with pytest.raises(PackageMissing, match=r"Vectors need the package no_numbers: pip install 'antiphon\[files\]'"):
        numbers("no_numbers")
