"""When a stream's status is committed, and what is sent when: nothing is held back for what comes later."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
from judged_http import NO_TLS, judge_stream
from running_server import ADDRESS, Scene, environment

from antiphon.testing import (
    Gate,
    ScriptedUpstream,
    check_stream,
    hang_up,
    parse_sse,
    socket_bytes,
    status,
    text,
    tool_call,
)

REFUSAL = status(400, {"error": {"message": "You can't do that.", "code": "no"}})


class Stream:
    """A stream that is read event by event."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._read = b""

    def until(self, kind: str) -> list[dict[str, Any]]:
        """Read until an event of this type is there; all events so far."""
        while f"event: {kind}\n".encode() not in self._read or not self._read.endswith(b"\n\n"):
            self._read += next(self._parts)
        return parse_sse(self._read)

    def rest(self) -> dict[str, Any]:
        """Read to the end; the final response."""
        self._read += b"".join(self._parts)
        return judge_stream(self._read)


@contextmanager
def streaming(scene: Scene, **more: object) -> Iterator[Stream]:
    body = {"model": "scripted/m", "input": "Hello?", "stream": True, **more}
    with scene.server.http.stream("POST", "/responses", json=body) as answer:
        assert answer.status_code == 200
        yield Stream(answer.iter_bytes())


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def test_the_beginning_is_sent_as_soon_as_the_upstream_answers(scene: Scene) -> None:
    gate = Gate()
    scene.play(text("Hello!").held(gate))
    with streaming(scene) as stream:
        assert kinds(stream.until("response.in_progress")) == ["response.created", "response.in_progress"]
        gate.open()
        assert stream.rest()["status"] == "completed"


def test_the_beginning_is_sent_though_the_upstream_says_nothing(scene: Scene) -> None:
    gate = Gate()
    scene.play(replace(text("Hello!"), before_status=(gate,)))
    with streaming(scene) as stream:
        assert kinds(stream.until("response.in_progress")) == ["response.created", "response.in_progress"]
        gate.open()
        assert stream.rest()["status"] == "completed"


def test_each_token_is_sent_when_it_comes(scene: Scene) -> None:
    first, second = Gate(), Gate()
    scene.play(text("Hel", "lo!").held(second, at=2).held(first, at=1))
    with streaming(scene) as stream:
        stream.until("response.in_progress")
        first.open()
        assert stream.until("response.output_text.delta")[-1]["delta"] == "Hel"
        second.open()
        assert stream.rest()["output"][0]["content"][0]["text"] == "Hello!"


def test_arguments_of_a_call_are_sent_when_they_come(scene: Scene) -> None:
    gate = Gate()
    scene.play(tool_call("f", '{"a": 1}', pieces=2).held(gate, at=3))
    with streaming(scene, tools=[{"type": "function", "name": "f"}]) as stream:
        assert stream.until("response.function_call_arguments.delta")[-1]["delta"] == '{"a"'
        gate.open()
        assert json.loads(stream.rest()["output"][0]["arguments"]) == {"a": 1}


def test_a_refusal_is_an_http_error_at_first_and_events_later(scene: Scene) -> None:
    gate = Gate()
    scene.play(REFUSAL, replace(REFUSAL, before_status=(gate,)))
    at_once = scene.stream()
    assert (at_once.status, at_once.error["code"]) == (400, "no")
    check_late(scene, gate, "no")


def test_an_upstream_that_is_gone_is_an_http_error_at_first_and_events_later(scene: Scene) -> None:
    gate = Gate()
    # A connection from the pool may be stale, so the first one is replaced. There may be two of them.
    scene.server.get("/models")
    scene.play(hang_up(), hang_up(), socket_bytes([gate]), socket_bytes([gate]))
    at_once = scene.stream()
    assert (at_once.status, at_once.error["code"]) == (502, "upstream_unavailable")
    check_late(scene, gate, "upstream_unavailable")


def check_late(scene: Scene, gate: Gate, code: str) -> None:
    with streaming(scene) as stream:
        stream.until("response.in_progress")
        gate.open()
        error = stream.until("response.failed")[-2]
        assert (error["type"], error["code"]) == ("error", code)
        failed = stream.rest()
    assert scene.server.get(f"/responses/{failed['id']}").json == failed


def test_an_answer_is_saved_before_it_is_called_completed(scene: Scene) -> None:
    scene.play(text("Hello!"))
    with streaming(scene) as stream:
        completed = stream.until("response.completed")[-1]["response"]
        assert scene.server.get(f"/responses/{completed['id']}").json == completed
        stream.rest()


def test_an_answer_that_goes_on_is_not_there_yet(scene: Scene) -> None:
    gate = Gate()
    scene.play(text("Hello!").held(gate))
    with streaming(scene) as stream:
        created = stream.until("response.created")[0]["response"]
        assert scene.server.get(f"/responses/{created['id']}").status == 404
        gate.open()
        stream.rest()


def test_streams_at_once_do_not_wait_for_each_other(scene: Scene) -> None:
    gate = Gate()
    scene.play(text("slow").held(gate), text("quick"))
    with streaming(scene) as slow:
        slow.until("response.in_progress")
        assert scene.stream().text == "quick"
        gate.open()
        assert slow.rest()["output"][0]["content"][0]["text"] == "slow"


COLLECTED = """\
import gc, signal, sys
from antiphon.program import main

def look(*_):
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    kinds = {type(one) for one in gc.garbage}
    ours = [kind.__name__ for kind in kinds if kind.__module__.startswith(("antiphon.", "uvicorn.protocols."))]
    print("left:", *ours, flush=True)
    gc.garbage.clear()
    gc.disable()

signal.signal(signal.SIGUSR1, look)
sys.exit(main())
"""


def test_an_answer_that_is_over_leaves_nothing_to_the_garbage_collector(tmp_path: Path) -> None:
    with ScriptedUpstream(*[text("Hello", "!")] * 6, models=["m"]) as upstream:
        words = ["serve", "--port", "0", "--db", "sqlite:///kept.db", "--upstream", f"scripted={upstream.url}"]
        with subprocess.Popen(
            [sys.executable, "-c", COLLECTED, *words],
            cwd=tmp_path,
            env=environment(tmp_path),
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            try:
                address = ADDRESS.search(process.stdout.readline())
                assert address is not None
                with httpx2.Client(verify=NO_TLS) as client:
                    left = [collected(process) for _ in range(3) if answered(client, address[0])]
            finally:
                process.terminate()
    assert left[1:] == [[], []]


def answered(client: httpx2.Client, url: str) -> bool:
    """Whether answers of each kind are right: streams, JSON, one that is stored, an error."""
    body = {"model": "m", "input": "Hello?"}
    said = [check_stream(parse_sse(client.post(f"{url}/responses", json={**body, "stream": True}).content))]
    said += [client.post(f"{url}/responses", json=body).json()]
    said += [client.get(f"{url}/responses/{one['id']}").json() for one in said]
    missing = client.get(f"{url}/responses/resp_0").status_code
    return [one["status"] for one in said] == ["completed"] * 4 and missing == 404


def collected(process: "subprocess.Popen[str]") -> list[str]:
    """The types of what the collector finds in a server, of its own and of uvicorn's requests."""
    process.send_signal(signal.SIGUSR1)
    assert process.stdout is not None
    line = next(line for line in process.stdout if line.startswith("left:"))
    return line.split()[1:]
