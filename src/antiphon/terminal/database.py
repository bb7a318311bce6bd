"""`antiphon migrate`, `export` and `import`: what an operator does with a database. Counterpart: `store/`."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from antiphon.config import Config
from antiphon.errors import ConfigFault
from antiphon.server.keeping import prepared_store_url
from antiphon.store.open import SQLITE, open_store, pending
from antiphon.terminal.serving import say

STANDARD = "-"


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


def export(config: Config, path: str) -> int:
    """Write everything as JSON Lines to a file that isn't there yet, or to standard output.

    Raises `ConfigFault` where there is no database. An export that fails leaves no file.
    """
    url = existing(config.store_url)
    if path == STANDARD:
        return asyncio.run(_export(url, sys.stdout.buffer))
    try:
        with ExitStack() as undo:
            file = undo.enter_context(Path(path).open("xb"))
            undo.callback(Path(path).unlink, missing_ok=True)
            status = asyncio.run(_export(url, file))
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


async def _export(url: str, file: BinaryIO) -> int:
    store = await open_store(url)
    lines = 0
    try:
        async for line in store.export():
            file.write(line + b"\n")
            lines += 1
    finally:
        await store.close()
    print(f"{lines} lines from {url}", file=sys.stderr)
    return 0


def import_(config: Config, path: str) -> int:
    """Take in what `export` wrote, from a file or standard input."""
    if path == STANDARD:
        return asyncio.run(_import(prepared_store_url(config), sys.stdin.buffer))
    try:
        with Path(path).open("rb") as file:
            return asyncio.run(_import(prepared_store_url(config), file))
    except OSError as error:
        raise ConfigFault(f"{path} can't be read: {error.strerror}.") from None


async def _import(url: str, file: BinaryIO) -> int:
    store = await open_store(url)
    try:
        rows = await store.import_(_lines(file))
    finally:
        await store.close()
    say(f"{rows} new rows in {url}")
    return 0


async def _lines(file: BinaryIO) -> AsyncIterator[bytes]:
    for line in file:
        yield line.rstrip(b"\n")
