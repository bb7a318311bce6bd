"""A search of vector stores, whole: queries become vectors, what stores find becomes one order of passages.

The tool and the endpoint both search here. Not here: what is compared with what (`store/`), how orders become one
(`retrieval/rank.py`), what a model is told (`file_search.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from antiphon.errors import InvalidRequest
from antiphon.retrieval.filters import Filter, matches, read_filter
from antiphon.retrieval.rank import Scored, Weights, above, best_of, fuse, read_weights
from antiphon.store.vectors import FoundPassage, Search, Vectors, VectorStore
from antiphon.tools.embedders import Embedders
from antiphon.tools.reranking import Reranker
from antiphon.wire.file_search import RankingOptions

CANDIDATES = 50
"""Passages of each order that may get into the common one."""
LATELY = 60
"""Seconds within which a store's last use needn't be noted again."""
USUAL_RESULTS = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be found. `wanted` is a filter of files, None for all; no more than `most` passages."""

    queries: Sequence[str]
    filter: Filter | None = None
    most: int = USUAL_RESULTS
    weights: Weights = field(default_factory=Weights)
    threshold: float | None = None
    reranked: bool = True


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found; its score is from 0 to 1."""

    passage: FoundPassage
    score: float


@dataclass(frozen=True, slots=True)
class Where:
    """A project's vector stores, by their ids."""

    project: str
    stores: Sequence[str]


class Searching:
    """Searches the stores of one `Vectors`; `clock` gives Unix seconds."""

    def __init__(
        self, vectors: Vectors, embedders: Embedders, reranker: Reranker | None, clock: Callable[[], float]
    ) -> None:
        self._vectors = vectors
        self._embedders = embedders
        self._reranker = reranker
        self._clock = clock

    async def check(self, where: Where) -> list[VectorStore]:
        """The stores. Raises `NotFound` where one isn't there, `InvalidRequest` where its time is over."""
        stores = [await self._vectors.get(where.project, store_id, counted=False) for store_id in where.stores]
        for store in stores:
            if store.expires_at is not None and store.expires_at <= self._clock():
                raise expired(store.id)
        return stores

    async def search(self, where: Where, wanted: Wanted) -> list[Hit]:
        """The passages that fit best, the best first. Raises what `check` raises, and faults of upstreams."""
        stores = await self.check(where)
        now = int(self._clock())
        homes: dict[int, str] = {}
        searches: list[Scored[int]] = []
        embedded: dict[tuple[str, int], list[bytes]] = {}
        for store in stores:
            if store.last_active_at + LATELY <= now:
                await self._vectors.touch(where.project, store.id, now)
            kind = (store.model, store.dimension)
            if kind not in embedded:
                embedded[kind] = await self._embedded(store, wanted)
            for query, vector in zip(wanted.queries, embedded[kind], strict=True):
                found = await self._one(where.project, store, wanted, query, vector)
                homes |= dict.fromkeys((key for key, _ in found), store.id)
                searches.append(found)
        best = best_of(searches)
        if self._reranker is None or not wanted.reranked:
            best = above(best, wanted.threshold, wanted.most)
            return await self._hits(where.project, homes, best)
        return await self._reordered(self._reranker, wanted, await self._hits(where.project, homes, best[:CANDIDATES]))

    async def _embedded(self, store: VectorStore, wanted: Wanted) -> list[bytes]:
        """The queries as vectors of the store's model; empty ones where vectors aren't asked for, or there are none."""
        if not store.model or not store.dimension or wanted.weights.embedding <= 0:
            return [b""] * len(wanted.queries)
        rows = await self._embedders.of(store.model, 0).embed(wanted.queries)
        return [row.tobytes() for row in rows]

    async def _one(self, project: str, store: VectorStore, wanted: Wanted, query: str, vector: bytes) -> Scored[int]:
        search = Search(
            words=query if wanted.weights.text > 0 else "",
            vector=vector,
            wanted=partial(matches, wanted.filter) if wanted.filter is not None else None,
            limit=max(CANDIDATES, wanted.most),
        )
        orders = await self._vectors.search(project, store.id, search)
        return fuse([(wanted.weights.embedding if vector else 0, orders.near), (wanted.weights.text, orders.words)])

    async def _hits(self, project: str, homes: Mapping[int, str], scored: Scored[int]) -> list[Hit]:
        """The passages themselves, in their order."""
        there: dict[int, FoundPassage] = {}
        for store_id in dict.fromkeys(homes[key] for key, _ in scored):
            keys = [key for key, _ in scored if homes[key] == store_id]
            there |= {one.key: one for one in await self._vectors.passages(project, store_id, keys)}
        return [Hit(there[key], score) for key, score in scored if key in there]

    async def _reordered(self, reranker: Reranker, wanted: Wanted, hits: list[Hit]) -> list[Hit]:
        if not hits:
            return []
        scores = await reranker.scores("\n".join(wanted.queries), [hit.passage.text for hit in hits])
        order = sorted(zip(hits, scores, strict=True), key=lambda scored: -scored[1])
        kept = [
            Hit(hit.passage, score) for hit, score in order if wanted.threshold is None or score >= wanted.threshold
        ]
        return kept[: wanted.most]


def read_wanted(
    queries: Sequence[str], given: object, ranking: RankingOptions | None, most: int | None, at: str = ""
) -> Wanted:
    """What a request wants, whose fields stand at `at`. Raises `InvalidRequest` that names the field."""
    options = ranking or RankingOptions()
    return Wanted(
        queries=queries,
        filter=None if given is None else read_filter(given, f"{at}filters"),
        most=most or USUAL_RESULTS,
        weights=read_weights(options.hybrid_search, f"{at}ranking_options.hybrid_search"),
        threshold=options.score_threshold,
        reranked=options.ranker != "none",
    )


def expired(store_id: str) -> InvalidRequest:
    """The time of a store is over."""
    return InvalidRequest(
        f"Vector store '{store_id}' has expired, and its files are gone from it. Create a new one.",
        code="expired",
        param="vector_store_id",
    )
