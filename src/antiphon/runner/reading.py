"""Reads one file of a vector store: its bytes to a temporary file, its text in a process of its own, its vectors.

Not here: which file is next (`ingest.py`), how text is cut (`retrieval/`). Counterpart: `store/filing.py`.
"""

import asyncio
import os
import tempfile
from contextlib import aclosing
from pathlib import Path
from typing import Protocol

from antiphon.errors import NotFound, UnreadableFile
from antiphon.retrieval.chunking import Chunking
from antiphon.retrieval.passage import Passage
from antiphon.store.files import StoredFile
from antiphon.store.filing import Filing
from antiphon.store.vectors import Held, NewPassage
from antiphon.tools.embedders import Embedders

MOST_PASSAGES = 50_000
"""Of one file."""


class Extracts(Protocol):
    """Makes passages of a file."""

    async def passages(self, name: str, path: Path, chunking: Chunking) -> list[Passage]:
        """A file's passages. Raises `UnreadableFile`, `PackageMissing`."""
        ...


class Reading:
    """Implements `Reads` (`ingest.py`)."""

    def __init__(self, files: Filing, extractor: Extracts, embedders: Embedders) -> None:
        self._files = files
        self._extractor = extractor
        self._embedders = embedders

    async def passages(self, held: Held) -> tuple[list[NewPassage], int]:
        passages = await self._text(held)
        if not passages:
            raise UnreadableFile("The file has no text. Attach one that has, or run text recognition over it first.")
        if len(passages) > MOST_PASSAGES:
            raise UnreadableFile(f"The file makes more than {MOST_PASSAGES} passages. Split it into smaller files.")
        if not held.model:
            return [kept(passage, b"") for passage in passages], 0
        embedder = self._embedders.of(held.model, held.dimension)
        vectors = await embedder.embed([passage.searched for passage in passages])
        rows = [kept(passage, row.tobytes()) for passage, row in zip(passages, vectors, strict=True)]
        return rows, int(vectors.shape[1])

    async def _text(self, held: Held) -> list[Passage]:
        try:
            file = await self._files.rows.get(held.project, held.file_id)
        except NotFound:
            raise UnreadableFile("The file was deleted before it could be read. Upload it again.") from None
        path = await self._copied(file)
        try:
            return await self._extractor.passages(file.filename, path, Chunking(held.most_tokens, held.overlap_tokens))
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _copied(self, file: StoredFile) -> Path:
        """The bytes where the process that reads them finds them."""
        handle, name = await asyncio.to_thread(tempfile.mkstemp, prefix="antiphon-")
        path = Path(name)
        try:
            async with aclosing(self._files.content(file)) as content:
                async for data in content:
                    await asyncio.to_thread(os.write, handle, data)
        except BaseException:
            await asyncio.to_thread(path.unlink, missing_ok=True)
            raise
        finally:
            os.close(handle)
        return path


def kept(passage: Passage, vector: bytes) -> NewPassage:
    """A passage as the store keeps it."""
    above = passage.searched.removesuffix(passage.text).strip()
    return NewPassage(
        number=passage.number,
        start=passage.start,
        end=passage.end,
        text=passage.text,
        above=above,
        heading=passage.heading,
        page=passage.page,
        vector=vector,
    )
