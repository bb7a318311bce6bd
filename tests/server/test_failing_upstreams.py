"""Upstreams that fail when the stream is already open: what was there is kept, and the end is said as events."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import pytest
from running_server import Answer, RunningServer, Scene, Stage, running_server

from antiphon.testing import (
    Ending,
    Gate,
    Pause,
    Reply,
    ScriptedUpstream,
    garbage,
    never,
    raw,
    reasoning,
    status,
    text,
    tool_call,
)

GARBAGE = b"data: {not json\n\n"
CHUNK = b'data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\n'
ERROR_CHUNK = b'data: {"error":{"message":"Out of memory.","code":"oom"}}\n\n'


@pytest.fixture(scope="module")
def impatient(shared_upstream: ScriptedUpstream) -> Iterator[RunningServer]:
    """A server that waits a moment only."""
    waits = ["--first-byte-timeout", "1", "--idle-timeout", "0.5"]
    with running_server("--upstream", f"scripted={shared_upstream.url}", *waits) as server:
        yield server


@pytest.fixture
def scene(impatient: RunningServer, shared_upstream: ScriptedUpstream, stage: Stage) -> Scene:
    return Scene(impatient, shared_upstream, stage.script)


class Failure(NamedTuple):
    """How an upstream fails after its first words, and what its client is told."""

    name: str
    reply: Reply
    code: str
    says: str


FAILURES = [
    Failure("cut", raw([CHUNK, Ending.CUT]), "upstream_cut", "ended the connection"),
    Failure("reset", raw([CHUNK, Pause(0.1), Ending.RESET]), "upstream_cut", "ended the connection"),
    Failure("cut politely", raw([CHUNK]), "upstream_cut", "without a finish reason"),
    Failure("cut inside a message", raw([CHUNK, CHUNK[:20], Ending.POLITE]), "upstream_cut", "without a finish reason"),
    Failure("silent", raw([CHUNK, Ending.STALL]), "upstream_timeout", "sent nothing for 0.5 s"),
    Failure("garbage", raw([CHUNK, GARBAGE]), "upstream_garbage", "{not json"),
    Failure("other JSON", raw([CHUNK, b"data: [1]\n\n"]), "upstream_garbage", ""),
    Failure("error", raw([CHUNK, ERROR_CHUNK]), "oom", "Out of memory."),
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda row: row.name)
def test_an_upstream_that_fails_half_way_fails_the_stream_and_what_came_is_kept(scene: Scene, failure: Failure) -> None:
    scene.play(failure.reply)
    answer = scene.stream()
    assert answer.status == 200
    assert answer.kinds[-2:] == ["error", "response.failed"]
    error = answer.events[-2]
    assert error["code"] == error["error"]["code"] == failure.code
    assert failure.says in error["message"]
    assert answer.text == "Hel"
    assert answer.response["status"] == "failed"
    assert answer.output[0]["status"] == "incomplete"
    assert answer.response["error"] == {"code": "server_error", "message": error["message"]}
    assert kept(scene, answer) == answer.response


@pytest.mark.parametrize("failure", FAILURES, ids=lambda row: row.name)
def test_an_upstream_that_fails_half_way_fails_the_json_answer_and_what_came_is_kept(
    scene: Scene, failure: Failure
) -> None:
    scene.play(failure.reply)
    answer = scene.answer()
    assert (answer.status, answer.response["status"]) == (200, "failed")
    assert answer.text == "Hel"
    assert failure.says in answer.response["error"]["message"]
    assert kept(scene, answer) == answer.response


def test_items_that_were_finished_stay_finished(scene: Scene) -> None:
    scene.play((reasoning("Hm.") + text("Hello!") + tool_call("f", '{"a": 1}', pieces=3)).cut_after(1100))
    answer = scene.stream()
    assert answer.response["status"] == "failed"
    assert [(item["type"], item["status"]) for item in answer.output] == [
        ("reasoning", "completed"),
        ("message", "completed"),
        ("function_call", "incomplete"),
    ]
    assert kept(scene, answer) == answer.response


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
def test_garbage_from_the_start(scene: Scene, *, stream: bool) -> None:
    scene.play(garbage())
    answer = scene.answer(stream=stream)
    assert answer.response["status"] == "failed"
    assert answer.output == []


def test_a_silent_upstream_is_an_http_error_where_no_stream_was_asked_for(scene: Scene) -> None:
    scene.play(never())
    answer = scene.answer()
    assert (answer.status, answer.error["code"]) == (504, "upstream_timeout")


def test_a_stream_is_opened_though_the_upstream_is_silent(scene: Scene) -> None:
    scene.play(never())
    answer = scene.stream()
    assert answer.kinds == ["response.created", "response.in_progress", "error", "response.failed"]
    assert answer.events[-2]["code"] == "upstream_timeout"
    assert kept(scene, answer) == answer.response


def test_a_refusal_that_comes_late_is_told_by_events(scene: Scene) -> None:
    gate = Gate()
    refusal = status(429, {"error": {"message": "Slow down.", "code": "slow"}}, headers={"retry-after": "60"})
    scene.play(replace(refusal, before_status=(gate,)))
    with scene.server.http.stream(
        "POST", "/responses", json={"model": "scripted/m", "input": "x", "stream": True}
    ) as got:
        parts = got.iter_bytes()
        first = next(parts)
        assert b"response.created" in first
        gate.open()
        answer = Answer(got.status_code, got.headers, first + b"".join(parts))
    assert answer.kinds == ["response.created", "response.in_progress", "error", "response.failed"]
    assert (answer.events[-2]["code"], answer.events[-2]["message"]) == ("slow", "Slow down.")
    assert answer.response["error"]["code"] == "rate_limit_exceeded"


def kept(scene: Scene, answer: Answer) -> object:
    return scene.server.get(f"/responses/{answer.response['id']}").json
