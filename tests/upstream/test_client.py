"""A call to an upstream, over real sockets: what a run is told in each case."""

import contextlib
from typing import Any

import pytest

from antiphon.engine.commands import CallUpstream
from antiphon.engine.replies import Reply, UpstreamChunks, UpstreamDone, UpstreamFailed, UpstreamOpened
from antiphon.errors import UpstreamCut, UpstreamFault, UpstreamGarbage, UpstreamRefused, UpstreamUnavailable
from antiphon.network import Network
from antiphon.upstream.catalog import Catalog, Target, Upstream
from antiphon.upstream.client import UpstreamClient
from antiphon.upstream.retry import Retry
from antiphon.wire.chat import one_by_one

BODY = {"model": "m", "messages": [{"role": "user", "content": "hé"}], "stream": True}
CALL = CallUpstream("up", BODY)


def token(text: str) -> bytes:
    return b'data: {"choices":[{"index":0,"delta":{"content":"%b"}}]}\n\n' % text.encode()


def client(network: Network, *upstreams: Upstream) -> UpstreamClient:
    async def at_once(_: float) -> None: ...

    return UpstreamClient(network, Catalog(upstreams, network), Retry(sleep=at_once))


async def replies(network: Network, *upstreams: Upstream, call: CallUpstream = CALL) -> list[Reply]:
    async with contextlib.aclosing(client(network, *upstreams).ask(call)) as asked:
        return [reply async for reply in asked]


def text_of(told: list[Reply]) -> str:
    chunks = [chunk for reply in told if isinstance(reply, UpstreamChunks) for chunk in one_by_one(reply.chunks)]
    return "".join(str(choice.delta.content) for chunk in chunks for choice in chunk.choices or [] if choice.delta)


def fault_of(told: list[Reply]) -> Any:
    assert isinstance(told[-1], UpstreamFailed)
    return told[-1].error


async def test_a_stream(server: Any, network: Network) -> None:
    up = await server.start(server.stream(token("Hel") + token("lo"), token("!") + b"data: [DO", b"NE]\n\n"))
    told = await replies(network, Upstream("up", up.url, "sk-1"))
    assert told[0] == UpstreamOpened()
    assert text_of(told) == "Hello!"
    assert told[-1] == UpstreamDone(marked=True)
    asked = up.asked[0]
    assert (asked.method, asked.path, asked.json) == ("POST", "/v1/chat/completions", BODY)
    assert asked.headers["authorization"] == "Bearer sk-1"
    assert asked.headers["content-type"] == "application/json"


async def test_one_reply_per_read_as_it_comes(server: Any, network: Network) -> None:
    up = await server.start(server.stream(token("a") + token("b"), end=[b"HANG"]))
    async with contextlib.aclosing(client(network, up.upstream).ask(CALL)) as asked:
        assert await anext(asked) == UpstreamOpened()
        first = await anext(asked)
        assert isinstance(first, UpstreamChunks)
        assert len(first.chunks) == 2


async def test_without_a_key_none_is_sent(server: Any, network: Network) -> None:
    up = await server.start(server.stream(b"data: [DONE]\n\n"))
    await replies(network, up.upstream)
    assert "authorization" not in up.asked[0].headers


async def test_the_connection_is_kept_for_the_next_call(server: Any, network: Network) -> None:
    up = await server.start(server.stream(token("a") + b"data: [DONE]\n\n"))
    for _ in range(3):
        assert (await replies(network, up.upstream))[-1] == UpstreamDone(marked=True)
    assert up.opened == 1


async def test_a_body_left_open_after_done_is_given_up(server: Any, network: Network) -> None:
    up = await server.start(server.stream(b"data: [DONE]\n\n", end=[b"HANG"]))
    assert await replies(network, up.upstream) == [UpstreamOpened(), UpstreamDone(marked=True)]


async def test_an_end_without_a_mark(server: Any, network: Network) -> None:
    up = await server.start(server.stream(token("a"), token("b")[:-2]))
    told = await replies(network, up.upstream)
    assert text_of(told) == "ab"
    assert told[-1] == UpstreamDone(marked=False)


async def test_a_cut(server: Any, network: Network) -> None:
    up = await server.start(server.stream(token("a"), end=[b"CUT"]))
    told = await replies(network, up.upstream)
    assert text_of(told) == "a"
    assert isinstance(fault_of(told), UpstreamCut)


async def test_closing_the_generator_drops_the_call(server: Any, network: Network) -> None:
    up = await server.start(server.stream(token("a"), end=[b"HANG"]))
    asked = client(network, up.upstream).ask(CALL)
    await anext(asked)
    await anext(asked)
    await asked.aclose()
    await up.dropped.wait()


async def test_headers_of_a_cassette_are_handed_on(server: Any, network: Network) -> None:
    up = await server.start(server.stream(b"data: [DONE]\n\n", antiphon_replay="repeated", x_other="1"))
    assert (await replies(network, up.upstream))[0] == UpstreamOpened({"antiphon-replay": "repeated"})


async def test_nothing_listens(server: Any, network: Network) -> None:
    up = await server.start(server.whole(200))
    await server.exits.aclose()
    told = await replies(network, up.upstream)
    assert isinstance(fault_of(told), UpstreamUnavailable)
    assert len(told) == 1


async def test_an_upstream_that_is_gone_from_the_configuration(network: Network) -> None:
    told = await replies(network, Upstream("other", "http://127.0.0.1:1/v1"))
    assert fault_of(told).code == "upstream_not_found"


async def test_a_refusal(server: Any, network: Network) -> None:
    error = {"message": "No such model.", "type": "not_found", "param": "model", "code": "model_not_found"}
    up = await server.start(server.whole(404, {"error": error}))
    told = await replies(network, up.upstream)
    fault = fault_of(told)
    assert len(told) == 1
    assert isinstance(fault, UpstreamRefused)
    assert (fault.http_status, fault.message, fault.code, fault.param) == (
        404,
        "No such model.",
        "model_not_found",
        "model",
    )


async def test_a_refusal_without_end_is_read_only_so_far(server: Any, network: Network) -> None:
    up = await server.start([server.head(400, {}) + b"\r\n", *[b"x" * 10_000] * 50, b"HANG"])
    fault = fault_of(await replies(network, up.upstream))
    assert fault.http_status == 400
    assert len(fault.message) < 300


async def test_retries_until_it_answers(server: Any, network: Network) -> None:
    up = await server.start(server.whole(503), server.whole(429, retry_after="1"), server.stream(b"data: [DONE]\n\n"))
    assert (await replies(network, up.upstream))[-1] == UpstreamDone(marked=True)
    assert len(up.asked) == 3


async def test_retries_come_to_an_end(server: Any, network: Network) -> None:
    up = await server.start(server.whole(429, {"error": {"message": "slow down"}}, retry_after="2"))
    fault = fault_of(await replies(network, up.upstream))
    assert (fault.http_status, fault.message, dict(fault.headers)) == (429, "slow down", {"retry-after": "2"})
    assert len(up.asked) == 3


async def test_other_errors_are_not_retried(server: Any, network: Network) -> None:
    up = await server.start(server.whole(500, b"boom", content_type="text/plain"))
    fault = fault_of(await replies(network, up.upstream))
    assert (fault.http_status, fault.message) == (500, "Upstream 'up' answered 500: boom")
    assert len(up.asked) == 1


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (200, {"content_type": "text/html; charset=utf-8"}, "a web page"),
        (200, {"content_encoding": "gzip"}, "compressed"),
        (307, {"location": "https://x/v1"}, "a redirect to https://x/v1"),
    ],
)
async def test_what_isnt_an_answer(
    server: Any, network: Network, status: int, headers: dict[str, str], said: str
) -> None:
    up = await server.start(server.whole(status, b"<html><title>Sign in</title>", **headers))
    told = await replies(network, up.upstream)
    fault: UpstreamFault = fault_of(told)
    assert len(told) == 1
    assert isinstance(fault, UpstreamGarbage)
    assert said in fault.message


@pytest.mark.parametrize("coding", ["", "Identity", " identity "])
async def test_a_body_that_is_said_not_to_be_compressed(server: Any, network: Network, coding: str) -> None:
    up = await server.start(server.whole(200, {"choices": []}, content_encoding=coding))
    assert isinstance((await replies(network, up.upstream))[-1], UpstreamDone)


async def test_a_server_that_doesnt_stream(server: Any, network: Network) -> None:
    message = {"role": "assistant", "content": "Hello"}
    up = await server.start(server.whole(200, {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}))
    told = await replies(network, up.upstream)
    assert told[0] == UpstreamOpened()
    assert text_of(told) == "Hello"
    assert told[-1] == UpstreamDone(marked=True)


@pytest.mark.parametrize("path", ["/chat/completions", "/completions", "/embeddings"])
async def test_forwarding(server: Any, network: Network, path: str) -> None:
    up = await server.start(server.stream(b"data: {}\r\n\r", b"\n: odd\n\n"))
    headers = {"content-type": "application/json", "authorization": "Bearer ours", "cookie": "a=b", "x-title": "t"}
    body = b'{ "model": "m",  "x": 1.0 }'
    target = Target(Upstream("up", up.url, "sk-theirs"), "m")
    answer = await client(network).forward(target, path, headers, body)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream")
    assert b"".join([data async for data in answer.chunks()]) == b"data: {}\r\n\r\n: odd\n\n"
    await answer.close()
    asked = up.asked[0]
    assert (asked.path, asked.body) == (f"/v1{path}", body)
    assert asked.headers["authorization"] == "Bearer sk-theirs"
    assert asked.headers["x-title"] == "t"
    assert "cookie" not in asked.headers


async def test_forwarding_changes_the_model_and_nothing_else(server: Any, network: Network) -> None:
    up = await server.start(server.whole(200))
    body = b'{"n": 1.0, "model": "up/m", "big": 12345678901234567890123, "t": "\\u00e9"}'
    await (await client(network).forward(Target(up.upstream, "m"), "/embeddings", {}, body)).close()
    assert up.asked[0].body == b'{"n":1.0,"model":"m","big":12345678901234567890123,"t":"\\u00e9"}'


async def test_forwarding_passes_an_error_on_as_it_is(server: Any, network: Network) -> None:
    up = await server.start(server.whole(502, b"one"), server.whole(400, b"two"))
    answer = await client(network).forward(Target(up.upstream, "m"), "/embeddings", {}, b'{"model":"m"}')
    assert answer.status == 400
    assert [data async for data in answer.chunks()] == [b"two"]


async def test_a_key_that_an_upstream_repeats_isnt_told(server: Any, network: Network) -> None:
    said = b'{"error":{"message":"Wrong key sk-secret-1"}}'
    up = await server.start(server.whole(401, said), server.whole(401, said))
    upstream = Upstream("up", up.upstream.base_url, "sk-secret-1")
    assert "Wrong key [key]" in fault_of(await replies(network, upstream)).message
    answer = await client(network).forward(Target(upstream, "m"), "/embeddings", {}, b'{"model":"m"}')
    assert [data async for data in answer.chunks()] == [said.replace(b"sk-secret-1", b"[key]")]
