"""Chat completions, completions and embeddings: what the upstream sends reaches the client byte for byte."""

import json
from typing import Any

import httpx2
import pytest
from running_server import Scene, running_server

from antiphon.testing import (
    Ending,
    Gate,
    Pause,
    Reply,
    ScriptedUpstream,
    embedding,
    hang_up,
    raw,
    status,
    text,
    tool_call,
)

CHAT: dict[str, Any] = {"model": "scripted/m", "messages": [{"role": "user", "content": "Hello?"}]}
ODD = b': a comment\r\n\r\ndata: {"choices": [ ], "odd": 1.0}\r\n\r\nevent: x\ndata: [DONE]\n\n trailing'


def sent_by(reply: Reply, scene: Scene) -> bytes:
    """The bytes of a reply's body, as the script renders it for the last call."""
    return b"".join(step for step in reply.render(scene.calls[-1]) if isinstance(step, bytes))


@pytest.mark.parametrize(
    ("path", "body", "reply"),
    [
        ("/chat/completions", CHAT | {"stream": True}, text("Hel", "lo", "!").split(5, 17, 3)),
        ("/chat/completions", CHAT | {"stream": True}, tool_call("f", '{"a": 1}', pieces=3)),
        ("/chat/completions", CHAT, text("Hello!")),
        ("/chat/completions", CHAT | {"stream": True}, raw([ODD[:7], ODD[7:]])),
        ("/completions", {"model": "scripted/m", "prompt": "Hello?", "stream": True}, text("Hel", "lo!")),
        ("/completions", {"model": "scripted/m", "prompt": "Hello?"}, text("Hello!")),
        ("/embeddings", {"model": "scripted/m", "input": "Hello?"}, embedding([0.1, -0.25])),
        ("/chat/completions", CHAT, status(422, {"detail": [{"loc": ["body"], "msg": "No.", "type": "x"}]})),
        ("/chat/completions", CHAT | {"stream": True}, status(400, b"plain words")),
        ("/embeddings", {"model": "scripted/m", "input": "Hello?"}, status(500, {"error": "No."})),
    ],
)
def test_status_and_bytes_are_the_upstreams(scene: Scene, path: str, body: dict[str, Any], reply: Reply) -> None:
    scene.play(reply)
    answer = scene.server.post(body, path)
    assert answer.status == reply.status
    assert answer.body == sent_by(reply, scene)
    kind = (reply.headers or {}).get("content-type", "text/event-stream" if body.get("stream") else "application/json")
    assert answer.headers["content-type"] == kind
    assert scene.calls[-1].path == "/v1" + path


def test_only_the_models_name_is_changed(scene: Scene) -> None:
    scene.play(text("Hello!"), text("Hello!"))
    body = b'{"messages": [{"role":"user", "content":"\\u00fc"}],  "top_p":1.0,"model":"%b","x":{"y":[ ]}}'
    scene.server.post(body % b"scripted/m", "/chat/completions")
    asked = scene.calls[0].json
    assert asked.pop("model") == "m"
    assert asked == {"messages": [{"role": "user", "content": "ü"}], "top_p": 1.0, "x": {"y": []}}
    assert b'"content":"\\u00fc"' in scene.calls[0].body
    assert b'"top_p":1.0' in scene.calls[0].body


def test_the_clients_own_key_goes_no_further(scene: Scene) -> None:
    scene.play(text("Hello!"))
    secrets = {"authorization": "Bearer mine", "cookie": "a=b", "x-api-key": "k", "openai-organization": "org"}
    scene.server.post(CHAT, "/chat/completions", headers=secrets)
    headers = scene.calls[0].headers
    assert not {"authorization", "cookie", "x-api-key"} & headers.keys()
    assert headers["openai-organization"] == "org"


def test_what_the_upstream_wants_waited_is_passed_on(scene: Scene) -> None:
    scene.play(status(429, {"error": "Slow."}, headers={"retry-after": "77"}))
    answer = scene.server.post(CHAT, "/chat/completions")
    assert (answer.status, answer.headers["retry-after"]) == (429, "77")


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        (b"{", 400, None),
        (b"[]", 400, None),
        (b'{"messages": []}', 400, "model"),
        (b'{"model": 3}', 400, "model"),
        (b'{"model": "none"}', 404, "model"),
        (b'{"model": "scripted/m", "messages": ' + b"[" * 1000 + b"]" * 1000 + b"}", 400, None),
    ],
)
@pytest.mark.parametrize("path", ["/chat/completions", "/completions", "/embeddings"])
def test_a_body_that_names_no_model_goes_nowhere(
    scene: Scene, path: str, body: bytes, status: int, param: str | None
) -> None:
    answer = scene.server.post(body, path)
    assert (answer.status, answer.error["param"]) == (status, param)
    assert scene.calls == []


def test_an_upstream_that_is_gone_is_unavailable(scene: Scene) -> None:
    scene.play(hang_up(), hang_up())
    answer = scene.server.post(CHAT, "/chat/completions")
    assert (answer.status, answer.error["code"]) == (502, "upstream_unavailable")


@pytest.mark.parametrize("ending", [Ending.CUT, Ending.RESET])
def test_a_stream_that_is_cut_is_cut_for_the_client_too_and_the_log_says_so(ending: Ending) -> None:
    cut = raw([b'data: {"choices":[]}\n\n', Pause(0.1), ending])
    with (
        ScriptedUpstream(cut) as upstream,
        running_server(
            "--upstream", f"scripted={upstream.url}", complaints=".*was cut: Upstream 'scripted'.*"
        ) as server,
        httpx2.stream("POST", f"{server.url}/chat/completions", json=CHAT | {"stream": True}) as answer,
    ):
        parts = answer.iter_bytes()
        assert next(parts) == b'data: {"choices":[]}\n\n'
        with pytest.raises(httpx2.RemoteProtocolError):
            next(parts)


def test_the_first_token_is_not_held_back(scene: Scene) -> None:
    gate = Gate()
    scene.play(text("Hel", "lo").held(gate, at=2))
    with scene.server.http.stream("POST", "/chat/completions", json=CHAT | {"stream": True}) as answer:
        got = b""
        parts = answer.iter_bytes()
        while b"Hel" not in got:
            got += next(parts)
        gate.open()
        assert b"[DONE]" in b"".join(parts)


@pytest.mark.parametrize("begun", [False, True], ids=["before the first byte", "in the middle"])
def test_a_client_that_leaves_ends_the_call(scene: Scene, *, begun: bool) -> None:
    scene.play(text("Hel", "lo").held(Gate(), at=2) if begun else text().timed(before_status=60))
    with httpx2.Client(timeout=0.5) as plain, pytest.raises(httpx2.ReadTimeout):
        plain.post(f"{scene.server.url}/chat/completions", json=CHAT | {"stream": True})
    scene.upstream.wait(lambda: scene.calls[0].aborted)


def test_the_official_client(scene: Scene) -> None:
    scene.play(text("Hel", "lo!"), text("Hello!"), text("Hello!"), embedding([0.5, 1]))
    client = scene.server.client
    messages: Any = CHAT["messages"]
    stream = client.chat.completions.create(model="scripted/m", messages=messages, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices) == "Hello!"
    whole = client.chat.completions.create(model="scripted/m", messages=messages)
    assert whole.choices[0].message.content == "Hello!"
    assert client.completions.create(model="scripted/m", prompt="Hello?").choices[0].text == "Hello!"
    vectors = client.embeddings.create(model="scripted/m", input="Hello?", encoding_format="float")
    assert vectors.data[0].embedding == [0.5, 1]
    assert json.loads(scene.calls[-1].body)["model"] == "m"
