"""One file: from its bytes to passages with vectors, or to the reason why not."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from embedding_server import vector_of

from antiphon.errors import UnreadableFile
from antiphon.retrieval.chunking import Chunking
from antiphon.retrieval.passage import Passage
from antiphon.runner.reading import MOST_PASSAGES, Reading, kept
from antiphon.store.blob_store import Blob
from antiphon.store.files import StoredFile
from antiphon.store.filing import Filing
from antiphon.store.local_blobs import LocalBlobs
from antiphon.store.memory import MemoryStore
from antiphon.store.vectors import Held
from antiphon.tools.embedders import Embedders

P = "default"


async def ask(body: dict[str, Any]) -> bytes:
    data = [{"index": n, "embedding": vector_of(text)} for n, text in enumerate(body["input"])]
    return msgspec.json.encode({"data": data})


class Extracts:
    """Makes a passage of each line, and remembers where the file was."""

    def __init__(self, times: int = 1) -> None:
        self.paths: list[Path] = []
        self._times = times

    async def passages(self, name: str, path: Path, chunking: Chunking) -> list[Passage]:
        self.paths.append(path)
        lines = _lines(path) * self._times
        assert chunking == Chunking(100, 10)
        return [Passage(name, n, n, n + 1, line, ("Top",), 2) for n, line in enumerate(lines)]


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def held(file_id: str = "file-1", model: str = "up/e") -> Held:
    return Held(
        key=1, project=P, store_id="vs_1", file_id=file_id, most_tokens=100, overlap_tokens=10, store=1, model=model,
        dimension=0, owner="me",
    )  # fmt: skip


async def data(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@pytest.fixture
async def files(tmp_path: Path) -> AsyncIterator[Filing]:
    store = MemoryStore()
    blobs = LocalBlobs(tmp_path, await store.files.home())
    filing = Filing(store.files, blobs)
    for file_id, pieces in {"file-1": (b"Cats.\n", b"Dogs.\n"), "file-2": ()}.items():
        blob: Blob = await blobs.put(data(*pieces), 100)
        file = StoredFile(
            id=file_id, created_at=1, filename="a.md", purpose="assistants", media_type="text/markdown", blob=blob
        )
        await filing.add(P, file)
    yield filing
    await blobs.close()
    await store.close()


async def test_a_file_becomes_passages_with_vectors_and_leaves_nothing_behind(files: Filing) -> None:
    extracts = Extracts()
    reading = Reading(files, extracts, Embedders(ask, ""))
    passages, dimension = await reading.passages(held())
    assert [(one.number, one.text, one.above, one.page) for one in passages] == [
        (0, "Cats.", "Top", 2),
        (1, "Dogs.", "Top", 2),
    ]
    assert dimension == 32
    assert all(len(one.vector) == 4 * 32 for one in passages)
    plain, none = await reading.passages(held(model=""))
    assert ([one.vector for one in plain], none) == ([b"", b""], 0)
    assert not any(path.exists() for path in extracts.paths)


async def test_what_cannot_be_read_says_why(files: Filing) -> None:
    reading = Reading(files, Extracts(), Embedders(ask, ""))
    with pytest.raises(UnreadableFile, match="deleted before"):
        await reading.passages(held("file-9"))
    with pytest.raises(UnreadableFile, match="no text"):
        await reading.passages(held("file-2"))
    with pytest.raises(UnreadableFile, match="more than"):
        await Reading(files, Extracts(MOST_PASSAGES), Embedders(ask, "")).passages(held())


def test_headings_that_are_in_the_text_are_not_said_twice() -> None:
    assert kept(Passage("f", 0, 0, 1, "Top\nCats.", ("Top", "Pets")), b"").above == "Pets"
    assert kept(Passage("f", 0, 0, 1, "Cats."), b"").above == ""
