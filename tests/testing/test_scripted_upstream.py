"""The scripted upstream over real sockets, asked with plain HTTP."""

import asyncio
import http.client
import json
import socket
import threading
from typing import Any

import aiohttp
import pytest

from antiphon.testing import (
    End,
    Ending,
    Gate,
    Request,
    ScriptedUpstream,
    garbage,
    hang_up,
    never,
    raw,
    socket_bytes,
    status,
    text,
)

ASK = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def post(upstream: ScriptedUpstream, body: Any = ASK, path: str = "/v1/chat/completions") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", upstream.port)
    try:
        connection.request("POST", path, json.dumps(body), {"content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def on_socket(upstream: ScriptedUpstream) -> bytes:
    """Everything that comes back for one streaming request, byte for byte; resets come as errors."""
    with open_socket(upstream) as client:
        received = b""
        while piece := client.recv(65536):
            received += piece
        return received


def open_socket(upstream: ScriptedUpstream) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", upstream.port))
    client.settimeout(10)
    body = json.dumps({**ASK, "stream": True}).encode()
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body)
    client.sendall(head + body)
    return client


def ended(upstream: ScriptedUpstream) -> bool:
    return bool(upstream.requests) and upstream.requests[-1].end is not None


def test_replies_come_in_order_and_requests_are_recorded() -> None:
    with ScriptedUpstream(text("one"), text("two")) as upstream:
        answers = [json.loads(post(upstream)[1])["choices"][0]["message"]["content"] for _ in range(2)]
        upstream.wait(lambda: ended(upstream))
    assert answers == ["one", "two"]
    first, second = upstream.requests
    assert (first.number, first.method, first.path, first.json) == (1, "POST", "/v1/chat/completions", ASK)
    assert first.headers["content-type"] == "application/json"
    assert (second.number, second.end) == (2, End.COMPLETE)
    assert upstream.aborted == []


def test_a_script_that_is_over_says_so() -> None:
    with ScriptedUpstream(text("one")) as upstream:
        post(upstream)
        code, body = post(upstream)
    assert code == 500
    assert b"the script is over: it has 1 replies" in body


def test_a_function_answers_by_request() -> None:
    def echo(request: Request) -> Any:
        return text(request.json["messages"][0]["content"] + "!")

    with ScriptedUpstream(default=echo) as upstream:
        assert b"Hi!" in post(upstream)[1]
        assert b"Hi!" in post(upstream)[1]


def test_models_and_other_paths() -> None:
    with ScriptedUpstream(models=["a", "b"], paths={"GET /api/tags": status(418, "tea")}) as upstream:
        connection = http.client.HTTPConnection("127.0.0.1", upstream.port)
        connection.request("GET", "/v1/models")
        listed = json.loads(connection.getresponse().read())
        assert [model["id"] for model in listed["data"]] == ["a", "b"]
        connection.request("GET", "/api/tags?x=1")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (418, b"tea")
        connection.request("GET", "/nowhere")
        answer = connection.getresponse()
        assert (answer.status, b"nothing is scripted for GET /nowhere" in answer.read()) == (404, True)
        connection.close()
    assert [request.connection for request in upstream.requests] == [1, 1, 1]


def test_a_refusal_has_its_status_headers_and_body() -> None:
    with ScriptedUpstream(status(429, {"error": {"message": "slow"}}, headers={"retry-after": "1"})) as upstream:
        connection = http.client.HTTPConnection("127.0.0.1", upstream.port)
        connection.request("POST", "/v1/chat/completions", "{}")
        answer = connection.getresponse()
        assert (answer.status, answer.headers["retry-after"], answer.headers["content-type"]) == (
            429,
            "1",
            "application/json",
        )
        assert json.loads(answer.read()) == {"error": {"message": "slow"}}
        connection.close()


async def test_a_stream_over_aiohttp_in_a_chunked_request() -> None:
    async def body() -> Any:
        yield json.dumps({**ASK, "stream": True}).encode()
        yield b"   "

    async with (
        ScriptedUpstream(text("Hello", " world").split(5)) as upstream,
        aiohttp.ClientSession() as session,
        session.post(f"{upstream.url}/chat/completions", data=body()) as answer,
    ):
        assert answer.headers["content-type"] == "text/event-stream"
        received = await answer.read()
    assert received.endswith(b"data: [DONE]\n\n")
    assert upstream.requests[0].sent == len(received)
    assert upstream.requests[0].json == {**ASK, "stream": True}


def test_bytes_are_exact_and_each_write_is_a_chunk() -> None:
    with ScriptedUpstream(raw([b"ab", b"cde"])) as upstream, open_socket(upstream) as client:
        upstream.wait(lambda: ended(upstream))
        received = client.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"HTTP/1.1 200 OK",
        b"content-type: text/event-stream",
        b"transfer-encoding: chunked",
    ]
    assert body == b"2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"


def test_the_whole_answer_may_be_bytes() -> None:
    with ScriptedUpstream(socket_bytes([b"HTTP/1.1 2", b"00 OK\r\n\r\nfree"])) as upstream:
        assert on_socket(upstream) == b"HTTP/1.1 200 OK\r\n\r\nfree"


@pytest.mark.parametrize(
    ("ending", "tail"), [(Ending.CUT, b"\r\n\r\n3\r\nabc\r\n"), (Ending.POLITE, b"\r\n\r\n3\r\nabc\r\n0\r\n\r\n")]
)
def test_polite_endings_close_the_connection(ending: Ending, tail: bytes) -> None:
    with ScriptedUpstream(raw([b"abcdef"]).cut_after(3, ending)) as upstream:
        assert on_socket(upstream).endswith(tail)
        upstream.wait(lambda: ended(upstream))
    assert upstream.requests[0].end is End.BROKEN_OFF


def test_a_reset_is_a_reset() -> None:
    with ScriptedUpstream(raw([b"abcdef"]).cut_after(3, Ending.RESET)) as upstream:
        with pytest.raises(ConnectionResetError):
            on_socket(upstream)
        upstream.wait(lambda: ended(upstream))
    assert upstream.requests[0].end is End.BROKEN_OFF


def test_hanging_up_before_the_status_line() -> None:
    with ScriptedUpstream(hang_up(), hang_up(Ending.RESET)) as upstream:
        assert on_socket(upstream) == b""
        with pytest.raises(ConnectionResetError):
            on_socket(upstream)


def test_garbage_is_a_success_without_sense() -> None:
    with ScriptedUpstream(garbage()) as upstream:
        code, body = post(upstream)
    assert code == 200
    with pytest.raises(ValueError, match=r"Expecting|decode"):
        json.loads(body)


@pytest.mark.parametrize(
    "reply",
    [
        never(),
        raw([b"ab"]).cut_after(2, Ending.STALL),
        text("a", "b").held(Gate(), at=1),
        text("a").timed(before_status=60),
    ],
    ids=["never", "stalls", "held", "paused"],
)
def test_a_client_that_goes_away_is_noticed_at_once(reply: Any) -> None:
    with ScriptedUpstream(reply) as upstream:
        client = open_socket(upstream)
        upstream.wait(lambda: bool(upstream.requests))
        assert upstream.aborted == []
        client.close()
        upstream.wait(lambda: ended(upstream))
    assert upstream.aborted == upstream.requests
    assert upstream.requests[0].aborted


async def test_a_client_that_goes_away_in_a_stream_is_noticed() -> None:
    endless = raw([b"data: {}\n\n"] * 2).cut_after(1000, Ending.STALL)
    async with ScriptedUpstream(endless) as upstream, aiohttp.ClientSession() as session:
        async with session.post(f"{upstream.url}/chat/completions", json={**ASK, "stream": True}) as answer:
            await answer.content.readexactly(20)
            answer.close()
        await upstream.until(lambda: ended(upstream))
        assert upstream.aborted == upstream.requests


def test_a_gate_holds_the_answer_until_it_is_opened() -> None:
    gate = Gate()
    with ScriptedUpstream(raw([b"a", b"b"]).held(gate, at=1)) as upstream, open_socket(upstream) as client:
        upstream.wait(lambda: bool(upstream.requests) and upstream.requests[0].sent == 1)
        assert upstream.requests[0].end is None
        gate.open()
        upstream.wait(lambda: ended(upstream))
        assert client.recv(65536).endswith(b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n")
    assert upstream.requests[0].end is End.COMPLETE


def test_a_gate_may_be_opened_after_the_server_is_gone() -> None:
    gate = Gate()
    upstream = ScriptedUpstream(raw([b"a", gate, b"b"]))
    with upstream:
        client = open_socket(upstream)
        upstream.wait(lambda: bool(upstream.requests) and upstream.requests[0].sent == 1)
    gate.open()
    assert client.recv(65536).endswith(b"1\r\na\r\n")
    client.close()
    assert upstream.requests[0].end is None


def test_a_reader_that_does_not_read_holds_the_answer_back() -> None:
    pieces = [b"x" * 65536] * 1024
    with ScriptedUpstream(raw(pieces), text("Hi")) as upstream, open_socket(upstream):
        upstream.wait(lambda: bool(upstream.requests) and upstream.requests[0].sent > 0)
        # While another is served, the first answer would have run to its end if nothing held it.
        assert post(upstream)[0] == 200
        assert upstream.requests[0].end is None
        assert upstream.requests[0].sent < 65536 * 1024


def test_waiting_in_vain_names_what_was_seen() -> None:
    with ScriptedUpstream(text("a")) as upstream:
        with pytest.raises(TimeoutError, match="no requests"):
            upstream.wait(lambda: False, seconds=0)
        post(upstream)
        upstream.wait(lambda: ended(upstream))
        with pytest.raises(TimeoutError, match=r"1\. POST /v1/chat/completions: all of it was sent"):
            upstream.wait(lambda: False, seconds=0)


def test_many_clients_at_once_get_an_answer_each() -> None:
    with ScriptedUpstream(default=text("Hi")) as upstream:
        answers: list[bytes] = []
        clients = [threading.Thread(target=lambda: answers.append(post(upstream)[1])) for _ in range(20)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
    assert len(answers) == 20
    assert sorted(request.number for request in upstream.requests) == list(range(1, 21))


def test_nothing_is_left_running() -> None:
    before = threading.active_count()
    with ScriptedUpstream(never()) as upstream:
        port = upstream.port
        client = open_socket(upstream)
        upstream.wait(lambda: bool(upstream.requests))
    client.close()
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


async def test_two_upstreams_serve_side_by_side() -> None:
    async with ScriptedUpstream(text("one")) as one, ScriptedUpstream(text("two")) as two:
        answers = await asyncio.gather(asyncio.to_thread(post, one), asyncio.to_thread(post, two))
    assert [b"one" in answers[0][1], b"two" in answers[1][1]] == [True, True]
