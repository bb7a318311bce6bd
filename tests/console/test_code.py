"""A request as code: what is written runs, and says what was asked."""

import json
import shlex
from typing import Any

from antiphon.console.code import as_curl, as_node, as_python, request_of

BASE = "http://127.0.0.1:1/v1"
ASKED = {"model": "m", "input": [{"role": "user", "content": 'it\'s "é"'}], "tools": [{"type": "f", "strict": None}]}


def test_curl_gives_the_same_json_to_the_api() -> None:
    words = shlex.split(as_curl(ASKED, BASE).replace("\\\n", ""))
    assert words[1] == BASE + "/responses"
    assert json.loads(words[-1]) == ASKED


def test_python_says_the_same() -> None:
    told: dict[str, Any] = {}

    class Responses:
        def create(self, **members: Any) -> Any:
            told.update(members)
            return type("Answer", (), {"output_text": ""})

    class Client:
        responses = Responses()

        def __init__(self, base_url: str) -> None:
            told["base"] = base_url

    code = as_python(ASKED, BASE).replace("from openai import OpenAI", "").replace("print(", "str(")
    exec(code, {"OpenAI": Client})  # noqa: S102 - what we have just written
    assert told == {"base": BASE, **ASKED}


def test_streams_are_read_event_by_event() -> None:
    asked = {"model": "m", "input": "x", "stream": True}
    assert "for event in client" in as_python(asked, BASE)
    assert "for await (const event of stream)" in as_node(asked, BASE)
    assert "output_text" in as_node({"model": "m"}, BASE)


def test_a_response_gives_its_request_back_without_what_goes_without_saying() -> None:
    response = {
        "id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "m", "temperature": 1,
        "tools": [], "instructions": "Be short.", "usage": {}, "output": [], "top_p": 0.5, "service_tier": "default",
        "reasoning": {"effort": None, "summary": None}, "conversation": {"id": "conv_1"}, "error": None,
    }  # fmt: skip
    items = [
        {
            "id": "msg_1",
            "type": "message",
            "role": "user",
            "status": "completed",
            "content": [{"type": "input_text", "text": "hi"}],
        },
        {"id": "fc", "type": "function_call_output", "call_id": "c", "output": "3"},
    ]
    assert request_of(response, items) == {
        "model": "m",
        "instructions": "Be short.",
        "input": [{"role": "user", "content": "hi"}, {"type": "function_call_output", "call_id": "c", "output": "3"}],
        "top_p": 0.5,
        "conversation": "conv_1",
    }
    assert request_of({"reasoning": {"effort": "low", "summary": None}}, ["x"])["reasoning"] == {"effort": "low"}
