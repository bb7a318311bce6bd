"""What vector stores work with, by the settings; and in scopes of a cassette, each over a store of its own."""

from pathlib import Path

from embedding_server import MODEL, PATHS

from antiphon.config import Config, Environment
from antiphon.server.services import open_services
from antiphon.store.pages import PageQuery
from antiphon.store.vectors import VectorStore
from antiphon.testing import ScriptedUpstream
from antiphon.tools.searching import Where
from antiphon.tools.settings import RerankerSettings, RetrievalSettings

P = "default"


def settings(upstream: ScriptedUpstream, **more: object) -> Config:
    return Config(upstream=[f"up={upstream.url}"], db="memory://", **more)  # type: ignore[arg-type] # by their names


async def test_the_tool_is_there_where_somebody_makes_vectors() -> None:
    with ScriptedUpstream(models=["m", MODEL], paths=PATHS) as upstream:
        said = RetrievalSettings(
            embedding_model=f"up/{MODEL}", reranker=RerankerSettings(model="up/m"), rewrite_model="up/m"
        )
        async with open_services(settings(upstream, retrieval=said), Environment(variables={})) as services:
            assert "file_search" in services.tools
            embedder = services.retrieval.embedders.of(services.retrieval.embedders.default)
            assert (await embedder.embed(["a"])).shape == (1, 32)
            models = services.retrieval.models
            assert None not in (models.reranker, models.rewriter)
            assert services.retrieval.among({}).keys() == {"file_search"}


async def test_each_scope_has_stores_of_its_own(tmp_path: Path) -> None:
    with ScriptedUpstream(models=["m", MODEL], paths=PATHS) as upstream:
        config = settings(
            upstream, cassette=str(tmp_path / "tape.jsonl"), retrieval=RetrievalSettings(embedding_model=f"up/{MODEL}")
        )
        async with open_services(config, Environment(variables={})) as services:
            one, other = services.in_scope("one"), services.in_scope("other")
            await one.store.vectors.create(P, VectorStore(id="vs_1", created_at=1, last_active_at=1))
            assert await one.retrieval.searching.check(Where(P, ["vs_1"]))
            assert (await other.store.vectors.list_all(P, PageQuery())).items == []
            assert one.tools["file_search"] is not services.tools["file_search"]
            vectors = await one.retrieval.embedders.of(f"up/{MODEL}").embed(["a", "b"])
            assert vectors.shape == (2, 32)
            one.retrieval.ingest.wake()
