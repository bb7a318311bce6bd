"""Measures pages of the list of responses on SQLite with as many responses as asked for, made by SQL.

Each page is read through the store, as the console reads it. Not here: what drawing it takes (`measure_console.py`).
"""

import argparse
import asyncio
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from antiphon.store.lists import Chosen, Lists, cursor_of
from antiphon.store.open import open_store

START = 1_700_000_000
"""When the first response was created; each later one a second after."""
MADE = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
INSERT INTO responses (
    key, project, id, created_at, status, model, previous_response_id, conversation_id, appended, body
)
SELECT i, 'default', printf('resp_%08d', i), :start + i, CASE i % 1000 WHEN 0 THEN 'failed' ELSE 'completed' END,
    CASE i % 50000 WHEN 0 THEN 'up/seldom' ELSE 'up/m' END, CASE i % 3 WHEN 0 THEN printf('resp_%08d', i - 1) END,
    CASE i % 7 WHEN 0 THEN printf('conv_%04d', i % 1000) END, 0,
    json_object('id', printf('resp_%08d', i), 'object', 'response', 'completed_at', :start + i + 2,
        'usage', json_object('input_tokens', 20, 'output_tokens', 200, 'total_tokens', 220))
FROM n
"""
ITEMS = """
INSERT INTO items (key, project, id, owner, side, position, blobs, raw)
SELECT key, project, 'msg_' || id, key, 0, 0, 0,
    json_object('type', 'message', 'role', 'user', 'content', 'Question ' || key)
FROM responses
"""
PAGES: dict[str, tuple[Chosen, float | None]] = {
    "the newest": (Chosen(), None),
    "from the middle": (Chosen(), 0.5),
    "from near the end": (Chosen(), 0.001),
    "of a day in the past": (Chosen(since=START + 86_400, until=START + 2 * 86_400), None),
    "failed": (Chosen(status="failed"), None),
    "failed, from the middle": (Chosen(status="failed"), 0.5),
    "of a conversation": (Chosen(conversation="conv_0007"), None),
    "that continue one": (Chosen(previous="resp_00000002"), None),
    "of a model that is seldom": (Chosen(model="up/seldom"), None),
    "with a text": (Chosen(text="Question 999"), None),
}


async def timed(ask: Callable[[], Awaitable[object]], tries: int) -> tuple[float, float]:
    """Milliseconds: the median, and the worst."""
    took = list[float]()
    for _ in range(tries):
        began = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took), max(took)


def fill(path: Path, count: int) -> None:
    """Put the responses into an empty database."""
    with sqlite3.connect(path) as database:
        database.execute(MADE, {"count": count, "start": START})
        database.execute(ITEMS)
    database.close()


async def measure(lists: Lists, count: int, tries: int) -> None:
    """Each kind of page."""
    for name, (chosen, share) in PAGES.items():
        before = None if share is None else cursor_of((START + int(count * share), int(count * share)))
        found = await lists.responses("default", chosen, before)
        median, worst = await timed(lambda: lists.responses("default", chosen, before), tries)  # noqa: B023 - awaited here
        print(f"{name:>28}: {len(found.rows):3} rows, {median:6.2f} ms, at most {worst:6.2f}")


async def main() -> None:
    """Make the database, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--responses", type=int, default=1_000_000)
    parser.add_argument("--tries", type=int, default=20)
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "many.db"
        opened = await open_store(f"sqlite:///{path}")
        fill(path, said.responses)
        print(f"{said.responses:,} responses, {path.stat().st_size / 1e6:,.0f} MB; load {os.getloadavg()[0]:.1f}")
        await measure(opened.lists, said.responses, said.tries)
        await opened.close()
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    asyncio.run(main())
