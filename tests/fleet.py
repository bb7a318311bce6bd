"""A fleet of real processes over one PostgreSQL, what is done to them, and what their models and tools saw.

Each process has a key of its own for the model and the search behind the tool, so that their logs say who called. Not
here: what a test expects of it. Import as `fleet`. Counterparts: `running_server.py`, `postgres_server.py`.
"""

import asyncio
import contextlib
import json
import random
import re
import signal
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from forked import Forked
from postgres_server import PostgresServer, postgres_server
from running_server import ADDRESS, environment
from starting import Process, start

from antiphon.testing import Reply, Request, ScriptedUpstream, status, text, tool_call

Json = dict[str, Any]

MODEL = "scripted/m"
PATIENCE = 60.0
"""Seconds for a process to start, whatever happens to its database."""
TERMINAL = frozenset({"response.completed", "response.incomplete", "response.failed"})
SETTINGS = """
[tools.web_search]
backend = "searxng"
url = "{url}"
key-env = "WHO"
"""


@dataclass(frozen=True)
class Call:
    """A call of a model or a tool: when it came, who called, for which run, and its place in that run."""

    at: float
    who: str
    run: str
    place: int


class Outside:
    """A model that calls a tool `turns` times and then answers, and the search engine behind the tool; with logs."""

    def __init__(self, turns: int, pause: float) -> None:
        self.turns = turns
        self.models: list[Call] = []
        self.tools: list[Call] = []
        self._pause = pause
        self.upstream = ScriptedUpstream(default=self._answer, models=["m"], paths={"GET /search": self._found})

    @property
    def longest(self) -> float:
        """Seconds that a call of the model takes at least."""
        return 4 * self._pause

    def _answer(self, request: Request) -> Reply:
        messages = request.json["messages"]
        run = str(next(message["content"] for message in messages if message["role"] == "user"))
        place = sum(message["role"] == "tool" for message in messages)
        self.models.append(Call(time.monotonic(), _who(request), run, place))
        if place < self.turns:
            reply = tool_call("web_search", json.dumps({"query": f"{run}/{place}"}), id=f"call_{place}")
        else:
            reply = text("The ", "answer ", "of ", run)
        return reply.timed(before_status=self._pause, between=self._pause)

    def _found(self, request: Request) -> Reply:
        [query] = parse_qs(urlsplit(request.path).query)["q"]
        run, _, place = query.rpartition("/")
        self.tools.append(Call(time.monotonic(), _who(request), run, int(place)))
        found = {"url": f"https://example.org/{place}", "title": query, "content": f"What {query} is."}
        return status(200, {"results": [found]})


def _who(request: Request) -> str:
    return request.headers.get("authorization", "").removeprefix("Bearer ")


class Member:
    """One place in the fleet: a server or a worker, started anew when it was killed."""

    def __init__(self, fleet: "Fleet", command: str, name: str) -> None:
        self.command = command
        self.name = name
        self.url: str | None = None
        self.lives = 0
        self.said = ""
        self._fleet = fleet
        self._process: Process | None = None
        self._errors: Any = None

    @property
    def who(self) -> str:
        """Its name in this life."""
        return f"{self.name}.{self.lives}"

    def start(self) -> None:
        """Begin a life; a server has an address when this returns. One that finds no database is started again."""
        deadline = time.monotonic() + PATIENCE
        while not self._began():
            self._over()
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.who} didn't start: {self.said}")
            time.sleep(0.2)

    def _began(self) -> bool:
        self.lives += 1
        fleet, port = self._fleet, ["--port", "0"] if self.command == "serve" else []
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - read and closed when this life ends
        self._process = start(
            [self.command, *port, "--config", str(fleet.folder / "antiphon.toml"), "--db", fleet.db,
             "--upstream", f"scripted={fleet.outside.upstream.url},key-env=WHO"],
            fleet.folder, environment(fleet.folder, WHO=self.who, **fleet.variables), {}, self._errors,
        )  # fmt: skip
        line = self._process.stdout.readline() if self._process.stdout else ""
        found = ADDRESS.search(line)
        self.url = found[0] if found else None
        if not line or (self.command == "serve" and self.url is None):
            return False
        # Nobody reads the rest of what it says; a full pipe would hold it up.
        threading.Thread(target=self._process.stdout.read, daemon=True).start()  # type: ignore[union-attr] # it is a pipe
        return True

    def send(self, number: signal.Signals) -> None:
        """What the system may do to it."""
        if self._process is not None:
            self._process.send_signal(number)
            self._fleet.disturbed.append((time.monotonic(), self.who))

    def kill(self) -> None:
        """End this life as `kill -9` does."""
        self.url = None
        self.send(signal.SIGKILL)
        self._over()

    def stop(self) -> int:
        """End it as an operator does; the exit status."""
        if self._process is None:
            return 0
        self._process.terminate()
        return self._over()

    def words(self) -> str:
        """What this life said on standard error so far."""
        self._errors.flush()
        self._errors.seek(0)
        return str(self._errors.read())

    def _over(self) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        code = process.wait(60)
        if process.stdout is not None:
            process.stdout.close()
        if isinstance(process, Forked):
            process.communicate()
        self.said += self.words()
        self._errors.close()
        return code


@dataclass
class Fleet:
    """Servers and workers over one database."""

    folder: Path
    database: PostgresServer
    outside: Outside
    variables: dict[str, str] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)
    disturbed: list[tuple[float, str]] = field(default_factory=list)

    @property
    def db(self) -> str:
        """The URL of its database."""
        return self.database.url()

    @property
    def servers(self) -> list[Member]:
        """Those that take requests."""
        return [member for member in self.members if member.command == "serve"]

    @property
    def workers(self) -> list[Member]:
        """Those that only carry runs out."""
        return [member for member in self.members if member.command == "worker"]

    def add(self, command: str, count: int) -> None:
        """So many more of a kind."""
        for _ in range(count):
            self.members.append(Member(self, command, f"{command}{len(self.members)}"))
            self.members[-1].start()

    def any_url(self, dice: random.Random) -> str | None:
        """The address of some server that lives."""
        urls = [member.url for member in self.servers if member.url is not None]
        return dice.choice(urls) if urls else None


@contextlib.contextmanager
def fleet(
    folder: Path, outside: Outside, servers: int, workers: int, more: str = "", **variables: str
) -> Iterator[Fleet]:
    """A fleet that runs inside the block; whoever is left is ended as an operator does, and must end well.

    `more` are further settings, `variables` what they name.
    """
    with postgres_server() as database, outside.upstream:
        base = outside.upstream.url.removesuffix("/v1")
        (folder / "antiphon.toml").write_text(SETTINGS.format(url=base) + more)
        made = Fleet(folder, database, outside, {"ANTIPHON_SEALING_KEYS": "k" * 43, **variables})
        try:
            made.add("serve", servers)
            made.add("worker", workers)
            yield made
            assert {member.stop() for member in made.members} == {0}
        finally:
            for member in made.members:
                member.kill()


@dataclass
class Reader:
    """Follows one run, from replica to replica, until it has seen its end."""

    fleet: Fleet
    run_id: str
    dice: random.Random
    events: list[Json] = field(default_factory=list)
    connections: int = 0

    @property
    def last(self) -> int:
        """The number of the newest event that was seen."""
        return int(self.events[-1]["sequence_number"]) if self.events else -1

    @property
    def _after(self) -> str:
        return f"&starting_after={self.last}" if self.events else ""

    @property
    def over(self) -> bool:
        """Whether the run's last event was seen."""
        return bool(self.events) and self.events[-1]["type"] in TERMINAL

    async def run(self, http: httpx2.AsyncClient) -> None:
        """Follow it to its end."""
        while not self.over:
            url = self.fleet.any_url(self.dice)
            if url is not None:
                with contextlib.suppress(httpx2.HTTPError):
                    await self._read(http, f"{url}/responses/{self.run_id}?stream=true{self._after}")
            await asyncio.sleep(0.05)

    async def _read(self, http: httpx2.AsyncClient, url: str) -> None:
        self.connections += 1
        async with http.stream("GET", url) as answer:
            if answer.status_code != httpx2.codes.OK:
                await answer.aread()
                return
            async for event in events_in(answer):
                self.events.append(event)
                if self.over:
                    return


async def events_in(answer: httpx2.Response) -> AsyncIterator[Json]:
    """The events of a stream as they come; one that is cut isn't one."""
    async for line in answer.aiter_lines():
        if line.startswith("data: "):
            with contextlib.suppress(ValueError):
                yield json.loads(line[6:])


async def begun(fleet: Fleet, http: httpx2.AsyncClient, names: list[str], dice: random.Random) -> dict[str, str]:
    """Runs in the background for these inputs, made at whichever server: their ids by their inputs."""

    async def one(name: str) -> str:
        body = {"model": MODEL, "input": name, "background": True, "tools": [{"type": "web_search"}]}
        answer = await http.post(f"{fleet.any_url(dice)}/responses", json=body)
        assert answer.status_code == httpx2.codes.OK, answer.text
        made = answer.json()
        assert made["status"] in {"queued", "in_progress"}
        return str(made["id"])

    return dict(zip(names, await asyncio.gather(*map(one, names)), strict=True))


LOST = re.compile(r"run (\S+) was taken up by another worker")
"""What a process says of a run that it learnt to be another's."""
