"""Quotas at the routes, on a running server, with the headers and errors that clients know."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from made_keys import Operator, bearer, client_for, id_in
from running_server import RunningServer, running_server
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from antiphon.server.metering import Tally
from antiphon.testing import Gate, Reply, Request, ScriptedUpstream, text
from antiphon.wire.responses import InputTokensDetails, OutputTokensDetails, Usage

# Long enough that no test runs over the end of one.
WINDOW = 10**9
HELLO = {"model": "up/m", "input": "Hi"}


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return Operator(f"sqlite:///{tmp_path}/a.db")


def serving(quotas: str, operator: Operator, folder: Path) -> Iterator[RunningServer]:
    (folder / "antiphon.toml").write_text(f"[quotas]\nwindow = {WINDOW}\n{quotas}")
    with (
        ScriptedUpstream(default=text("Hello!"), models=["m"]) as upstream,
        running_server("--upstream", f"up={upstream.url}", "--db", operator.db, folder=folder) as server,
    ):
        yield server


def test_requests_are_counted_and_what_is_left_is_said(operator: Operator, tmp_path: Path) -> None:
    blue, red = operator.key("blue"), operator.key("red")
    special = operator.key("blue", "--scopes", "inference,read")
    quotas = f"[quotas.project]\nrequests = 3\n[quotas.keys.{id_in(special)}]\nrequests = 1\n"
    for server in serving(quotas, operator, tmp_path):
        first = server.get("/models", headers=bearer(special))
        assert (first.headers["x-ratelimit-limit-requests"], first.headers["x-ratelimit-remaining-requests"]) == (
            "1",
            "0",
        )
        assert first.headers["x-ratelimit-reset-requests"].endswith("s")
        with client_for(server.url, special) as client, pytest.raises(openai.RateLimitError) as limited:
            client.models.list()
        assert limited.value.code == "rate_limit_exceeded"
        assert int(limited.value.response.headers["retry-after"]) > 1
        assert server.post(HELLO, headers=bearer(blue)).headers["x-ratelimit-remaining-requests"] == "1"
        streamed = server.post({**HELLO, "stream": True}, headers=bearer(blue))
        assert streamed.headers["x-ratelimit-remaining-requests"] == "0"
        assert server.post(HELLO, headers=bearer(blue)).status == 429
        assert server.get("/models", headers=bearer(red)).status == 200
        # Who has no key uses nothing of anybody's.
        assert server.get("/models").status == 401


def test_tokens_count_over_http_and_websocket(operator: Operator, tmp_path: Path) -> None:
    blue = operator.key("blue")
    for server in serving("[quotas.project]\ntokens = 1\n", operator, tmp_path):
        first = server.post(HELLO, headers=bearer(blue))
        assert (first.status, first.headers["x-ratelimit-remaining-tokens"]) == (200, "0")
        refused = server.post(HELLO, headers=bearer(blue))
        assert (refused.status, refused.error["type"]) == (429, "tokens")
        host, port = server.address
        with connect(f"ws://{host}:{port}/v1/responses", additional_headers=bearer(blue), proxy=None) as socket:
            socket.send(json.dumps({"type": "response.create", **HELLO}))
            told = json.loads(socket.recv(60))
        assert (told["type"], told["status"], told["error"]["code"]) == ("error", 429, "rate_limit_exceeded")


def test_each_request_over_websocket_counts_and_a_refusal_costs_no_chain(operator: Operator, tmp_path: Path) -> None:
    blue = operator.key("blue")
    quotas = "[quotas.project]\nrequests = 3\n"
    for server in serving(quotas, operator, tmp_path):
        host, port = server.address
        with connect(f"ws://{host}:{port}/v1/responses", additional_headers=bearer(blue), proxy=None) as socket:
            assert socket.response is not None
            # The connection itself is no request.
            limits = [socket.response.headers[f"x-ratelimit-{word}-requests"] for word in ("limit", "remaining")]
            assert limits == ["3", "3"]
            said: dict[str, Any] = {"type": "response.create", **HELLO, "store": False}
            first = told(socket, said)[-1]["response"]
            continued = said | {"previous_response_id": first["id"]}
            assert told(socket, said | {"input": 3})[-1]["error"]["type"] == "invalid_request_error"
            assert told(socket, continued)[-1]["type"] == "response.completed"
            [error] = told(socket, continued)
            assert (error["type"], error["status"]) == ("error", 429)
            assert (error["error"]["code"], error["error"]["type"]) == ("rate_limit_exceeded", "requests")
        with connect(f"ws://{host}:{port}/v1/responses", additional_headers=bearer(blue), proxy=None) as another:
            assert another.response is not None
            assert another.response.headers["x-ratelimit-remaining-requests"] == "0"
        assert server.post(HELLO, headers=bearer(blue)).status == 429


def told(socket: Connection, message: dict[str, Any]) -> list[dict[str, Any]]:
    """What is said until the end of one request."""
    socket.send(json.dumps(message))
    events = [json.loads(socket.recv(60))]
    while events[-1]["type"] not in {"error", "response.completed", "response.failed"}:
        events.append(json.loads(socket.recv(60)))
    return events


def test_a_limit_forgets_nothing_that_the_next_request_continues(operator: Operator, tmp_path: Path) -> None:
    """Answers that aren't stored are known to their connection alone: a client that tries too early tries again."""
    blue, gate = operator.key("blue"), Gate()
    (tmp_path / "antiphon.toml").write_text("[quotas.project]\nstreams = 1\n")

    def said(request: Request) -> Reply:
        return text("Hello!").held(gate) if "Wait" in str(request.json) else text("Hello!")

    with (
        ScriptedUpstream(default=said, models=["m"]) as upstream,
        running_server("--upstream", f"up={upstream.url}", "--db", operator.db, folder=tmp_path) as server,
    ):
        host, port = server.address
        address = f"ws://{host}:{port}/v1/responses"
        with (
            connect(address, additional_headers=bearer(blue), proxy=None) as one,
            connect(address, additional_headers=bearer(blue), proxy=None) as other,
        ):
            asked: dict[str, Any] = {"type": "response.create", **HELLO, "store": False}
            first = told(one, asked)[-1]["response"]
            other.send(json.dumps(asked | {"input": "Wait"}))
            assert json.loads(other.recv(60))["type"] == "response.created"
            continued = asked | {"previous_response_id": first["id"]}
            assert told(one, continued)[-1]["error"]["type"] == "streams"
            gate.open()
            while json.loads(other.recv(60))["type"] != "response.completed":
                pass
            end = time.monotonic() + 60
            while (last := told(one, continued)[-1])["type"] == "error":
                assert last["error"]["type"] == "streams"
                assert time.monotonic() < end
            assert last["type"] == "response.completed"


def test_a_chat_that_is_passed_on_counts_too(operator: Operator, tmp_path: Path) -> None:
    blue = operator.key("blue")
    chat = {"model": "up/m", "messages": [{"role": "user", "content": "Hi"}]}
    for server in serving("[quotas.project]\ntokens = 1\n", operator, tmp_path):
        for status in (200, 429):
            assert server.http.post("/chat/completions", json=chat, headers=bearer(blue)).status_code == status


def test_a_project_keeps_so_much(operator: Operator, tmp_path: Path) -> None:
    blue = operator.key("blue")
    for server in serving("[quotas.project]\nstorage = 1\n", operator, tmp_path):
        assert server.post({"items": []}, "/conversations", bearer(blue)).status == 200
    for server in serving("[quotas.project]\nstorage = 1\n", operator, tmp_path):
        server.post(HELLO, headers=bearer(blue))
    for server in serving("[quotas.project]\nstorage = 1\n", operator, tmp_path):
        full = server.post({}, "/conversations", bearer(blue))
        assert (full.status, full.error["code"], full.error["type"]) == (429, "insufficient_quota", "storage")
        assert server.get("/models", headers=bearer(blue)).status == 200


def test_a_project_has_so_many_in_the_background(operator: Operator, tmp_path: Path) -> None:
    blue, gate = operator.key("blue"), Gate()
    asked = HELLO | {"background": True}
    (tmp_path / "antiphon.toml").write_text("[quotas.projects.blue]\nruns = 1\n")
    with (
        ScriptedUpstream(default=text("Hello!").held(gate), models=["m"]) as upstream,
        running_server("--upstream", f"up={upstream.url}", "--db", operator.db, folder=tmp_path) as server,
    ):
        first = server.post(asked, headers=bearer(blue))
        full = server.post(asked, headers=bearer(blue))
        assert (full.status, full.error["type"], full.error["code"]) == (429, "runs", "rate_limit_exceeded")
        gate.open()
        ended(server, first.json["id"], blue)
        assert server.post(asked, headers=bearer(blue)).status == 200


def test_a_key_has_so_many_in_the_background(operator: Operator, tmp_path: Path) -> None:
    one, other, gate = operator.key("blue"), operator.key("blue"), Gate()
    asked = HELLO | {"background": True}
    (tmp_path / "antiphon.toml").write_text("[quotas.key]\nruns = 1\n")
    with (
        ScriptedUpstream(default=text("Hello!").held(gate), models=["m"]) as upstream,
        running_server("--upstream", f"up={upstream.url}", "--db", operator.db, folder=tmp_path) as server,
    ):
        assert server.post(asked, headers=bearer(one)).status == 200
        full = server.post(asked, headers=bearer(one))
        assert (full.status, full.error["type"]) == (429, "runs")
        assert full.error["message"].startswith("This key has 1 responses in the background")
        assert server.post(asked, headers=bearer(other)).status == 200
        gate.open()


def test_a_run_that_another_server_took_up_counts_for_its_key(operator: Operator, tmp_path: Path) -> None:
    one, other, gate = operator.key("blue"), operator.key("blue"), Gate()
    asked = HELLO | {"background": True}
    (tmp_path / "antiphon.toml").write_text(f"[quotas]\nwindow = {WINDOW}\n[quotas.key]\nruns = 1\ntokens = 100\n")
    reply = text("Hello!", usage=(30, 40)).held(gate)
    with ScriptedUpstream(default=reply, models=["m"]) as upstream:
        flags = ("--upstream", f"up={upstream.url}", "--db", operator.db)
        with (
            running_server(*flags, folder=tmp_path) as second,
            running_server(*flags, folder=tmp_path) as first,
        ):
            begun = first.post(asked, headers=bearer(one)).json["id"]
            upstream.wait(lambda: len(asked_of(upstream)) == 1)
            first.process.kill()
            # Until its lease is over.
            upstream.wait(lambda: len(asked_of(upstream)) == 2, seconds=60)
            full = second.post(asked, headers=bearer(one))
            assert (full.status, full.error["type"]) == (429, "runs")
            assert second.post(asked, headers=bearer(other)).status == 200
            gate.open()
            ended(second, begun, one)
            # What it used, it used for the key; the key's next run may begin.
            until(lambda: second.get("/models", headers=bearer(one)).headers["x-ratelimit-remaining-tokens"] == "30")
            assert second.post(asked, headers=bearer(one)).status == 200


def asked_of(upstream: ScriptedUpstream) -> list[Request]:
    return [request for request in upstream.requests if request.method == "POST"]


def ended(server: RunningServer, run_id: str, key: str) -> None:
    """Wait until a response in the background has ended well."""
    until(lambda: server.get(f"/responses/{run_id}", headers=bearer(key)).json["status"] == "completed")


def until(so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not so():
        assert time.monotonic() < end, "it never was"
        time.sleep(0.05)


def test_tokens_of_what_is_passed_on() -> None:
    tally = Tally(b"x" * 8)
    for data in (b'{"usage":{"total_', b'tokens": 12}}'):
        tally.pass_on(data)
    assert tally.tokens == 12
    assert tally.usage == Usage(total_tokens=12)
    told = Tally(b"")
    told.pass_on(
        b'{"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,'
        b'"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}}'
    )
    assert told.usage == Usage(
        input_tokens=9, output_tokens=3, total_tokens=12,
        input_tokens_details=InputTokensDetails(cached_tokens=4),
        output_tokens_details=OutputTokensDetails(reasoning_tokens=2),
    )  # fmt: skip
    guessed = Tally(b"x" * 8)
    assert guessed.usage is None
    guessed.pass_on(b"y" * 8)
    assert guessed.tokens == 4
