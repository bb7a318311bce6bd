"""MCP's older way told as the newer, over a real network and servers that are less than they should be."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from mcp_servers import serving
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from antiphon.errors import UpstreamCut, UpstreamGarbage
from antiphon.network import Network
from antiphon.tools.mcp_long_stream import MARK, SESSION_HEADER, LongStreams
from antiphon.transport import HttpAnswer, HttpRequest

INITIALIZE = {"jsonrpc": "2.0", "id": 0, "method": "initialize"}
Behave = Callable[["Shop", dict[str, Any]], Awaitable[None]]


async def echo(shop: "Shop", message: dict[str, Any]) -> None:
    if "id" in message:
        await shop.say({"jsonrpc": "2.0", "id": message["id"], "result": message["method"]})


@dataclass
class Shop:
    """A server of the older way; `address` is what it says is the place for messages."""

    behave: Behave = echo
    address: str = "/messages?session=1"
    status: int = 202
    got: list[dict[str, Any]] = field(default_factory=list)
    stream: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)

    async def say(self, message: object) -> None:
        text = message if isinstance(message, str) else msgspec.json.encode(message).decode()
        await self.stream.put(f"event: message\r\ndata: {text}\r\n\r\n")

    def app(self) -> Starlette:
        return Starlette(
            routes=[Route("/sse", self._open, methods=["GET"]), Route("/messages", self._post, methods=["POST"])]
        )

    async def _open(self, _: Request) -> Response:
        async def events() -> AsyncIterator[str]:
            yield f"event: endpoint\ndata: {self.address}\n\n"
            while (said := await self.stream.get()) is not None:
                yield said

        return StreamingResponse(events(), media_type="text/event-stream")

    async def _post(self, request: Request) -> Response:
        message = await request.json()
        self.got.append({**message, "session": request.query_params.get("session")})
        if self.status == 202:
            await self.behave(self, message)
        return PlainTextResponse("Accepted", self.status)


@dataclass
class Way:
    """A client of it."""

    base: str
    streams: LongStreams
    session: str = ""

    async def send(self, message: object = None, method: str = "POST", path: str = "/sse") -> HttpAnswer:
        headers = {SESSION_HEADER: self.session, "content-type": "application/json"}
        body = b"" if message is None else msgspec.json.encode(message)
        return await self.streams.send(HttpRequest(method, self.base + path, "mcp", headers, body, path=f"/sse?{MARK}"))

    async def open(self) -> HttpAnswer:
        answer = await self.send(INITIALIZE)
        self.session = answer.headers.get(SESSION_HEADER, "")
        return answer

    async def status(self, message: object = None, method: str = "POST", path: str = "/sse") -> int:
        answer = await self.send(message, method, path)
        await answer.close()
        return answer.status

    async def result(self, answer: HttpAnswer) -> Any:
        body = b"".join([data async for data in answer.chunks()])
        await answer.close()
        return msgspec.json.decode(body)["result"]


@asynccontextmanager
async def going(shop: Shop) -> AsyncIterator[Way]:
    async with serving(shop.app()) as base:
        streams = LongStreams(Network())
        try:
            yield Way(base, streams)
        finally:
            await shop.stream.put(None)
            await streams.close()


async def test_each_post_has_its_answer() -> None:
    shop = Shop()
    async with going(shop) as way:
        opened = await way.open()
        assert (opened.status, await way.result(opened)) == (200, "initialize")
        assert await way.status({"jsonrpc": "2.0", "method": "notifications/initialized"}) == 202
        both = await asyncio.gather(*(way.send({"jsonrpc": "2.0", "id": n, "method": f"m{n}"}) for n in (1, 2)))
        assert [await way.result(answer) for answer in both] == ["m1", "m2"]
    assert {message["session"] for message in shop.got} == {"1"}
    assert SESSION_HEADER not in shop.got[0]


async def test_what_isnt_marked_goes_through() -> None:
    async with going(Shop()) as way:
        answer = await way.streams.send(HttpRequest("GET", f"{way.base}/nowhere", "mcp"))
        assert answer.status == 404
        await answer.close()


async def test_a_session_that_ended_is_unknown() -> None:
    async with going(Shop()) as way:
        await way.open()
        assert await way.status(method="DELETE") == 200
        assert await way.status({"jsonrpc": "2.0", "id": 1, "method": "m"}) == 404
        assert await way.status(method="DELETE") == 200


async def test_a_stream_that_ends_fails_who_waits() -> None:
    async def hang_up(shop: Shop, message: dict[str, Any]) -> None:
        await (echo(shop, message) if message["method"] == "initialize" else shop.stream.put(None))

    async with going(Shop(hang_up)) as way:
        await way.open()
        with pytest.raises(UpstreamCut, match="ended its stream"):
            await way.send({"jsonrpc": "2.0", "id": 1, "method": "m"})
        assert await way.status({"jsonrpc": "2.0", "id": 2, "method": "m"}) == 404


async def test_credentials_go_to_no_other_host() -> None:
    async with going(Shop(address="http://elsewhere.example/messages")) as way:
        with pytest.raises(UpstreamGarbage, match="another host"):
            await way.open()


async def test_a_server_that_refuses() -> None:
    async with going(Shop(status=403)) as way:
        assert await way.status(INITIALIZE) == 403
    async with going(Shop()) as way:
        assert await way.status(INITIALIZE, path="/nowhere") == 404


async def test_a_server_that_asks_back_is_answered() -> None:
    async def curious(shop: Shop, message: dict[str, Any]) -> None:
        if message.get("method") == "m":
            await shop.say("no json")
            await shop.say({"jsonrpc": "2.0", "id": 99, "result": "nobody's"})
            await shop.say({"jsonrpc": "2.0", "method": "notifications/progress"})
            for number, method in enumerate(("ping", "sampling/createMessage")):
                await shop.say({"jsonrpc": "2.0", "id": f"s{number}", "method": method})
        elif str(message.get("id")).startswith("s") and len(shop.got) == 4:
            await shop.say({"jsonrpc": "2.0", "id": 1, "result": "at last"})
        elif message.get("method") == "initialize":
            await echo(shop, message)

    shop = Shop(curious)
    async with going(shop) as way:
        await way.open()
        assert await way.result(await way.send({"jsonrpc": "2.0", "id": 1, "method": "m"})) == "at last"
    replies = {message["id"]: message for message in shop.got[2:]}
    assert replies["s0"]["result"] == {}
    assert replies["s1"]["error"]["code"] == -32601


async def test_a_call_that_is_given_up_leaves_the_others_alone() -> None:
    async def silent(shop: Shop, message: dict[str, Any]) -> None:
        if message["method"] != "slow":
            await echo(shop, message)

    async with going(Shop(silent)) as way:
        await way.open()
        call = asyncio.create_task(way.send({"jsonrpc": "2.0", "id": 1, "method": "slow"}))
        quick = await way.send({"jsonrpc": "2.0", "id": 2, "method": "quick"})
        assert await way.result(quick) == "quick"
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await way.result(await way.send({"jsonrpc": "2.0", "id": 3, "method": "again"})) == "again"
