"""`antiphon files add DIR --store NAME`: a folder into a vector store, with a bar.

It works on the database itself, whether or not a server runs on it; both read files then, and none twice. Not
here: reading (`runner/ingest.py`). Counterpart: `file_flags.py`.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from antiphon.config import Config, Environment
from antiphon.errors import ConfigFault
from antiphon.retrieval.chunking import Chunking
from antiphon.server.callers import DEFAULT
from antiphon.server.contents import media_type
from antiphon.server.services import Services, open_services
from antiphon.sources import live
from antiphon.store.files import StoredFile
from antiphon.store.pages import PageQuery
from antiphon.store.vectors import FileCounts, VectorFile, VectorStore
from antiphon.terminal.kept_files import kept_files
from antiphon.terminal.serving import say

PIECE = 1 << 18
PAGE = 100
WIDTH = 30
LOOKS = 0.2
"""Seconds between two looks at how far it is."""


def files(said: argparse.Namespace, config: Config, environment: Environment) -> int:
    """Carry out an action; 1 when a file couldn't be read. Raises `ConfigFault`."""
    if config.store_url.startswith("memory:"):
        raise ConfigFault("Files are kept in a database that outlives its server; name it with --db.")
    if said.doing != "add":
        return kept_files(said, config, environment)
    paths = found(Path(said.folder))
    return asyncio.run(_add(config, environment, said, paths))


def found(folder: Path) -> list[tuple[str, Path]]:
    """The files of a folder, or one file, by the names they get; hidden ones are left out. Raises `ConfigFault`."""
    if folder.is_file():
        return [(folder.name, folder)]
    if not folder.is_dir():
        raise ConfigFault(f"There is no folder {folder}.")
    named = [(path.relative_to(folder), path) for path in sorted(folder.rglob("*")) if path.is_file()]
    seen = [(name.as_posix(), path) for name, path in named if not any(part.startswith(".") for part in name.parts)]
    if not seen:
        raise ConfigFault(f"The folder {folder} has no files.")
    return seen


def bar(done: FileCounts) -> str:
    """How far it is, as a line."""
    ended = done.total - done.in_progress
    full = WIDTH * ended // max(done.total, 1)
    failed = f", {done.failed} failed" if done.failed else ""
    return f"[{'#' * full}{'.' * (WIDTH - full)}] {ended}/{done.total} files{failed}"


async def _add(
    config: Config, environment: Environment, said: argparse.Namespace, paths: Sequence[tuple[str, Path]]
) -> int:
    project = said.of_project or DEFAULT
    async with open_services(config, environment) as services:
        store = await _store(services, project, said.vector_store)
        there = await _there(services, project, store.id)
        new = 0
        for name, path in paths:
            new += await _put(services, project, store.id, name, path, there)
        services.retrieval.ingest.wake()
        await _watched(services, project, store.id)
        say(f"{new} of {len(paths)} files were new or changed; vector store {store.name} is {store.id}.")
        return await _faults(services, project, store.id)


async def _store(services: Services, project: str, name: str) -> VectorStore:
    """The newest store of this name; a new one if there is none."""
    vectors, after = services.store.vectors, None
    while True:
        page = await vectors.list_all(project, PageQuery(after=after, limit=PAGE))
        for store in page.items:
            if store.name == name:
                return store
        if not page.has_more:
            break
        after = page.items[-1].id
    await vectors.ready()
    sources = live()
    model, now = services.retrieval.embedders.default, sources.now()
    store = VectorStore(id=sources.ids("vs"), created_at=now, last_active_at=now, name=name, model=model)
    await vectors.create(project, store)
    return store


async def _there(services: Services, project: str, store_id: str) -> dict[str, VectorFile]:
    """The files of a store by their names."""
    return {file.filename: file async for file in _all(services, project, store_id, "")}


async def _all(services: Services, project: str, store_id: str, status: str) -> AsyncIterator[VectorFile]:
    after: str | None = None
    while True:
        query = PageQuery(after=after, limit=PAGE, order="asc")
        page = await services.store.vectors.files(project, store_id, query, status)
        for file in page.items:
            yield file
        if not page.has_more:
            return
        after = page.items[-1].id


async def _put(  # noqa: PLR0913, PLR0917 - what is put where, and what is there
    services: Services, project: str, store_id: str, name: str, path: Path, there: dict[str, VectorFile]
) -> bool:
    """Keep a file and attach it; false for one that is there already and hasn't changed."""
    blob = await services.files.blobs.put(_content(path), services.config.max_file)
    old = there.get(name)
    if old is not None and old.status != "failed":
        kept = await services.files.rows.get(project, old.id)
        if kept.blob.hash == blob.hash:
            await services.files.blobs.delete(blob.place)
            return False
    sources, cut = live(), Chunking()
    file = StoredFile(
        id=sources.ids("file"),
        created_at=sources.now(),
        filename=name,
        purpose="assistants",
        media_type=media_type("", name),
        blob=blob,
    )
    await services.files.add(project, file)
    if old is not None:
        await services.store.vectors.detach(project, store_id, old.id)
    attached = VectorFile(
        id=file.id,
        created_at=file.created_at,
        filename=name,
        most_tokens=cut.most_tokens,
        overlap_tokens=cut.overlap_tokens,
    )
    await services.store.vectors.attach(project, store_id, [attached])
    return True


async def _content(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while data := await asyncio.to_thread(file.read, PIECE):
            yield data


async def _watched(services: Services, project: str, store_id: str) -> None:
    """Show how far it is until all is read: a bar that moves on a screen, a line at the end elsewhere."""
    screen = sys.stdout.isatty()
    while True:
        counts = (await services.store.vectors.get(project, store_id)).counts
        if screen:
            print(f"\r{bar(counts)}", end="", flush=True)
        if not counts.in_progress:
            print("" if screen else bar(counts), flush=True)
            return
        await asyncio.sleep(LOOKS)


async def _faults(services: Services, project: str, store_id: str) -> int:
    failed = [file async for file in _all(services, project, store_id, "failed")]
    for file in failed:
        say(f"failed: {file.filename}: {file.message}")
    return int(bool(failed))
