"""A search over several stores and queries: one order, filtered, ordered anew, and for no store whose time is over."""

import struct
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from embedding_server import vector_of

from antiphon.errors import InvalidRequest, NotFound
from antiphon.retrieval.filters import read_filter
from antiphon.store.memory import MemoryStore
from antiphon.store.vectors import NewPassage, VectorFile, VectorStore
from antiphon.tools.embedders import Embedders
from antiphon.tools.reranking import Reranker
from antiphon.tools.searching import Searching, Wanted, Where, read_wanted
from antiphon.tools.settings import RerankerSettings
from antiphon.wire.file_search import RankingOptions

P = "default"


async def embed(body: dict[str, Any]) -> bytes:
    data = [{"index": n, "embedding": vector_of(text)} for n, text in enumerate(body["input"])]
    return msgspec.json.encode({"data": data})


async def rerank(path: str, body: dict[str, Any]) -> bytes:
    """Longer ones first."""
    assert path == "/rerank"
    rows = [{"index": n, "relevance_score": len(text) / 100} for n, text in enumerate(body["documents"])]
    return msgspec.json.encode({"results": rows})


def packed(text: str) -> bytes:
    numbers = vector_of(text)
    return struct.pack(f"<{len(numbers)}f", *numbers)


async def keep(store: MemoryStore, store_id: str, **texts: str) -> None:
    await store.vectors.create(P, VectorStore(id=store_id, created_at=1, last_active_at=1, model="e", expires_days=1))
    for name, text in texts.items():
        file = VectorFile(
            id=name, created_at=1, filename=f"{name}.md", most_tokens=800, overlap_tokens=0, attributes={"name": name}
        )
        await store.vectors.attach(P, store_id, [file])
        (held,) = await store.vectors.hold("me", 2e9, 1)
        passage = NewPassage(number=0, start=0, end=len(text), text=text, vector=packed(text))
        assert await store.vectors.finish(held, [passage], 32)


@pytest.fixture
async def store() -> AsyncIterator[MemoryStore]:
    made = MemoryStore(lambda: 100.0)
    await keep(made, "vs_1", cats="Cats purr.", dogs="Dogs bark at the postman.")
    await keep(made, "vs_2", fish="Fish swim.", more="More cats purr, and cats sleep.")
    yield made
    await made.close()


def searching(store: MemoryStore, now: float = 100, reranker: Reranker | None = None) -> Searching:
    return Searching(store.vectors, Embedders(embed, "e"), reranker, lambda: now)


async def names(of: Searching, wanted: Wanted, *stores: str) -> list[str]:
    return [hit.passage.file_id for hit in await of.search(Where(P, stores or ("vs_1", "vs_2")), wanted)]


async def test_stores_and_queries_give_one_order(store: MemoryStore) -> None:
    search = searching(store)
    assert set((await names(search, Wanted(["cats purr"])))[:2]) == {"cats", "more"}
    assert set((await names(search, Wanted(["postman", "fish swim"])))[:2]) == {"dogs", "fish"}
    assert await names(search, Wanted(["cats"], most=1), "vs_1") == ["cats"]
    assert (await store.vectors.get(P, "vs_1")).last_active_at == 100
    only = read_filter({"type": "in", "key": "name", "value": ["dogs", "fish"]})
    assert set(await names(search, Wanted(["cats purr"], filter=only))) == {"dogs", "fish"}
    by_words = read_wanted(
        ["swim"], None, RankingOptions(hybrid_search={"embedding_weight": 0, "text_weight": 2}), None
    )
    assert await names(search, by_words) == ["fish"]
    by_vectors = read_wanted(
        ["fish swim"], None, RankingOptions(hybrid_search={"embedding_weight": 1, "text_weight": 0}), 1
    )
    assert await names(search, by_vectors, "vs_2") == ["fish"]
    high = read_wanted(["cats purr"], None, RankingOptions(score_threshold=0.999), None)
    assert len(await names(search, high, "vs_1")) == 1


async def test_a_reranker_has_the_last_word(store: MemoryStore) -> None:
    search = searching(store, reranker=Reranker(RerankerSettings(model="r"), rerank))
    assert (await names(search, Wanted(["cats"])))[0] == "more"
    assert (await names(search, Wanted(["cats"], threshold=0.24))) == ["more", "dogs"]
    plain = read_wanted(["cats purr"], None, RankingOptions(ranker="none"), None)
    assert not plain.reranked
    assert (await names(search, plain, "vs_1"))[0] == "cats"
    none = read_filter({"type": "eq", "key": "name", "value": "nobody"})
    assert await names(search, Wanted(["cats"], filter=none)) == []


async def test_a_store_that_is_not_there_or_has_expired_is_not_searched(store: MemoryStore) -> None:
    with pytest.raises(NotFound):
        await names(searching(store), Wanted(["a"]), "vs_9")
    with pytest.raises(InvalidRequest, match="has expired"):
        await names(searching(store, now=86_401), Wanted(["a"]), "vs_1")
