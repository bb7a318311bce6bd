"""Reading in processes: hostile files cost what they may and no more, and the next file is read as if nothing was."""

import asyncio
from collections.abc import AsyncIterator
from itertools import islice
from pathlib import Path

import pytest
from hostile_files import hostile_files

from antiphon.errors import UnreadableFile
from antiphon.retrieval.bounds import MIB
from antiphon.retrieval.chunking import Chunking
from antiphon.retrieval.extracting import Extractor, ReadingLimits
from antiphon.retrieval.passage import joined

SOME = 7
TEXT = "Some words. " * 400


@pytest.fixture
async def extractor() -> AsyncIterator[Extractor]:
    made = Extractor()
    yield made
    await made.close()


def written(folder: Path, data: bytes | str) -> Path:
    path = folder / "blob"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


async def test_a_document_and_its_passages(extractor: Extractor, tmp_path: Path) -> None:
    path = written(tmp_path, TEXT)
    assert (await extractor.document("a.txt", path)).text == TEXT
    passages = await extractor.passages("a.txt", path, Chunking(100, 50))
    assert joined(passages) == TEXT
    assert {passage.file for passage in passages} == {"a.txt"}


async def test_a_hostile_file_has_its_message(extractor: Extractor, tmp_path: Path) -> None:
    """A few of them; `tests/state/test_hostile_files.py` has all, through the whole server."""
    for hostile in islice(hostile_files(), SOME):
        with pytest.raises(UnreadableFile) as caught:
            await extractor.passages(hostile.name, written(tmp_path, hostile.data), Chunking())
        assert hostile.says in caught.value.message
        assert f"'{hostile.name}'" in caught.value.message
        assert caught.value.code == hostile.code
    assert (await extractor.document("a.txt", written(tmp_path, "fine"))).text == "fine"


async def test_a_file_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    extractor = Extractor(ReadingLimits(seconds=1))
    with pytest.raises(UnreadableFile, match=r"'deep\.html' takes more than 1 s to read"):
        await extractor.document("deep.html", written(tmp_path, "<div>" * 1_000_000))
    assert (await extractor.document("a.txt", written(tmp_path, "fine"))).text == "fine"
    await extractor.close()


async def test_a_file_that_takes_too_much_memory_is_ended(tmp_path: Path) -> None:
    extractor = Extractor(ReadingLimits(memory=200 * MIB))
    with pytest.raises(UnreadableFile, match=r"'wide\.json' takes more memory to read than it may"):
        await extractor.document("wide.json", written(tmp_path, "[" + "[]," * 3_000_000 + "[]]"))
    assert (await extractor.document("a.txt", written(tmp_path, "fine"))).text == "fine"
    await extractor.close()


async def test_a_process_is_replaced_after_its_files_and_when_it_is_left(tmp_path: Path) -> None:
    extractor = Extractor(ReadingLimits(files=1))
    path = written(tmp_path, TEXT)
    assert [(await extractor.document(name, path)).name for name in ("a.txt", "b.txt")] == ["a.txt", "b.txt"]
    reading = asyncio.create_task(extractor.document("a.txt", path))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert (await extractor.document("a.txt", path)).text == TEXT
    await extractor.close()
