"""Sizes of passages, as requests name them."""

from typing import Any

import pytest

from antiphon.errors import InvalidRequest
from antiphon.retrieval.chunking import Chunking, read_chunking


def static(most: Any, overlap: Any) -> dict[str, Any]:
    return {"type": "static", "static": {"max_chunk_size_tokens": most, "chunk_overlap_tokens": overlap}}


@pytest.mark.parametrize(
    ("strategy", "chunking"),
    [
        (None, Chunking(800, 400)),
        ({"type": "auto"}, Chunking(800, 400)),
        (static(100, 0), Chunking(100, 0)),
        (static(4096, 2048), Chunking(4096, 2048)),
    ],
)
def test_a_strategy_is_read(strategy: object, chunking: Chunking) -> None:
    assert read_chunking(strategy) == chunking
    assert read_chunking(chunking.told()) == chunking


@pytest.mark.parametrize(
    ("strategy", "param"),
    [
        ("auto", "chunking_strategy.type"),
        ({"type": "other"}, "chunking_strategy.type"),
        ({"type": "static"}, "chunking_strategy.static"),
        (static(99, 0), "chunking_strategy.static.max_chunk_size_tokens"),
        (static(4097, 0), "chunking_strategy.static.max_chunk_size_tokens"),
        (static("800", 0), "chunking_strategy.static.max_chunk_size_tokens"),
        (static(800, 401), "chunking_strategy.static.chunk_overlap_tokens"),
        (static(800, -1), "chunking_strategy.static.chunk_overlap_tokens"),
        (static(800, 1.5), "chunking_strategy.static.chunk_overlap_tokens"),
    ],
)
def test_a_wrong_one_is_named(strategy: object, param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_chunking(strategy)
    assert caught.value.param == param
