"""Nothing that was acknowledged is lost: servers and databases that die under load, and come back."""

import asyncio
import contextlib
import random
import signal
import sqlite3
import time
from collections.abc import Iterator

import asyncpg
import httpx2
import pytest
from judged_http import NO_TLS
from postgres_server import postgres_server
from running_server import RunningServer, running_server
from talkers import Talkers, Thread, echo, hold_to_word

from antiphon.testing import Gate, ScriptedUpstream, text

WITHIN = 0.5
"""A server is killed at most so many seconds after it has answered some turns."""


@pytest.fixture
def echoing() -> Iterator[ScriptedUpstream]:
    """A model that repeats what it is told."""
    with ScriptedUpstream(default=echo, models=["m"]) as upstream:
        yield upstream


def serving(upstream: ScriptedUpstream, database: str) -> "contextlib.AbstractContextManager[RunningServer]":
    return running_server("--upstream", f"scripted={upstream.url}", "--db", database)


async def killed_under_load(server: RunningServer, moment: float) -> list[Thread]:
    """Talk to the server, kill it `moment` seconds after the first answers; what was said."""
    talkers = Talkers(server.url)
    talkers.start()
    await talkers.until_answered(10)
    await asyncio.sleep(moment)
    server.process.send_signal(signal.SIGKILL)
    await talkers.ended()
    server.process.wait()
    return talkers.threads


async def kill_again_and_again(upstream: ScriptedUpstream, database: str, times: int) -> None:
    chance = random.Random(3)
    said: list[Thread] = []
    for _ in range(times):
        with serving(upstream, database) as server:
            await hold_to_word(server.url, said[-20:])
            said += await killed_under_load(server, chance.uniform(0, WITHIN))
    with serving(upstream, database) as server:
        await hold_to_word(server.url, said)
        await goes_on(server, said)


async def goes_on(server: RunningServer, said: list[Thread]) -> None:
    """Every chain can be continued where it ended."""
    chains = [thread for thread in said if not thread.conversation and thread.turns]
    async with httpx2.AsyncClient(base_url=server.url, timeout=30, verify=NO_TLS) as http:
        for thread in chains:
            ended = [turn for turn in thread.turns if turn.answered]
            if not ended or ended[-1].asked.startswith("look"):
                continue
            body = {"model": "m", "input": "And then?", "previous_response_id": (ended[-1].final or {})["id"]}
            assert (await http.post("/responses", json=body)).status_code == 200


async def test_a_server_killed_at_random_moments(echoing: ScriptedUpstream, database: str) -> None:
    await kill_again_and_again(echoing, database, 3)


@pytest.mark.soak
async def test_a_server_killed_at_fifty_moments(echoing: ScriptedUpstream, database: str) -> None:
    await kill_again_and_again(echoing, database, 50)


async def test_two_servers_on_one_file_one_of_them_killed(echoing: ScriptedUpstream, database: str) -> None:
    with serving(echoing, database) as one, serving(echoing, database) as other:
        beside = Talkers(other.url)
        beside.start()
        said = await killed_under_load(one, 0.2)
        await beside.until_answered(beside.answered + 40)
        await beside.stop()
        assert beside.refusals == {}
        await hold_to_word(other.url, said)
        await hold_to_word(other.url, beside.threads)


LOST = (
    r"((conversation \S+ stays locked for up to 30 s|runs in the background (wait for the store|can't be held)): The [^\n]*\n"
    r"|signals of other processes aren't heard for now: [^\n]*\n)*"
)
"""What the server may say of a database that goes away."""


@pytest.mark.parametrize("way", ["fast", "immediate", "kill"])
async def test_postgres_restarted_under_load(echoing: ScriptedUpstream, way: str) -> None:
    """Requests fail with 503 while it is gone, and recover by themselves."""
    flags = ("--upstream", f"scripted={echoing.url}")
    with postgres_server() as postgres, running_server(*flags, "--db", postgres.url(), complaints=LOST) as server:
        talkers = Talkers(server.url)
        talkers.start()
        await talkers.until_answered(40)
        if way == "kill":
            postgres.kill()
        else:
            await asyncio.to_thread(postgres.stop, way)
        await talkers.until_refused(sum(talkers.refusals.values()) + 20)
        await asyncio.to_thread(postgres.start)
        await talkers.until_answered(talkers.answered + 40)
        await talkers.stop()
        # A stream that had begun ends with `response.failed`, which is a 200.
        assert set(talkers.refusals) <= {503, 200}
        assert talkers.refusals[503] > 0
        await hold_to_word(server.url, talkers.threads)


MOVE_LOCK = "UPDATE conversations SET lock_expires = lock_expires - 60 RETURNING lock_expires"


async def move_lock(database: str) -> float:
    """Have all locks expire a minute earlier; when (Unix seconds) the only one now does."""
    if database.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as connection, connection:
            return float(connection.execute(MOVE_LOCK).fetchone()[0])
    connection = await asyncpg.connect(database)
    expires = await connection.fetchval(MOVE_LOCK)
    await connection.close()
    return float(expires)


def test_the_lock_of_a_killed_owner_expires(database: str) -> None:
    """It holds for a minute at most; the time is moved in the row, for a test doesn't wait so long."""
    gate = Gate()
    with ScriptedUpstream(text("One").held(gate), text("Two"), models=["m"]) as upstream:
        with serving(upstream, database) as server:
            talk = server.post(b"", "/conversations").json["id"]
            body = {"model": "m", "input": "Q", "conversation": talk}
            asked = {**body, "stream": True}
            with httpx2.Client() as http, http.stream("POST", f"{server.url}/responses", json=asked) as answer:
                assert answer.status_code == 200
                server.process.kill()
                with contextlib.suppress(httpx2.TransportError):
                    list(answer.iter_raw())
            server.process.wait()
        with serving(upstream, database) as server:
            locked = server.post(body)
            assert (locked.status, locked.error["code"]) == (400, "conversation_locked")
            assert server.get(f"/conversations/{talk}/items").json["data"] == []
            assert asyncio.run(move_lock(database)) < time.time()
            assert server.post(body).text == "Two"
        gate.open()
