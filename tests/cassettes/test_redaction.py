"""Secrets planted in every place of a call, and none in what would be written."""

import json
from itertools import pairwise

import pytest
from cassettes.tapes import SSE, asked, chat, event, request
from hypothesis import given
from hypothesis import strategies as st

from antiphon.cassettes.format import encode_interaction
from antiphon.cassettes.interaction import Answered, Chunk, End
from antiphon.cassettes.redaction import own_secrets, redact_answer, redact_body, redact_request
from antiphon.transport import HttpRequest

LETTERS = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7"
KEY = f"sk-proj-{LETTERS}"
OWN = "0f5a77c1d2e34b5596a788c9d0e1f213"
PEM = f"-----BEGIN PRIVATE KEY-----\n{LETTERS * 2}\n-----END PRIVATE KEY-----"

IN_REQUESTS = {
    "authorization": (KEY, request(chat("hi"), authorization=f"Bearer {KEY}")),
    "own key in the body": (OWN, request(chat(f"I am {OWN}"), **{"api-key": OWN})),
    "x-api-key": (OWN, request(chat("hi"), **{"x-api-key": OWN})),
    "cookie": ("s3cr3tsession", request(chat("hi"), cookie="sid=s3cr3tsession")),
    "unknown header": ("hush", request(chat("hi"), **{"x-corp-sso": "hush"})),
    "query": ("abc123", request(chat("hi"), url="https://h/v1beta/models/g:generate?key=abc123&alt=sse")),
    "user in the URL": ("hunter2", request(chat("hi"), url="https://me:hunter2@h/v1/chat/completions")),
    "message": (KEY, request(chat(f"my key is {KEY}, keep it"))),
    "MCP authorization": ("hush-hush", request(chat("hi", tools=[{"type": "mcp", "authorization": "hush-hush"}]))),
    "MCP header": ("hush-hush", request(chat("hi", tools=[{"type": "mcp", "headers": {"X-Api-Key": "hush-hush"}}]))),
    "tool arguments": ("hunter2", request(chat("hi", arguments=json.dumps({"password": "hunter2"})))),
    "private key": (LETTERS, request(chat(f"sign with {PEM}"))),
    "plain text": (KEY, request(f"key: {KEY}".encode())),
    "URL in a text": ("00ffee", request(chat("get https://s3/x?X-Amz-Signature=00ffee now"))),
}

IN_ANSWERS = {
    "error that echoes the key": (KEY, [b'{"error":{"message":"Incorrect API key provided: ' + KEY.encode() + b'."}}']),
    "split over chunks": (KEY, [b'data: {"text": "' + KEY[:9].encode(), KEY[9:].encode() + b'"}\n\n']),
    "spelled over events": (KEY, [event(letter) for letter in f"it is {KEY} ok"]),
    "member": ("hunter2", [b'{"access_token":"hunter2"}']),
    "private key": (LETTERS, [json.dumps({"text": PEM}).encode()]),
    "own key": (OWN, [b"hello " + OWN.encode()]),
}


@pytest.mark.parametrize(("secret", "call"), IN_REQUESTS.values(), ids=IN_REQUESTS)
def test_nothing_planted_in_a_request_is_written(secret: str, call: HttpRequest) -> None:
    answered = Answered(200, {}, (), End.COMPLETE)
    lines = encode_interaction(1, redact_request(call), answered)
    assert secret.encode() not in lines
    assert secret in f"{call.url} {call.headers} {call.body!r}".replace("\\\\", "\\")


@pytest.mark.parametrize(("secret", "chunks"), IN_ANSWERS.values(), ids=IN_ANSWERS)
def test_nothing_planted_in_an_answer_is_written(secret: str, chunks: list[bytes]) -> None:
    headers = {**SSE, "set-cookie": "sid=1", "x-request-id": "r1", "openai-organization": "corp"}
    answered = redact_answer(Answered(200, headers, tuple(Chunk(1, data) for data in chunks), End.COMPLETE), [OWN])
    body = b"".join(chunk.data for chunk in answered.chunks)
    assert answered.headers == SSE
    assert secret.encode() not in encode_interaction(1, asked(chat("hi")), answered)
    assert b"[redacted]" in body
    texts = [json.loads(line[6:]) for line in body.split(b"\n\n") if line.startswith(b"data: ")]
    spelled = "".join(part["choices"][0]["delta"]["content"] for part in texts if "choices" in part)
    assert secret not in spelled


def test_another_key_asks_the_same() -> None:
    one = redact_request(request(chat(f"I am {OWN}"), **{"api-key": OWN}))
    other = redact_request(
        request(chat("I am 9e8d7c6b5a4f39281706f5e4d3c2b1a0"), **{"api-key": "9e8d7c6b5a4f39281706f5e4d3c2b1a0"})
    )
    assert one.key == other.key


def test_dummy_keys_are_words_and_stay() -> None:
    assert own_secrets(request(chat("hi"), authorization="Bearer lm-studio")) == ()
    assert own_secrets(request(chat("hi"), authorization="Bearer no-key-is-needed-here")) == ()
    assert own_secrets(request(chat("hi"), authorization="")) == ()


def test_redaction_is_done_once() -> None:
    for _, call in IN_REQUESTS.values():
        once = redact_request(call)
        assert redact_body(once.body) == once.body


def test_headers_that_matter_stay() -> None:
    kept = redact_request(
        request(chat("hi"), accept="text/event-stream", **{"OpenAI-Beta": "x=1", "user-agent": "y"})
    ).headers
    assert kept == {"accept": "text/event-stream", "content-type": "application/json", "openai-beta": "x=1"}


def test_a_body_without_secrets_is_the_same_object() -> None:
    body = request(chat("what is a token?")).body
    assert redact_body(body) is body


def test_boundaries_of_chunks_stay_where_no_secret_is() -> None:
    chunks = (
        Chunk(1, b"data: 1\n\nda"),
        Chunk(2, b"ta: " + KEY[:8].encode()),
        Chunk(5, KEY[8:].encode()),
        Chunk(9, b"\n\nend"),
    )
    clean = redact_answer(Answered(200, {}, chunks, End.CUT)).chunks
    assert clean == (Chunk(1, b"data: 1\n\nda"), Chunk(2, b"ta: [redacted]"), Chunk(9, b"\n\nend"))


@given(st.binary(max_size=60), st.binary(max_size=60), st.lists(st.integers(0, 200), max_size=8))
def test_any_split_gives_the_same_bytes(before: bytes, after: bytes, cuts: list[int]) -> None:
    body = before + b" " + KEY.encode() + b" " + after
    places = [0, *sorted({cut for cut in cuts if 0 < cut < len(body)}), len(body)]
    split = tuple(Chunk(at, body[at:stop]) for at, stop in pairwise(places))
    clean = [
        b"".join(c.data for c in redact_answer(Answered(200, {}, some, End.COMPLETE)).chunks)
        for some in (split, (Chunk(0, body),))
    ]
    assert clean[0] == clean[1]
    assert KEY.encode() not in clean[0]
