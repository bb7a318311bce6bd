import json
from typing import Any

import pytest
from cassettes.tapes import SSE, chat, event, interaction

from antiphon.cassettes.interaction import Answered, Chunk, End
from antiphon.cassettes.telling import answer_text, request_line

CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def whole(body: Any, kind: str = "application/json") -> Answered:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answered(200, {"content-type": kind}, (Chunk(0, data),), End.COMPLETE)


def stream(*events: bytes) -> Answered:
    return Answered(200, SSE, tuple(Chunk(0, each) for each in events), End.COMPLETE)


@pytest.mark.parametrize(
    ("answered", "text"),
    [
        (stream(event("Hel"), event("lo"), b"data: [DONE]\n\n"), "Hello"),
        (stream(event("Hel")[:20], event("Hel")[20:]), "Hel"),
        (stream(b'event: content_block_delta\ndata: {"delta":{"type":"text_delta","text":"Hi"}}\n\n'), "Hi"),
        (stream(b'data: {"type":"response.output_text.delta","delta":"Hi"}\n\n', b"data: no JSON\n\n"), "Hi"),
        (whole({"choices": [{"message": {"content": "Hi", "tool_calls": [CALL]}}]}), "Hi\nf({})"),
        (whole({"choices": [{"message": {"tool_calls": [{"id": "c"}]}}]}), '{"id": "c"}'),
        (whole({"data": [1]}), '{"data": [1]}'),
        (whole({"choices": [{"text": "Hi"}]}), '{"choices": [{"text": "Hi"}]}'),
        (whole(b"plain", "text/plain"), "plain"),
        (whole(b"\xff\xfe", "image/png"), "2 bytes"),
        (whole(b""), ""),
    ],
)
def test_an_answer_as_a_whole(answered: Answered, text: str) -> None:
    assert answer_text(answered) == text


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (chat("hi"), 'POST /v1/chat/completions llama3.2 "hi"'),
        ({"model": "m", "input": "ho"}, 'POST /v1/chat/completions m "ho"'),
        ({"model": "m", "input": [1, 2]}, "POST /v1/chat/completions m 2"),
        ([1], "POST /v1/chat/completions"),
        (b"no JSON", "POST /v1/chat/completions"),
    ],
)
def test_a_request_in_a_line(body: Any, line: str) -> None:
    assert request_line(interaction(body)) == line
