"""Another's id costs what one that doesn't exist costs: the same statements of the store, in number and text, on each route.

Counted, not timed. Counterpart: `test_rights_matrix.py`, which compares the answers.
"""

import asyncio
import contextlib
import json
import re
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from made_keys import Operator
from owned import BODIES, FORMS, FREE, OWNED, Ids, Party
from sandboxes import table, unguarded

from antiphon.config import Environment, load
from antiphon.server.app import build_app
from antiphon.server.rights import RIGHTS
from antiphon.server.services import open_services
from antiphon.testing import ScriptedUpstream, text

PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")
WITH_IDS = [name for name in RIGHTS if PARAMETER.search(name) and name.split("/")[2] not in FREE]
LONG = 8
"""Characters of an id; shorter values are none."""
VALUE = re.compile(r"'(?:[^']|'')*'|\b\d[\d.e+]*\b")
ASIDE = re.compile(r"FROM (?:acts|keys)\b|^BEGIN DEFERRED$|^COMMIT$")
"""What is asked about keys twice a second, whoever comes, and what stands round each reading."""

TRIES = 50
"""A difference that is there each time is one; files are read into vector stores meanwhile, which has statements too."""

statements: list[str] = []
"""Each that a connection of this process to SQLite has carried out."""


class Watch:
    """Notes the connections to SQLite that this process opens while it is on: a hook can't be taken away again."""

    def __init__(self) -> None:
        self.opened: list[sqlite3.Connection] = []
        self.on = True
        sys.addaudithook(self.note)

    def note(self, event: str, given: tuple[Any, ...]) -> None:
        if self.on and event == "sqlite3.connect/handle":
            self.opened.append(given[0])


class Bridge(httpx2.BaseTransport):
    """A server in this process, in a thread with a loop of its own, for a client that blocks."""

    def __init__(self, flags: dict[str, Any], folder: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._stack = AsyncExitStack()
        self._app: Any = self._run(self._open(flags, folder))

    async def _open(self, flags: dict[str, Any], folder: Path) -> httpx2.ASGITransport:
        config = load(flags, {"ANTIPHON_SEALING_KEYS": "k" * 43}, folder)
        services = await self._stack.enter_async_context(open_services(config, Environment(variables={})))
        return httpx2.ASGITransport(build_app(services))

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        asked = httpx2.Request(request.method, request.url, headers=request.headers, content=request.content)
        answer = await self._app.handle_async_request(asked)
        return httpx2.Response(answer.status_code, headers=answer.headers, content=await answer.aread())

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        answer: httpx2.Response = self._run(self._send(request))
        return answer

    def close(self) -> None:
        self._run(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Party, Party]]:
    folder = tmp_path_factory.mktemp("statements")
    operator = Operator(f"sqlite:///{folder}/a.db")
    keys = [operator.key(project, "--scopes", "inference,read,write,admin") for project in ("blue", "red")]
    (folder / "antiphon.toml").write_text(table(unguarded(folder)))
    watch = Watch()
    with ScriptedUpstream(default=text("Hello!"), models=["m"]) as upstream:
        bridge = Bridge({"upstream": [f"up={upstream.url}"], "db": operator.db}, folder)
        watch.on = False
        for connection in watch.opened:
            with contextlib.suppress(sqlite3.ProgrammingError):
                # One that only brought the schema up to date is closed.
                connection.set_trace_callback(statements.append)
        watch.opened.clear()
        with httpx2.Client(base_url="http://127.0.0.1", transport=bridge) as http:
            yield Party(http, keys[0]), Party(http, keys[1])


def caused(party: Party, name: str, ids: Ids) -> tuple[int, list[str]]:
    """The status of a request for a thing, and the statements that it led to, without their values."""
    method, path = name.split(" ")
    path = PARAMETER.sub(lambda found: ids[found[1]], path)
    body = json.dumps(BODIES.get(name, {}))
    for parameter, value in ids.items():
        body = body.replace(f"<{parameter}>", value)
    statements.clear()
    if name in FORMS:
        answer = party.send(method, path, **FORMS[name])
    else:
        answer = party.send(method, path, json.loads(body) if method == "POST" else None)
    said = [VALUE.sub("?", statement) for statement in statements]
    return answer.status_code, [one for one in said if not ASIDE.search(one)]


@pytest.mark.parametrize("name", WITH_IDS)
def test_anothers_id_leads_to_the_same_statements(parties: tuple[Party, Party], name: str) -> None:
    blue, red = parties
    ids = OWNED[name.split("/")[2]](blue)
    nobodys = {key: value if len(value) < LONG else value[:-6] + "000000" for key, value in ids.items()}
    anothers, unknown = caused(red, name, ids), caused(red, name, nobodys)
    for _ in range(TRIES):
        if anothers == unknown:
            break
        anothers, unknown = caused(red, name, ids), caused(red, name, nobodys)
    assert anothers == unknown
    assert anothers[0] == 404
    # That statements are seen at all; containers are in no database.
    assert caused(blue, name, ids)[1] or name.split("/")[2] == "containers"
