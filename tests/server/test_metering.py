"""Quotas at the routes, on a running server, with the headers and errors that clients know."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from made_keys import Operator, bearer, client_for, id_in
from running_server import RunningServer, running_server
from websockets.sync.client import connect

from antiphon.server.metering import Tally
from antiphon.testing import Gate, ScriptedUpstream, text
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
        end = time.monotonic() + 60
        while server.get(f"/responses/{first.json['id']}", headers=bearer(blue)).json["status"] != "completed":
            assert time.monotonic() < end
            time.sleep(0.05)
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
