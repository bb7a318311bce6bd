"""Clients that leave, and clients that read slowly."""

import itertools
import json
import time
from typing import Any

import httpx2
import pytest
from judged_http import NO_TLS
from running_server import Scene

from antiphon.testing import Gate, Pause, Reply, raw, reasoning, text

BODY = {"model": "scripted/m", "input": "Hello?"}
PIECE = "x" * 40_000
PIECES = 2_000


def leave_after(scene: Scene, seen: bytes) -> bytes:
    """Ask, leave as soon as `seen` has come, and give back what was read."""
    with httpx2.stream("POST", f"{scene.server.url}/responses", json=BODY | {"stream": True}, verify=NO_TLS) as answer:
        read = b""
        for part in answer.iter_bytes():
            read += part
            if seen in read:
                return read
    raise AssertionError(read)


def id_in(read: bytes) -> str:
    created = json.loads(read.split(b"data: ", 1)[1].split(b"\n", 1)[0])
    return str(created["response"]["id"])


def kept(scene: Scene, response_id: str) -> dict[str, Any]:
    """The response, once it is there."""
    path = f"/responses/{response_id}"
    for _ in range(200):
        if scene.server.get(path).status == 200:
            break
        time.sleep(0.05)
    return scene.server.get(path).json


def test_leaving_in_the_middle_ends_the_call_and_keeps_what_was_finished(scene: Scene) -> None:
    scene.play((reasoning("Hm.") + text("Hel", "lo!")).held(Gate(), at=3))
    read = leave_after(scene, b'"Hel"')
    scene.upstream.wait(lambda: scene.calls[0].aborted)
    response = kept(scene, id_in(read))
    assert response["status"] == "cancelled"
    assert [(item["type"], item["status"]) for item in response["output"]] == [
        ("reasoning", "completed"),
        ("message", "incomplete"),
    ]


@pytest.mark.parametrize("at", [0, 1], ids=["after the status", "after the first chunk"])
def test_leaving_before_the_first_token_ends_the_call(scene: Scene, at: int) -> None:
    scene.play(text("Hello!").held(Gate(), at=at))
    read = leave_after(scene, b"response.in_progress")
    scene.upstream.wait(lambda: scene.calls[0].aborted)
    response = kept(scene, id_in(read))
    assert (response["status"], response["output"]) == ("cancelled", [])


def test_leaving_before_the_upstreams_status_ends_the_call(scene: Scene) -> None:
    scene.play(text("Hello!").timed(before_status=60))
    read = leave_after(scene, b"response.in_progress")
    scene.upstream.wait(lambda: scene.calls[0].aborted)
    assert kept(scene, id_in(read))["status"] == "cancelled"


@pytest.mark.parametrize(
    "reply",
    [text("Hello!").timed(before_status=60), text("Hel", "lo!").held(Gate(), at=2)],
    ids=["before the status", "in the middle"],
)
def test_leaving_an_answer_as_json_ends_the_call(scene: Scene, reply: Reply) -> None:
    scene.play(reply)
    with httpx2.Client(timeout=0.5, verify=NO_TLS) as plain, pytest.raises(httpx2.ReadTimeout):
        plain.post(f"{scene.server.url}/responses", json=BODY)
    scene.upstream.wait(lambda: scene.calls[0].aborted)


def test_leaving_at_the_end_changes_nothing(scene: Scene) -> None:
    scene.play(text("Hello!"))
    read = leave_after(scene, b"response.completed")
    assert kept(scene, id_in(read))["status"] == "completed"


def test_an_answer_that_was_left_cannot_be_continued_as_if_it_were_whole(scene: Scene) -> None:
    scene.play(text("Hel", "lo!").held(Gate(), at=2), text("Hello!"))
    response_id = id_in(leave_after(scene, b'"Hel"'))
    kept(scene, response_id)
    answer = scene.answer(previous_response_id=response_id)
    assert answer.status in {200, 400}
    if answer.status == 200:
        assert scene.calls[-1].json["messages"][1]["content"] == "Hel"


def test_many_clients_that_leave_leave_nothing_behind(scene: Scene) -> None:
    """The server is as ready afterwards, and its upstream has nobody left."""
    scene.play(*[text("Hel", "lo!").held(Gate(), at=2) for _ in range(20)])
    for _ in range(20):
        leave_after(scene, b'"Hel"')
    scene.upstream.wait(lambda: all(call.aborted for call in scene.calls))
    scene.play(text("Hello!"))
    assert scene.stream().text == "Hello!"


def long_answer() -> Reply:
    chunk = b'data: {"choices":[{"index":0,"delta":{"content":"%b"}}]}\n\n' % PIECE.encode()
    return raw([*itertools.repeat(chunk, PIECES), b"data: [DONE]\n\n"])


@pytest.mark.parametrize("path", ["/responses", "/chat/completions"])
def test_a_slow_reader_slows_the_upstream_and_memory_stays_flat(scene: Scene, path: str) -> None:
    scene.play(long_answer())
    total = len(PIECE) * PIECES
    before = scene.server.memory
    body: dict[str, Any] = {"model": "scripted/m", "stream": True, "store": False}
    body |= {"input": "?"} if path == "/responses" else {"messages": [{"role": "user", "content": "?"}]}
    with httpx2.stream("POST", scene.server.url + path, json=body, verify=NO_TLS) as answer:
        next(answer.iter_bytes())
        sent = settled(scene)
        assert 0 < sent < total / 2
        # The text so far is held, for the end of the answer has it all.
        assert scene.server.memory - before < sent + 30_000_000
    scene.upstream.wait(lambda: scene.calls[0].aborted)


def settled(scene: Scene) -> int:
    """The bytes that the upstream could send, once it can send no more."""
    sent = [-1]
    while len(sent) < 5 or len(set(sent[-5:])) > 1:
        time.sleep(0.1)
        sent.append(scene.calls[0].sent if scene.calls else -len(sent))
    return sent[-1]


def test_a_reader_that_pauses_gets_it_all(scene: Scene) -> None:
    scene.play(text(*[f"{number}," for number in range(3_000)]))
    with scene.server.http.stream("POST", "/responses", json=BODY | {"stream": True}) as answer:
        read = b""
        for number, part in enumerate(answer.iter_bytes(1_000)):
            read += part
            if number % 100 == 0:
                time.sleep(0.01)
    assert b"response.completed" in read
    assert b'"2999,"' in read


def test_an_upstream_in_pieces_and_with_pauses(scene: Scene) -> None:
    pieces = [b"data", b': {"choices":[{"delta":{"content":"H\xc3', b'\xa9llo"}}]}\r', b"\n\r\n", b"data: [DONE]\n\n"]
    scene.play(raw([step for piece in pieces for step in (piece, Pause(0.02))]))
    assert scene.stream().text == "Héllo"
