"""`antiphon files ls` and `rm`: the files of a database, whether or not a server runs on it.

Not here: adding them (`files.py`). Counterpart: `file_flags.py`.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from antiphon.config import Config, Environment
from antiphon.errors import NotFound
from antiphon.server.callers import DEFAULT
from antiphon.server.keeping import open_kept
from antiphon.store.filing import Filing
from antiphon.store.pages import PageQuery
from antiphon.terminal.serving import say

PAGE = 1000
Said = argparse.Namespace


def kept_files(said: Said, config: Config, environment: Environment) -> int:
    """List or remove files; 1 where one that is to be removed isn't there."""
    return asyncio.run(_within(ACTIONS[said.doing], said, config, environment))


async def _within(
    action: Callable[[Filing, str, Said], Awaitable[int]], said: Said, config: Config, environment: Environment
) -> int:
    async with AsyncExitStack() as stack:
        _, files = await open_kept(stack, config, environment.variables)
        return await action(files, said.of_project or DEFAULT, said)


async def _list(files: Filing, project: str, _: Said) -> int:
    """A line for each, the oldest first: id, bytes, when it was made and when it expires, purpose, name."""
    after: str | None = None
    while True:
        page = await files.rows.list_all(project, PageQuery(after=after, limit=PAGE, order="asc"))
        for file in page.items:
            until = "" if file.expires_at is None else f" until {_day(file.expires_at)}"
            say(f"{file.id}  {file.blob.bytes:>12}  {_day(file.created_at)}{until}  {file.purpose}  {file.filename}")
        if not page.has_more:
            break
        after = page.items[-1].id
    usage = await files.rows.usage(project)
    say(f"{usage.files} files, {usage.bytes} bytes")
    return 0


async def _remove(files: Filing, project: str, said: Said) -> int:
    missing = 0
    for file_id in said.file_ids:
        try:
            await files.delete(project, file_id)
            say(f"removed {file_id}")
        except NotFound as fault:
            say(fault.message)
            missing = 1
    return missing


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


ACTIONS: dict[str, Callable[[Filing, str, Said], Awaitable[int]]] = {"ls": _list, "rm": _remove}
