"""The SDK's requests on their way through our transport, over a scripted network; and recorded and replayed."""

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from cassettes.tapes import ScriptedAnswer, ScriptedNetwork
from mcp_servers import PATHS, TOKEN, asking, serving, workshop

from antiphon.cassettes.open import open_cassette
from antiphon.cassettes.transport import Mode
from antiphon.errors import CassetteMiss, UpstreamCut, UpstreamUnavailable
from antiphon.network import Network
from antiphon.tools.mcp import McpClient, McpResult
from antiphon.tools.mcp_endpoint import Endpoint
from antiphon.tools.mcp_http import Exchange, TransportAdapter, Wire
from antiphon.tools.mcp_long_stream import LongStreams
from antiphon.wire.mcp import McpTool

JSON = {"content-type": "application/json"}
SSE = {"content-type": "text/event-stream"}
AT = Endpoint("shop", "http://shop.example/mcp?key=secret-1234", {"authorization": "Bearer tok", "accept": "mine"})


class Way:
    """A client of the SDK's kind over a scripted network, and what it notes."""

    def __init__(self, *answers: ScriptedAnswer | Exception, wire: Wire = Wire.STREAMABLE, limit: int = 1000) -> None:
        self.network = ScriptedNetwork(*answers)
        self.exchange = Exchange()
        adapter = TransportAdapter(self.network, AT, wire, limit)
        self.client = httpx2.AsyncClient(transport=adapter, trust_env=False)

    async def ask(self, method: str, url: str = "http://shop.example/mcp", **options: Any) -> httpx2.Response:
        async with self.client, self.exchange.within(5):
            return await self.client.request(method, url, **options)


def call(number: int | str = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call"}


async def test_credentials_and_query_are_added_on_the_way_out() -> None:
    way = Way(ScriptedAnswer([b"{}"], headers=JSON))
    await way.ask("POST", json=call(), headers={"accept": "application/json"})
    (sent,) = way.network.asked
    assert (sent.method, sent.url, sent.upstream) == ("POST", AT.url, "mcp")
    assert msgspec.json.decode(sent.body) == call()
    assert sent.headers == {
        "authorization": "Bearer tok",
        "accept": "application/json",
        "content-type": "application/json",
        "user-agent": "antiphon",
    }


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("http://shop.example/mcp/", "http://shop.example/mcp/?key=secret-1234"),
        ("http://shop.example/messages?session_id=1", "http://shop.example/messages?session_id=1"),
        ("http://shop.example/messages", "http://shop.example/messages"),
    ],
)
async def test_the_query_belongs_to_its_path(asked: str, sent: str) -> None:
    way = Way(ScriptedAnswer([b"{}"], headers=JSON))
    await way.ask("POST", asked, json=call())
    assert way.network.asked[0].url == sent


async def test_the_standing_stream_is_not_opened_but_a_broken_answer_is_resumed() -> None:
    way = Way()
    assert (await way.ask("GET")).status_code == 405
    assert way.network.asked == []
    way = Way(ScriptedAnswer([b"data: 1\n\n"], headers=SSE))
    assert (await way.ask("GET", headers={"last-event-id": "7"})).text == "data: 1\n\n"


async def test_an_answer_comes_under_the_id_it_was_asked_with() -> None:
    recorded = b'{"jsonrpc":"2.0","id":9,"result":{}}'
    assert (await Way(ScriptedAnswer([recorded], headers=JSON)).ask("POST", json=call(3))).json()["id"] == 3
    asked_back = b'{"jsonrpc":"2.0","id":9,"method":"ping"}'
    assert (await Way(ScriptedAnswer([asked_back], headers=JSON)).ask("POST", json=call(3))).json()["id"] == 9


async def test_a_failure_is_noted_and_not_raised() -> None:
    way = Way(UpstreamUnavailable("gone"))
    assert (await way.ask("POST", json=call())).status_code == 502
    assert isinstance(way.exchange.fault, UpstreamUnavailable)
    way = Way(ScriptedAnswer([b"{", UpstreamCut("cut")], headers=JSON))
    assert (await way.ask("POST", json=call())).status_code == 502
    assert isinstance(way.exchange.fault, UpstreamCut)
    way = Way(ScriptedAnswer([b"data: 1\n\n", UpstreamCut("cut")], headers=SSE))
    assert (await way.ask("POST", json=call())).text == "data: 1\n\n"
    assert isinstance(way.exchange.fault, UpstreamCut)


async def test_a_request_that_succeeds_takes_back_what_was_noted() -> None:
    way = Way(UpstreamUnavailable("gone"), ScriptedAnswer([b"no"], 503), ScriptedAnswer([b"{}"], headers=JSON))
    async with way.client, way.exchange.within(5):
        await way.client.post("http://shop.example/mcp", json=call())
        await way.client.post("http://shop.example/mcp", json=call())
        assert (way.exchange.status, way.exchange.fault) == (503, None)
        await way.client.post("http://shop.example/mcp", json=call())
    assert (way.exchange.status, way.exchange.fault) == (None, None)


@pytest.mark.parametrize("kind", [JSON, SSE])
async def test_an_answer_is_read_up_to_the_limit(kind: dict[str, str]) -> None:
    way = Way(ScriptedAnswer([b"x" * 600, b"x" * 400], headers=kind))
    assert len((await way.ask("POST", json=call())).content) == 1000
    assert not way.exchange.too_large
    answer = ScriptedAnswer([b"x" * 600, b"x" * 401, b"never read"], headers=kind)
    way = Way(answer)
    await way.ask("POST", json=call())
    assert way.exchange.too_large
    assert answer.closed


async def test_a_packed_answer_is_refused_since_it_may_unfold_without_end() -> None:
    way = Way(ScriptedAnswer([b"\x1f\x8b"], headers=JSON | {"content-encoding": "gzip"}))
    assert (await way.ask("POST", json=call())).status_code == 502


async def test_the_old_way_is_marked_for_whoever_goes_it() -> None:
    way = Way(ScriptedAnswer([b"{}"], headers=JSON), wire=Wire.SSE)
    await way.ask("POST", json=call())
    (sent,) = way.network.asked
    assert (sent.url, sent.path) == (AT.url, "/mcp?mcp-wire=sse")


async def test_a_notice_that_fails_is_none_of_the_calls_business() -> None:
    way = Way(UpstreamUnavailable("gone"))
    answer = await way.ask("POST", json={"jsonrpc": "2.0", "method": "notifications/cancelled"})
    assert (answer.status_code, way.exchange.fault) == (202, None)


@pytest.mark.parametrize("kind", PATHS)
async def test_a_run_is_recorded_and_replayed_without_the_server(tmp_path: Path, kind: str) -> None:
    tape = tmp_path / "tape.jsonl"
    tool = McpTool(server_label="shop", authorization=TOKEN)
    shop = workshop(bearer=True)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("add", {"a": 2, "b": 3}),
        ("told", {"name": "authorization"}),
        ("fail", {}),
    ]

    async def run(mode: Mode, url: str) -> list[object]:
        transport = open_cassette(tape, mode, LongStreams(Network()) if mode is Mode.RECORD else None, clock=time.time)
        async with asking(transport=transport) as client:
            listed = await client.list_tools(Endpoint.of(tool, url))
            return [listed, *[await client.call(Endpoint.of(tool, url), name, arguments) for name, arguments in calls]]

    async with serving(shop.app(kind)) as base:
        recorded = await run(Mode.RECORD, base + PATHS[kind])
    seen = len(shop.requests)
    assert await run(Mode.REPLAY, base + PATHS[kind]) == recorded
    assert recorded[1:3] == [McpResult(output="5"), McpResult(output="Bearer [redacted]")]
    assert len(shop.requests) == seen
    assert TOKEN not in tape.read_text()


async def test_a_call_that_isnt_on_tape_is_a_miss_and_no_fault_of_the_server(tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    tool = McpTool(server_label="shop")
    async with serving(workshop().app("streamable")) as base:
        recording = open_cassette(tape, Mode.RECORD, Network(), clock=time.time)
        async with asking(transport=recording) as client:
            await client.call(Endpoint.of(tool, f"{base}/mcp"), "add", {"a": 2, "b": 3})
    async with asking(transport=open_cassette(tape, Mode.REPLAY, None, clock=time.time)) as client:
        with pytest.raises(CassetteMiss, match=r"params\.arguments\.a: recorded 2, asked 4"):
            await client.call(Endpoint.of(tool, f"{base}/mcp"), "add", {"a": 4, "b": 3})


@pytest.mark.parametrize("kind", PATHS)
async def test_a_replay_numbers_its_requests_as_it_likes(tmp_path: Path, kind: str) -> None:
    """Recorded on one session and one after the other, replayed at once, in another order, on sessions of their own."""
    tape = tmp_path / "tape.jsonl"
    tool = McpTool(server_label="shop")
    numbers = range(5)

    async def added(client: McpClient, url: str, number: int, scope: str) -> object:
        return await client.call(Endpoint.of(tool, url), "add", {"a": number, "b": 1}, scope=scope)

    async with serving(workshop().app(kind)) as base:
        url = base + PATHS[kind]
        recording = open_cassette(tape, Mode.RECORD, LongStreams(Network()), clock=time.time)
        async with asking(transport=recording) as client:
            recorded = [await added(client, url, number, "all") for number in numbers]
    assert recorded == [McpResult(output=str(number + 1)) for number in numbers]
    async with asking(transport=open_cassette(tape, Mode.REPLAY, None, clock=time.time)) as client:
        one = [added(client, url, number, "one") for number in reversed(numbers)]
        assert await asyncio.gather(*one) == recorded[::-1]
        assert await asyncio.gather(*(added(client, url, number, str(number)) for number in numbers)) == recorded
