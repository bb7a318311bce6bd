"""What a long thread costs: the bytes it takes in the database and the milliseconds of a turn, as it grows.

The same turn again and again, along a chain or in one conversation, against a server that runs. Not here: starting
the server (`contestants`), which stores are measured (`workloads`). Counterpart: `growth`, the same without HTTP.
"""

import asyncio
import contextlib
import http.client
import json
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

import asyncpg

from bench.processes import ChildFailed

WAYS = ("chain", "conversation")
MARKS = (1, 10, 100, 1000)
QUESTION = "And then? Tell me what the lighthouse keeper and her cat did next, in two or three sentences."
NEAR = 9
"""Turns up to a mark whose median time counts; one alone may have met with something else."""
TABLES_SIZE = """
    SELECT sum(pg_total_relation_size(oid)) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = to_regnamespace(current_schema())
"""


class Point(NamedTuple):
    """A thread of so many turns: bytes of the database, and milliseconds that a turn takes there."""

    turns: int
    size: int
    ms: float


def measure(port: int, way: str, weigh: Callable[[], int], marks: tuple[int, ...] = MARKS) -> list[Point]:
    """Talk up to the last mark; a point for each, the first for the empty database (0 turns).

    Raises `ChildFailed` when a turn is refused.
    """
    points = [Point(0, weigh(), 0.0)]
    times: list[float] = []
    for ms in turns(port, way, marks[-1]):
        times.append(ms)
        if len(times) in marks:
            points.append(Point(len(times), weigh(), median(times[-NEAR:])))
    return points


def bytes_per_turn(points: list[Point]) -> list[float]:
    """What each turn between a point and the next added."""
    return [(after.size - before.size) / (after.turns - before.turns) for before, after in pairwise(points)]


def turns(port: int, way: str, count: int) -> Iterator[float]:
    """The milliseconds of each turn of a new thread. Raises `ChildFailed`."""
    body: dict[str, Any] = {"model": "mock", "input": QUESTION}
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        if way == "conversation":
            body["conversation"] = ask(connection, "/v1/conversations", {})["id"]
        for _ in range(count):
            begun = time.perf_counter()
            answer = ask(connection, "/v1/responses", body)
            yield (time.perf_counter() - begun) * 1000
            if way == "chain":
                body["previous_response_id"] = answer["id"]


def ask(connection: http.client.HTTPConnection, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The JSON of one answer. Raises `ChildFailed`."""
    try:
        connection.request("POST", path, json.dumps(body), {"content-type": "application/json"})
        response = connection.getresponse()
        answer = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise ChildFailed(f"POST {path}: {error}") from error
    if response.status != http.client.OK:
        raise ChildFailed(f"POST {path}: {response.status} {answer.decode()}")
    told: dict[str, Any] = json.loads(answer)
    return told


def postgres_bytes(url: str) -> int:
    """Bytes of all tables of the URL's schema, with their indexes."""
    return asyncio.run(_postgres_bytes(url))


async def _postgres_bytes(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(TABLES_SIZE) or 0)
    finally:
        await connection.close()
