"""Rerankers: what each form is asked, and what its answers mean."""

from typing import Any

import msgspec
import pytest

from antiphon.errors import UpstreamGarbage
from antiphon.tools.reranking import Reranker, read_scores
from antiphon.tools.settings import RerankerSettings

JINA = {"model": "r", "results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}]}
TEI = [{"index": 1, "score": 0.9}, {"index": 0, "score": 0.1}]


@pytest.mark.parametrize(
    ("form", "told", "wanted"),
    [
        ("jina", JINA, {"model": "r", "query": "q", "documents": ["a", "b"], "top_n": 2}),
        ("tei", TEI, {"model": "r", "query": "q", "texts": ["a", "b"], "raw_scores": False}),
    ],
)
async def test_each_form_is_asked_in_its_own_words(form: Any, told: Any, wanted: dict[str, Any]) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    async def ask(path: str, body: dict[str, Any]) -> bytes:
        asked.append((path, body))
        return msgspec.json.encode(told)

    reranker = Reranker(RerankerSettings(model="r", form=form, path="/v2/rerank"), ask)
    assert await reranker.asking(ask).scores("q", ["a", "b"]) == [0.1, 0.9]
    assert asked == [("/v2/rerank", wanted)]


def test_scores_without_bounds_are_brought_between() -> None:
    low, high = read_scores(b'[{"index":0,"score":-4},{"index":1,"score":900}]', 2, "r")
    assert 0 < low < 0.05
    assert 0.99 < high <= 1
    assert read_scores(b'[{"index":1,"score":0.5}]', 2, "r") == [0, 0.5]


@pytest.mark.parametrize(
    "wrong", [b"<html>", b'{"results":1}', b'[{"index":2,"score":1}]', b'[{"index":0}]', b"\xff", b"[" * 100_000]
)
def test_another_form_is_garbage(wrong: bytes) -> None:
    with pytest.raises(UpstreamGarbage):
        read_scores(wrong, 2, "r")
