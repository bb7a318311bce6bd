"""What vector stores work with, built once from the settings: who makes vectors, who searches, who reads files.

Under a cassette each scope has one of its own, over a store of its own. Not here: any of them (`tools/searching.py`,
`runner/ingest.py`). Counterpart: `services.py`, which has one.
"""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from antiphon.config import Config
from antiphon.retrieval.extracting import Extractor
from antiphon.runner.ingest import Ingest, Reader
from antiphon.runner.reading import Reading
from antiphon.sources import live
from antiphon.store.base import Store
from antiphon.store.filing import Filing
from antiphon.tools.embedders import BUILTIN, Embedders, installed
from antiphon.tools.file_search import FileSearch
from antiphon.tools.reranking import Reranker
from antiphon.tools.rewriting import Rewriter
from antiphon.tools.searching import Searching
from antiphon.tools.tool import Tool
from antiphon.upstream.asking import asked
from antiphon.upstream.catalog import Catalog
from antiphon.upstream.client import UpstreamClient

TOOL = "file_search"


@dataclass(frozen=True, slots=True)
class Asking:
    """How upstreams are asked."""

    client: UpstreamClient
    catalog: Catalog

    async def __call__(self, path: str, body: dict[str, Any]) -> bytes:
        return await asked(self.client, self.catalog, path, body)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is searched, and what is read."""

    store: Store
    files: Filing


@dataclass(frozen=True, slots=True)
class Parts:
    """What all stores of a server share; closed with the stack."""

    extractor: Extractor
    stack: AsyncExitStack
    clock: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Models:
    """Who is asked for vectors; and, where they are set up, for another order and for other queries."""

    embedders: Embedders
    reranker: Reranker | None
    rewriter: Rewriter | None

    def asking(self, asking: Asking) -> "Models":
        """The same, asked in another way."""
        return Models(
            self.embedders.asking(partial(asking, "/embeddings")),
            self.reranker.asking(asking) if self.reranker else None,
            self.rewriter.asking(asking) if self.rewriter else None,
        )


@dataclass(frozen=True, slots=True)
class Retrieval:
    """One store's: `models` are asked, `searching` finds, `ingest` reads."""

    models: Models
    parts: Parts
    searching: Searching
    ingest: Ingest

    def among(self, tools: Mapping[str, Tool]) -> dict[str, Tool]:
        """These tools, and the one over these stores where there is a model for embeddings."""
        own: dict[str, Tool] = {TOOL: FileSearch(self.searching)} if self.embedders.any else {}
        return {**tools, **own}

    @property
    def embedders(self) -> Embedders:
        """Who makes vectors."""
        return self.models.embedders

    def over(self, kept: Kept, asking: Asking) -> "Retrieval":
        """The same for another store, asking in its own way."""
        return made(kept, self.models.asking(asking), self.parts)


def open_retrieval(
    stack: AsyncExitStack, config: Config, kept: Kept, asking: Asking, clock: Callable[[], float]
) -> Retrieval:
    """For the settings; closed with the stack. `clock` is the time by which stores expire (Unix seconds).

    What an earlier process didn't finish is read from now on.
    """
    said = config.retrieval
    default = said.embedding_model or (BUILTIN if installed() else "")
    embedders = Embedders(partial(asking, "/embeddings"), default)
    stack.push_async_callback(embedders.close)
    parts = Parts(Extractor(), stack, clock)
    stack.push_async_callback(parts.extractor.close)
    reranker = Reranker(said.reranker, asking) if said.reranker else None
    rewriter = Rewriter(said.rewrite_model, asking) if said.rewrite_model else None
    retrieval = made(kept, Models(embedders, reranker, rewriter), parts)
    if not config.store_url.startswith("memory:"):
        retrieval.ingest.wake()
    return retrieval


def made(kept: Kept, models: Models, parts: Parts) -> Retrieval:
    """Put the parts together."""
    vectors, sources, embedders = kept.store.vectors, live(), models.embedders
    searching = Searching(vectors, embedders, models.reranker, parts.clock)
    reading = Reading(kept.files, parts.extractor, embedders)
    model = embedders.default if embedders.any else ""
    ingest = Ingest(vectors, reading, sources.clock, Reader(sources.ids("reader"), model))
    parts.stack.push_async_callback(ingest.stop)
    return Retrieval(models, parts, searching, ingest)
