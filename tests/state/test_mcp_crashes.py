"""A server killed while an MCP server's tool or the model is at work: what it keeps, and what it does again."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcp.server.mcpserver import Context
from mcp_servers import TOKEN, Workshop, serving, workshop
from mcp_types import ToolAnnotations
from running_server import Json, running_server

from antiphon.engine.resuming import UNKNOWN_OUTCOME
from antiphon.testing import Gate, Reply, ScriptedUpstream, check_stream, text, tool_call

PATIENCE = 60.0
KEY = "shop-key-0123456789abcdef"
HINTS = {
    "look": ToolAnnotations(read_only_hint=True),
    "put": ToolAnnotations(idempotent_hint=True),
    "pay": ToolAnnotations(idempotent_hint=False),
}


@dataclass
class Shop:
    """The SDK's server with a tool for each hint; in the server's first life they never answer."""

    workshop: Workshop
    called: list[str] = field(default_factory=list)
    credentials: list[tuple[str | None, str | None]] = field(default_factory=list)
    second_life: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        for name, hints in HINTS.items():
            self._add(name, hints)

    def _add(self, name: str, hints: ToolAnnotations) -> None:
        async def tool(context: Context[Any, Any]) -> str:
            headers = context.headers or {}
            self.called.append(name)
            self.credentials.append((headers.get("authorization"), headers.get("x-shop")))
            async with self.changed:
                self.changed.notify_all()
            await self.second_life.wait()
            return f"{name} is done"

        self.workshop.server.add_tool(tool, name=name, annotations=hints)

    async def at_work(self, *names: str) -> None:
        """Wait until these tools are."""
        async with asyncio.timeout(PATIENCE), self.changed:
            await self.changed.wait_for(lambda: sorted(self.called) == sorted(names))


@dataclass
class Scene:
    """A shop, a model with a script, and the servers' common folder."""

    shop: Shop
    url: str
    upstream: ScriptedUpstream
    folder: Path

    @property
    def flags(self) -> tuple[str, ...]:
        return ("--upstream", f"up={self.upstream.url}", "--db", f"sqlite:///{self.folder}/kept.db")

    @property
    def asked(self) -> list[Json]:
        """What the model was asked."""
        return [request.json for request in self.upstream.requests if request.method == "POST"]

    def shop_tool(self, **more: Any) -> Json:
        return {"type": "mcp", "server_label": "shop", "server_url": self.url, "require_approval": "never", **more}

    async def first_life(self, *at_work: str, spoken: str = "", **asked: Any) -> str:
        """Have a response made, and kill its server once these tools are at work, or the model said that."""
        body = {"model": "up/m", "input": "Hello?", "background": True, **asked}
        with running_server(*self.flags, folder=self.folder) as server:
            made = (await asyncio.to_thread(server.post, body)).json
            await self.shop.at_work(*at_work)
            path = f"/responses/{made['id']}"
            if spoken:
                await asyncio.to_thread(self._heard, server.http, path, spoken)
            assert self.showing("Hello?")
            assert self.showing(TOKEN, KEY) == []
            server.process.kill()
            server.process.wait()
        self._let_go()
        self.shop.second_life.set()
        return str(made["id"])

    def _heard(self, http: Any, path: str, spoken: str) -> None:
        with http.stream("GET", path, params={"stream": "true"}, timeout=PATIENCE) as following:
            assert any(f'"{spoken}"' in line for line in following.iter_lines())

    def _let_go(self) -> None:
        """As if so much time went by that nobody holds the run any more."""
        with closing(sqlite3.connect(self.folder / "kept.db")) as database, database:
            assert database.execute("UPDATE runs SET expires = 0").rowcount == 1

    async def last_life(self, response_id: str, **variables: str) -> Json:
        """The response as the next server ends it, its whole stream checked."""
        with running_server(*self.flags, folder=self.folder, variables=variables) as server:
            path = f"/responses/{response_id}"
            whole = await asyncio.to_thread(server.get, path, stream="true")
            assert check_stream(whole.events) == server.get(path).json
            assert all(secret not in whole.body.decode() for secret in (TOKEN, KEY))
            return whole.response

    def showing(self, *words: str) -> list[str]:
        """Those of the server's files in which one of these stands."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return [path.name for path in files if any(word.encode() in path.read_bytes() for word in words)]


@asynccontextmanager
async def scene_of(folder: Path, *script: Reply) -> AsyncIterator[Scene]:
    shop = Shop(workshop(bearer=True))
    async with serving(shop.workshop.app("streamable")) as base, ScriptedUpstream(*script, models=["m"]) as upstream:
        try:
            yield Scene(shop, f"{base}/mcp", upstream, folder)
        finally:
            shop.second_life.set()


async def test_credentials_are_sent_again_after_a_crash_while_a_tool_works(tmp_path: Path) -> None:
    async with scene_of(tmp_path, tool_call("look", "{}"), text("Seen.")) as scene:
        made = await scene.first_life("look", tools=[scene.shop_tool(authorization=TOKEN, headers={"X-Shop": KEY})])
        final = await scene.last_life(made)
        assert scene.showing(TOKEN, KEY) == []
    assert final["status"] == "completed"
    assert scene.shop.credentials == [(f"Bearer {TOKEN}", KEY)] * 2
    assert [item["type"] for item in final["output"]] == ["mcp_list_tools", "mcp_call", "message"]
    assert final["output"][1]["output"] == "look is done"
    assert len(scene.asked) == 2


async def test_credentials_are_sent_again_after_a_crash_while_the_model_speaks(tmp_path: Path) -> None:
    gate = Gate()
    spoken = text("Let", " me see.").held(gate, at=2)
    async with scene_of(tmp_path, spoken, tool_call("look", "{}"), text("Seen.")) as scene:
        tools = [scene.shop_tool(authorization=TOKEN, headers={"X-Shop": KEY})]
        more = {"type": "additional_tools", "role": "developer", "tools": tools}
        made = await scene.first_life(spoken="Let", input=[{"role": "user", "content": "Hello?"}, more])
        gate.open()
        final = await scene.last_life(made)
        assert scene.showing(TOKEN, KEY) == []
    assert final["status"] == "completed"
    assert scene.shop.credentials == [(f"Bearer {TOKEN}", KEY)]
    types = [item["type"] for item in final["output"]]
    assert types == ["mcp_list_tools", "message", "mcp_call", "message"]
    assert [item["status"] for item in final["output"][1:]] == ["incomplete", "completed", "completed"]
    assert scene.asked[0] == scene.asked[1]


async def test_without_the_key_of_its_seals_it_fails_and_says_why(tmp_path: Path) -> None:
    async with scene_of(tmp_path, tool_call("look", "{}")) as scene:
        made = await scene.first_life("look", tools=[scene.shop_tool(authorization=TOKEN)])
        final = await scene.last_life(made, ANTIPHON_SEALING_KEYS="k" * 43)
    assert final["status"] == "failed"
    assert "sealed under a key that is gone" in final["error"]["message"]
    assert scene.shop.called == ["look"]


async def test_what_may_be_called_twice_is_and_of_the_rest_the_model_is_told(tmp_path: Path) -> None:
    calls = tool_call("put", "{}") + tool_call("pay", "{}", id="call_2")
    async with scene_of(tmp_path, calls, text("I see.")) as scene:
        made = await scene.first_life("put", "pay", tools=[scene.shop_tool(authorization=TOKEN)])
        final = await scene.last_life(made)
    assert sorted(scene.shop.called) == ["pay", "put", "put"]
    listed, *done = final["output"][:3]
    hints = {tool["name"]: tool["annotations"] for tool in listed["tools"] if tool["name"] in HINTS}
    assert hints == {
        "look": {"read_only": True},
        "put": {"read_only": False, "idempotent": True},
        "pay": {"read_only": False},
    }
    put, pay = sorted(done, key=lambda item: str(item["name"]), reverse=True)
    assert (put["status"], put["output"], put["error"]) == ("completed", "put is done", None)
    assert (pay["status"], pay["output"]) == ("failed", None)
    assert UNKNOWN_OUTCOME in json.dumps(pay["error"])
    first, second = [message["content"] for message in scene.asked[-1]["messages"] if message["role"] == "tool"]
    assert first == "put is done"
    assert UNKNOWN_OUTCOME in second
