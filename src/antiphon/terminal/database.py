"""`antiphon migrate`, `export` and `import`: what an operator does with a database. Counterpart: `store/`."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import BinaryIO

from antiphon.config import Config
from antiphon.errors import ConfigFault
from antiphon.server.keeping import open_blobs, prepared_store_url
from antiphon.store.base import OpenStore
from antiphon.store.blob_store import BlobStore
from antiphon.store.filing import Filing
from antiphon.store.open import SQLITE, open_store, pending
from antiphon.store.whole_export import WholeExport, WholeImport
from antiphon.terminal.serving import say

STANDARD = "-"
SOME = 10
"""How many files are named."""


def migrate(config: Config, *, dry_run: bool) -> int:
    """Bring the database to the newest schema, or only say what that would do."""
    url = config.store_url if dry_run else prepared_store_url(config)
    return asyncio.run(_migrate(url, dry_run=dry_run))


async def _migrate(url: str, *, dry_run: bool) -> int:
    missing = await pending(url)
    if not missing:
        say(f"{url} is up to date.")
        return 0
    if not dry_run:
        await (await open_store(url)).close()
    for migration in missing:
        say(f"{'would apply' if dry_run else 'applied'} {migration}")
    return 0


def export(config: Config, variables: Mapping[str, str], path: str, *, file_bytes: bool = True) -> int:
    """Write everything as JSON Lines to a file that isn't there yet, or to standard output.

    `variables` are the environment's, for a bucket. Raises `ConfigFault` where there is no database. An export that
    fails leaves no file.
    """
    existing(config.store_url)
    end = Moving(config, variables, file_bytes=file_bytes)
    if path == STANDARD:
        return asyncio.run(end.export(sys.stdout.buffer))
    try:
        with ExitStack() as undo:
            file = undo.enter_context(Path(path).open("xb"))
            undo.callback(Path(path).unlink, missing_ok=True)
            status = asyncio.run(end.export(file))
            undo.pop_all()
            file.close()
    except FileExistsError:
        raise ConfigFault(f"{path} is there already, and an export overwrites nothing. Name another file.") from None
    except OSError as error:
        raise ConfigFault(f"{path} can't be written: {error.strerror}.") from None
    return status


def existing(url: str) -> str:
    """The address of a database that is read; an SQLite file that isn't there would be made by opening it."""
    if url.startswith(SQLITE) and not Path(url.removeprefix(SQLITE)).is_file():
        raise ConfigFault(
            f"There is no database {url.removeprefix(SQLITE)}: nothing was stored there yet, or --db has another name."
        )
    return url


def import_(config: Config, variables: Mapping[str, str], path: str) -> int:
    """Take in what `export` wrote, from a file or standard input; `variables` as there."""
    end = Moving(config, variables)
    if path == STANDARD:
        return asyncio.run(end.import_(sys.stdin.buffer))
    try:
        with Path(path).open("rb") as file:
            return asyncio.run(end.import_(file))
    except OSError as error:
        raise ConfigFault(f"{path} can't be read: {error.strerror}.") from None


class Moving:
    """One end of a move: a database and the bytes of its files, by the settings."""

    def __init__(self, config: Config, variables: Mapping[str, str], *, file_bytes: bool = True) -> None:
        """Without `file_bytes` they stay where they are."""
        self._config = config
        self._variables = variables
        self._file_bytes = file_bytes

    async def export(self, file: BinaryIO) -> int:
        """Write everything; what isn't in it is said."""
        url = self._config.store_url
        async with AsyncExitStack() as stack:
            store = await self._store(stack, url)
            whole = WholeExport(store, await self._blobs(stack, store)) if self._file_bytes else None
            lines = 0
            async for line in whole.lines() if whole else store.export():
                file.write(line + b"\n")
                lines += 1
            waiting = await store.files.pending_uploads()
        print(f"{lines} lines from {url}", file=sys.stderr)
        if waiting:
            print(f"{waiting} uploads that aren't completed are left out", file=sys.stderr)
        if whole and whole.lost:
            print(
                f"{len(whole.lost)} files are there without their bytes, which weren't found: ", end="", file=sys.stderr
            )
            print(*whole.lost[:SOME], "…" if len(whole.lost) > SOME else "", file=sys.stderr)
        return 0

    async def import_(self, file: BinaryIO) -> int:
        """Take everything in."""
        url = prepared_store_url(self._config)
        async with AsyncExitStack() as stack:
            store = await self._store(stack, url)
            files = Filing(store.files, await self._blobs(stack, store))
            rows = await WholeImport(store, files).take(_lines(file))
        say(f"{rows} new rows in {url}")
        return 0

    async def _store(self, stack: AsyncExitStack, url: str) -> OpenStore:
        store = await open_store(url)
        stack.push_async_callback(store.close)
        return store

    async def _blobs(self, stack: AsyncExitStack, store: OpenStore) -> BlobStore:
        blobs = open_blobs(self._config, await store.files.home(), self._variables)
        stack.push_async_callback(blobs.close)
        return blobs


async def _lines(file: BinaryIO) -> AsyncIterator[bytes]:
    for line in file:
        yield line.rstrip(b"\n")
