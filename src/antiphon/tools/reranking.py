"""An order by a model that reads query and passage together: the reranker of an upstream, where one is set up.

It is asked as Jina, Cohere, vLLM and Infinity are (`documents`, `results`), or as Hugging Face's TEI is (`texts`).
Source: docs.vllm.ai "Re-rank API", api.jina.ai/redoc, huggingface.github.io/text-embeddings-inference.
"""

import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from antiphon.errors import UpstreamGarbage
from antiphon.tools.settings import RerankerSettings

Ask = Callable[[str, dict[str, Any]], Awaitable[bytes]]
"""Sends a body to a path of a model's server, and gives back the answer's."""


class _Scored(msgspec.Struct):
    index: int
    relevance_score: float | None = None
    score: float | None = None


class _Results(msgspec.Struct):
    results: list[_Scored]


class Reranker:
    """Scores passages for a query."""

    def __init__(self, settings: RerankerSettings, ask: Ask) -> None:
        self._settings = settings
        self._ask = ask

    def asking(self, ask: Ask) -> "Reranker":
        """The same over another way to upstreams."""
        return Reranker(self._settings, ask)

    async def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers, from 0 to 1. Raises `UpstreamFault`."""
        asked: dict[str, Any] = {"model": self._settings.model, "query": query}
        if self._settings.form == "tei":
            asked |= {"texts": list(texts), "raw_scores": False}
        else:
            asked |= {"documents": list(texts), "top_n": len(texts)}
        return read_scores(await self._ask(self._settings.path, asked), len(texts), self._settings.model)


def read_scores(data: bytes, count: int, model: str) -> list[float]:
    """The scores in an answer of either form, in the texts' order; those without bounds are brought between 0 and 1."""
    try:
        told = msgspec.json.decode(data, type=_Results | list[_Scored])
    except (ValueError, RecursionError) as error:
        raise UpstreamGarbage(f"The reranker '{model}' answered in a form that isn't its own: {error}.") from None
    rows = told.results if isinstance(told, _Results) else told
    scores = [0.0] * count
    for row in rows:
        given = row.relevance_score if row.relevance_score is not None else row.score
        if given is None or not 0 <= row.index < count:
            raise UpstreamGarbage(f"The reranker '{model}' was asked about {count} passages, and scores others.")
        scores[row.index] = given
    free = any(not 0 <= score <= 1 for score in scores)
    return [1 / (1 + math.exp(-max(min(score, 60), -60))) for score in scores] if free else scores
