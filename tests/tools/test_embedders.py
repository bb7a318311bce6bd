"""Whose vectors: by the name of a model."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pytest
from embedding_server import vector_of

from antiphon.errors import InvalidRequest
from antiphon.tools.embedders import BUILTIN, Embedders, installed


class Inner:
    """Stands for the model inside."""

    model = BUILTIN
    dimension = 2
    closed = 0

    async def embed(self, texts: Sequence[str]) -> Any:
        return np.ones((len(texts), 2), np.float32)

    async def close(self) -> None:
        self.closed += 1


async def ask(body: dict[str, Any]) -> bytes:
    data = [{"index": n, "embedding": vector_of(text)} for n, text in enumerate(body["input"])]
    return msgspec.json.encode({"data": data, "model": body["model"]})


async def test_each_model_has_one_embedder() -> None:
    inner = Inner()
    made = Embedders(ask, "up/e", lambda: inner)
    assert (made.default, made.any) == ("up/e", True)
    assert made.of("up/e") is made.of("up/e")
    assert made.of("up/e", 8) is not made.of("up/e")
    assert made.of(BUILTIN) is made.of(BUILTIN)
    assert (await made.of("up/e").embed(["a", "b"])).shape == (2, 32)
    other = made.asking(ask)
    assert (await other.of(BUILTIN).embed(["a"])).shape == (1, 2)
    await other.close()
    assert inner.closed == 0
    await made.close()
    assert inner.closed == 1


async def test_without_a_model_it_is_said_how_to_get_one() -> None:
    none = Embedders(ask, "")
    assert not none.any
    with pytest.raises(InvalidRequest, match=r"antiphon\[embed\]"):
        _ = none.default
    await none.close()


def test_the_model_inside_is_there_for_tests() -> None:
    assert installed()
