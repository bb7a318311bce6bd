"""What a client or an upstream does wrong, row by row, against the running server.

Each row is asked as JSON and as a stream: while the stream's status is open both get the same HTTP error.
Not here: mistyped fields (`test_request_fields.py`), upstreams that fail half-way (`test_failing_upstreams.py`),
stores that fail (`test_failing_stores.py`).
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from running_server import RunningServer, Scene, running_server

from antiphon.testing import Reply, ScriptedUpstream, hang_up, socket_bytes, status, text

ERROR = {"error": {"message": "You can't do that.", "type": "bad_type", "param": "messages", "code": "bad_code"}}


class Row(NamedTuple):
    """A request that is wrong, and the answer it gets."""

    name: str
    body: Any
    status: int
    code: str | None
    param: str | None
    says: str


def asked(**more: object) -> dict[str, object]:
    return {"model": "scripted/m", "input": "Hello?", **more}


def with_content(**part: object) -> dict[str, object]:
    return asked(input=[{"role": "user", "content": [part]}])


CALL_OUTPUT = {"type": "function_call_output", "call_id": "call_9", "output": "1"}
CALL = {"type": "function_call", "call_id": "call_8", "name": "f", "arguments": "{}"}
F = {"type": "function", "name": "f"}

ROWS = [
    Row("empty body", b"", 400, "missing_required_parameter", None, "Send a JSON object"),
    Row("no JSON", b"hello", 400, None, None, "isn't valid JSON"),
    Row("half a JSON", b'{"model": "scripted/m"', 400, None, None, "isn't valid JSON"),
    Row("more than one JSON", b'{"model": "scripted/m", "input": "x"} {}', 400, None, None, "isn't valid JSON"),
    Row("no UTF-8", b'{"model": "scripted/m", "input": "\xff"}', 400, None, None, "isn't valid JSON"),
    Row("not a number", b'{"model": "scripted/m", "input": "x", "top_p": NaN}', 400, None, None, "isn't valid JSON"),
    Row("no object", b"[1]", 400, "invalid_type", None, "must be an object, not an array"),
    Row("too large a number", b'{"model": "scripted/m", "input": "x", "top_p": 1e999}', 400, "invalid_value", "top_p", ""),
    Row("deep JSON", b'{"model": "scripted/m", "input": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        400, None, None, "nested too deeply"),
    Row("a deep schema", asked(tools=[F | {"parameters": json.loads('{"a":' * 200 + "1" + "}" * 200)}]),
        400, None, None, "nested too deeply"),
    Row("no model", {"input": "x"}, 400, "missing_required_parameter", "model", "Name the model"),
    Row("empty model", asked(model=""), 400, "missing_required_parameter", "model", "Name the model"),
    Row("no input", {"model": "scripted/m"}, 400, "missing_required_parameter", "input", "a string or a list"),
    Row("nothing in the input", asked(input=[]), 400, "missing_required_parameter", "input", "nothing to answer"),
    Row("absurd number of items", asked(input=[{"role": "user", "content": ""}] * 20_001),
        400, None, "input", "20001 items; the most is 20000"),
    Row("item of no type", asked(input=[{"content": "x"}]), 400, "missing_required_parameter", "input[0].type", "role"),
    Row("item that is none", asked(input=["x"]), 400, "invalid_type", "input[0]", "must be an object, not a string"),
    Row("unknown role", asked(input=[{"role": "bob", "content": "x"}]), 400, "invalid_value", "input[0].role", "user"),
    Row("message of nothing", asked(input=[{"role": "user"}]), 400, "missing_required_parameter",
        "input[0].content", "Missing"),
    Row("part of no type", with_content(text="x"), 400, "missing_required_parameter",
        "input[0].content[0].type", "Missing"),
    Row("text part without text", with_content(type="input_text"), 400, "missing_required_parameter",
        "input[0].content[0].text", "Missing"),
    Row("image without URL", with_content(type="input_image"), 400, None, "input[0].content[0].image_url", "data URL"),
    Row("file that can't be read", with_content(type="input_file", file_data="JVBERi0="), 400, "invalid_file",
        "input[0].content[0]", "file"),
    Row("file in two ways", with_content(type="input_file", file_data="eA==", file_id="file_1"), 400,
        "mutually_exclusive_parameters", "input[0].content[0].file_id", "one way"),
    Row("file that isn't there", with_content(type="input_file", file_id="file_1"), 404, "not_found",
        "input[0].content[0].file_id", "'file_1'"),
    Row("file that isn't base64", with_content(type="input_file", file_data="data:text/plain;base64,?"),
        400, "unsupported_file", "input[0].content[0].file_data", "base64"),
    Row("output without a call", asked(input=[CALL_OUTPUT]), 400, None, "input", "call_9"),
    Row("call without output", asked(input=[CALL]), 400, None, "input", "No tool output found for function call call_8"),
    Row("tool without a name", asked(tools=[{"type": "function"}]), 400, "missing_required_parameter",
        "tools[0].name", "Missing"),
    Row("tool of no type", asked(tools=[{"name": "f"}]), 400, "missing_required_parameter", "tools[0].type", "Missing"),
    Row("mistyped schema", asked(tools=[F | {"parameters": "{}"}]), 400, "invalid_type", "tools[0].parameters", "schema"),
    Row("unknown choice", asked(tool_choice="always"), 400, "invalid_value", "tool_choice", "'required'"),
    Row("choice of an absent tool", asked(tools=[F], tool_choice={"type": "function", "name": "g"}),
        400, None, "tool_choice", "'g'"),
    Row("absent tool allowed", asked(tools=[F], tool_choice={
        "type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "g"}]}),
        400, None, "tool_choice.tools", "'g'"),
    Row("temperature too high", asked(temperature=3), 400, "invalid_value", "temperature", "<= 2"),
    Row("no tokens", asked(max_output_tokens=0), 400, "invalid_value", "max_output_tokens", ">= 1"),
    Row("too many alternatives", asked(top_logprobs=21), 400, "invalid_value", "top_logprobs", "<= 20"),
    Row("unknown include", asked(include=["all"]), 400, "invalid_value", "include[0]", "output_text.logprobs"),
    Row("too much metadata", asked(metadata={str(n): "" for n in range(17)}), 400, None, "metadata", "17"),
    Row("long key of metadata", asked(metadata={"k" * 65: ""}), 400, None, "metadata", "64"),
    Row("long value of metadata", asked(metadata={"k": "v" * 513}), 400, None, "metadata.k", "512"),
    Row("two histories", asked(previous_response_id="resp_1", conversation="conv_1"),
        400, "mutually_exclusive_parameters", "previous_response_id", "mutually exclusive"),
    Row("a history of another kind", asked(previous_response_id="msg_1"),
        400, "invalid_value", "previous_response_id", "begins with 'resp'"),
    Row("a conversation of another kind", asked(conversation={"id": "resp_1"}),
        400, "invalid_value", "conversation", "begins with 'conv'"),
    Row("unknown model", asked(model="meta-llama/Llama-3.1-80B"),
        404, "model_not_found", "model", "The nearest: 'meta-llama/Llama-3.1-8B'"),
    Row("unknown upstream", asked(model="scriptet/m"), 404, "model_not_found", "model", "'scripted/m'"),
    Row("model of several", asked(model="m"), 400, None, "model", "'scripted/m' or 'full/m' or 'ollama/m'"),
    Row("unknown previous response", asked(previous_response_id="resp_none"),
        404, "not_found", "previous_response_id", "resp_none"),
]  # fmt: skip


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_bad_request_is_answered_with_its_error(scene: Scene, row: Row, *, stream: bool) -> None:
    body = row.body
    if stream:
        body = body | {"stream": True} if isinstance(body, dict) else body.replace(b"{", b'{"stream": true, ', 1)
    answer = scene.server.post(body)
    assert (answer.status, answer.error["code"], answer.error["param"]) == (row.status, row.code, row.param)
    assert answer.error["type"] == "invalid_request_error"
    assert row.says in answer.error["message"]
    assert scene.calls == []


@pytest.mark.parametrize("ask", ["get", "delete", "input_items"])
def test_an_unknown_response_is_not_found(scene: Scene, ask: str) -> None:
    path = "/responses/resp_none" + ("/input_items" if ask == "input_items" else "")
    answer = scene.server.delete(path) if ask == "delete" else scene.server.get(path)
    assert answer.status == 404
    assert "resp_none" in answer.error["message"]


class Refusal(NamedTuple):
    """What an upstream answers before it promised anything, and what its client is told."""

    name: str
    reply: Reply
    status: int
    code: str | None
    says: str
    tries: int = 1


REFUSALS = [
    *[Refusal(f"status {code}", status(code, ERROR), code, "bad_code", "You can't do that.")
      for code in (400, 401, 402, 403, 404, 413, 422)],
    Refusal("too many requests", status(429, ERROR, headers={"retry-after": "60"}), 429, "bad_code", "You can't"),
    Refusal("its own failure", status(500, ERROR), 500, "bad_code", "You can't"),
    Refusal("overloaded", status(503, ERROR, headers={"retry-after": "60"}), 503, "bad_code", "You can't"),
    Refusal("words alone", status(418, "I'm a teapot."), 418, None, "I'm a teapot."),
    Refusal("a web page", status(404, "<html><title>Not here</title></html>"), 404, None, "Not here"),
    Refusal("an error in another form", status(400, {"detail": "Bad model"}), 400, None, "Bad model"),
    Refusal("a redirect", status(307, "", headers={"location": "/v2"}), 502, "upstream_garbage", "redirect"),
    Refusal("a page as an answer", status(200, "<html>", headers={"content-type": "text/html"}),
            502, "upstream_garbage", "web page"),
    # A connection from the pool may just have been closed, so that one is replaced.
    Refusal("gone before its status", hang_up(), 502, "upstream_unavailable", "closed the connection before", tries=2),
    Refusal("no HTTP", socket_bytes([b"SSH-2.0-x\r\n\r\n"]), 502, "upstream_garbage", "doesn't answer in HTTP"),
]  # fmt: skip


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda row: row.name)
def test_a_refusal_of_the_upstream_is_passed_on(scene: Scene, refusal: Refusal, *, stream: bool) -> None:
    scene.play(*[refusal.reply] * refusal.tries)
    answer = scene.answer(stream=stream)
    assert (answer.status, answer.error["code"]) == (refusal.status, refusal.code)
    assert refusal.says in answer.error["message"]


def test_what_the_upstream_wants_waited_is_passed_on(scene: Scene) -> None:
    scene.play(status(429, ERROR, headers={"retry-after": "60"}))
    answer = scene.stream()
    assert answer.headers["retry-after"] == "60"
    assert len(scene.calls) == 1


@pytest.mark.parametrize("code", [429, 502, 503, 504])
def test_an_upstream_that_is_busy_is_asked_again(scene: Scene, code: int) -> None:
    scene.play(status(code, ERROR, headers={"retry-after": "0"}), text("Hello!"))
    assert scene.stream().text == "Hello!"
    first, second = scene.calls
    assert first.json == second.json


def test_an_upstream_that_is_down_is_unavailable() -> None:
    with ScriptedUpstream() as gone:
        pass
    with running_server("--upstream", f"scripted={gone.url}") as server:
        for stream in (False, True):
            answer = server.post(asked(stream=stream))
            assert (answer.status, answer.error["code"]) == (502, "upstream_unavailable")
            assert f"127.0.0.1:{gone.port}" in answer.error["message"]


@pytest.fixture(scope="module")
def small() -> Iterator[RunningServer]:
    """A server that takes a megabyte."""
    with (
        ScriptedUpstream(default=text("Hello!")) as upstream,
        running_server("--upstream", f"scripted={upstream.url}", "--max-body", "1000000") as server,
    ):
        yield server


def test_a_body_over_the_limit_is_refused_before_it_is_read(small: RunningServer) -> None:
    answer = small.post(asked(input="x" * 1_000_000))
    assert (answer.status, answer.error["code"]) == (413, "request_too_large")
    assert "1000000 bytes" in answer.error["message"]
    assert small.post(asked(input="x" * 999_000)).status == 200


def test_a_body_of_untold_length_takes_no_memory(small: RunningServer) -> None:
    small.post(asked(input="x" * 999_000))
    before = small.memory
    sent = (b" " * 100_000 for _ in range(1_000))
    answer = small.http.post("/responses", content=sent, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert small.memory - before < 20_000_000


def test_the_limit_is_32_mib_unless_said_otherwise(scene: Scene) -> None:
    limit = 32 * 1024 * 1024
    assert scene.server.post(b" " * (limit + 1)).status == 413
    assert scene.server.post(b" " * limit).status == 400
