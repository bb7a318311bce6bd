"""The SDK's requests on their way through our transport, over a scripted network; and recorded and replayed."""

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from cassettes.tapes import ScriptedAnswer, ScriptedNetwork
from mcp_servers import TOKEN, asking, serving, workshop

from antiphon.cassettes.open import open_cassette
from antiphon.cassettes.transport import Mode
from antiphon.errors import CassetteMiss, UpstreamCut, UpstreamUnavailable
from antiphon.network import Network
from antiphon.tools.mcp import McpResult
from antiphon.tools.mcp_endpoint import Endpoint
from antiphon.tools.mcp_http import Exchange, TransportAdapter, Wire
from antiphon.wire.mcp import McpTool

JSON = {"content-type": "application/json"}
SSE = {"content-type": "text/event-stream"}
AT = Endpoint("shop", "http://shop.example/mcp?key=secret-1234", {"authorization": "Bearer tok", "accept": "mine"})


class Way:
    """A client of the SDK's kind over a scripted network, and what it notes."""

    def __init__(self, *answers: ScriptedAnswer | Exception, wire: Wire = Wire.STREAMABLE, limit: int = 1000) -> None:
        self.network = ScriptedNetwork(*answers)
        self.exchange = Exchange()
        self.ended = 0
        adapter = TransportAdapter(self.network, AT, wire, limit, self.end)
        self.client = httpx2.AsyncClient(transport=adapter, trust_env=False)

    def end(self) -> None:
        self.ended += 1

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


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n"])
async def test_on_a_long_stream_the_limit_is_that_of_an_event(end: bytes) -> None:
    event = b"data: " + b"x" * 800 + end
    split = [piece for _ in range(5) for piece in (event[:700], event[700:-1], event[-1:])]
    way = Way(ScriptedAnswer(split, headers=SSE), wire=Wire.SSE)
    assert len((await way.ask("GET")).content) == 5 * len(event)
    assert (way.exchange.too_large, way.ended) == (False, 1)
    way = Way(ScriptedAnswer([event, b"x" * 1001], headers=SSE), wire=Wire.SSE)
    await way.ask("GET")
    assert (way.exchange.too_large, way.ended) == (True, 1)


async def test_a_packed_answer_is_refused_since_it_may_unfold_without_end() -> None:
    way = Way(ScriptedAnswer([b"\x1f\x8b"], headers=JSON | {"content-encoding": "gzip"}))
    assert (await way.ask("POST", json=call())).status_code == 502


async def in_vain(way: Way) -> None:
    async with way.client, way.exchange.within(60):
        await way.client.post("http://shop.example/messages", json=call())
        await asyncio.Event().wait()


async def test_in_the_old_way_a_call_that_failed_ends_its_wait() -> None:
    for answer in (UpstreamUnavailable("gone"), ScriptedAnswer([b"no"], 500)):
        way = Way(answer, wire=Wire.SSE)
        with pytest.raises(TimeoutError):
            await in_vain(way)
        assert way.exchange.gave_up


async def test_a_notice_that_fails_is_none_of_the_calls_business() -> None:
    way = Way(UpstreamUnavailable("gone"))
    answer = await way.ask("POST", json={"jsonrpc": "2.0", "method": "notifications/cancelled"})
    assert (answer.status_code, way.exchange.fault) == (202, None)


async def test_a_run_is_recorded_and_replayed_without_the_server(tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    tool = McpTool(server_label="shop", authorization=TOKEN)
    shop = workshop(bearer=True)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("add", {"a": 2, "b": 3}),
        ("told", {"name": "authorization"}),
        ("fail", {}),
    ]

    async def run(mode: Mode, url: str) -> list[object]:
        transport = open_cassette(tape, mode, Network() if mode is Mode.RECORD else None, clock=time.time)
        async with asking(transport=transport) as client:
            listed = await client.list_tools(tool, url)
            return [listed, *[await client.call(tool, url, name, arguments) for name, arguments in calls]]

    async with serving(shop.app("streamable")) as base:
        recorded = await run(Mode.RECORD, f"{base}/mcp")
    seen = len(shop.requests)
    assert await run(Mode.REPLAY, f"{base}/mcp") == recorded
    assert recorded[1:3] == [McpResult(output="5"), McpResult(output="Bearer [redacted]")]
    assert len(shop.requests) == seen
    assert TOKEN not in tape.read_text()


async def test_a_call_that_isnt_on_tape_is_a_miss_and_no_fault_of_the_server(tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    tool = McpTool(server_label="shop")
    async with serving(workshop().app("streamable")) as base:
        recording = open_cassette(tape, Mode.RECORD, Network(), clock=time.time)
        async with asking(transport=recording) as client:
            await client.call(tool, f"{base}/mcp", "add", {"a": 2, "b": 3})
    async with asking(transport=open_cassette(tape, Mode.REPLAY, None, clock=time.time)) as client:
        with pytest.raises(CassetteMiss, match=r"params\.arguments\.a: recorded 2, asked 4"):
            await client.call(tool, f"{base}/mcp", "add", {"a": 4, "b": 3})
