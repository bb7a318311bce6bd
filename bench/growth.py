"""How a database grows with the turns of one chain or one conversation, and what the last turn costs.

Each turn has a question and an answer of 256 tokens. Bytes are those the turns since the row above have added, so
that what an empty database holds doesn't count; below some ten turns they are as coarse as the database's pages.
Counterpart: `store`, for many answers at once.

    python -m bench.growth
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from pathlib import Path

import uvloop
from msgspec import structs

from antiphon.errors import ConfigFault
from antiphon.sources import live
from antiphon.store.base import Conversation, Store
from antiphon.store.open import open_store
from bench.store import PROJECT, answer, own_postgres, postgres_bytes, sqlite_bytes
from bench.tables import number, table

TURNS = (1, 10, 100, 1000)
READS = 9
# The last turns before a row, whose median is its time to save.
LAST = 9
COLUMNS = ("turns", "database bytes", "bytes per turn since", "ms to save a turn", "ms to read the context", "items")
Size = Callable[[], Awaitable[int]]


class Talk:
    """One conversation, or one chain of responses, that grows turn by turn."""

    def __init__(self, store: Store, conversation: str | None) -> None:
        """A chain without a `conversation`."""
        self._store = store
        self._conversation = conversation
        self._previous: str | None = None
        self._sources = live()

    async def begin(self) -> None:
        """Make the conversation."""
        if self._conversation is not None:
            made = Conversation(id=self._conversation, created_at=0, metadata={})
            await self._store.create_conversation(PROJECT, made)

    async def turn(self) -> float:
        """One turn as the server saves it; milliseconds."""
        made = structs.replace(
            answer(self._sources), previous_response_id=self._previous, conversation_id=self._conversation
        )
        begun = time.perf_counter()
        if self._conversation is not None:
            await self._store.lock_conversation(PROJECT, self._conversation, made.id, 60)
        await self._store.save_answer(PROJECT, made)
        if self._conversation is None:
            self._previous = made.id
        return (time.perf_counter() - begun) * 1e3

    async def read(self) -> tuple[float, int]:
        """What the next turn reads first: milliseconds, and how many items."""
        begun = time.perf_counter()
        if self._conversation is not None:
            items = await self._store.conversation_context(PROJECT, self._conversation)
        else:
            items = await self._store.context(PROJECT, self._previous or "")
        return (time.perf_counter() - begun) * 1e3, len(items)


async def grow(store: Store, size: Size, conversation: str | None) -> list[list[str]]:
    """The rows of one table."""
    talk = Talk(store, conversation)
    await talk.begin()
    rows: list[list[str]] = []
    done, before = 0, await size()
    for turns in TURNS:
        saved = [await talk.turn() for _ in range(turns - done)]
        reads = [await talk.read() for _ in range(READS)]
        now = await size()
        rows.append(
            [
                f"{turns:,}",
                number(now),
                number((now - before) / (turns - done)),
                number(statistics.median(saved[-LAST:])),
                number(statistics.median(took for took, _ in reads)),
                str(reads[-1][1]),
            ]
        )
        done, before = turns, now
    return rows


async def measure(url: str, size: Size) -> None:
    """A chain and then a conversation in the same database; prints their tables."""
    store = await open_store(url)
    kind = url.partition(":")[0]
    for name, conversation in (("one chain", None), ("one conversation", live().ids("conv"))):
        print(f"\n{kind}, {name}\n\n{table(COLUMNS, await grow(store, size, conversation))}")
    await store.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.growth", description="Measure how a database grows.")
    parser.add_argument("--postgres", metavar="URL", help="an empty database to measure on")
    given = parser.parse_args().postgres
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-growth-") as folder:
        path = Path(folder) / "store.db"
        uvloop.run(measure(f"sqlite:///{path}", lambda: asyncio.to_thread(sqlite_bytes, path)))
        try:
            with nullcontext(given) if given else own_postgres(Path(folder)) as url:
                uvloop.run(measure(url, lambda: postgres_bytes(url)))
        except ConfigFault as fault:
            print(f"PostgreSQL is left out: {fault}", file=sys.stderr)


if __name__ == "__main__":
    main()
