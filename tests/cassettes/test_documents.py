import json

import pytest

from antiphon.cassettes.documents import edits

KEY = "sk-aB3dE6gH9jK2mN5pQ8sT1vW4yZ7"


def edited(body: bytes, *known: str) -> bytes:
    out, last = b"", 0
    for edit in edits(body, known):
        out += body[last : edit.start] + edit.data
        last = edit.stop
    return out + body[last:]


def stream(*values: object) -> bytes:
    return b"".join(b"data: " + json.dumps(value).encode() + b"\n\n" for value in values) + b"data: [DONE]\n\n"


def delta(text: str, index: int = 0, name: str = "content") -> dict[str, object]:
    return {"id": "x", "choices": [{"index": index, "delta": {name: text}}]}


def test_a_body_without_secrets_keeps_its_spelling() -> None:
    assert edits(b'{ "a" : 1.0, "b": "hello" }') == []
    assert edits(stream(delta("hello"))) == []


def test_members_are_blanked_by_their_name_and_texts_by_their_shape() -> None:
    body = json.dumps({"a": {"api_key": "x"}, "b": [f"my {KEY}!"], "token": None, "password": ""}).encode()
    assert json.loads(edited(body)) == {
        "a": {"api_key": "[redacted]"},
        "b": ["my [redacted]!"],
        "token": None,
        "password": "",
    }


def test_a_token_of_logprobs_is_text() -> None:
    body = json.dumps({"content": [{"token": "hello", "logprob": -0.1, "top_logprobs": []}]}).encode()
    assert edits(body) == []


def test_a_schema_may_speak_of_secrets() -> None:
    body = json.dumps({"properties": {"password": {"type": "string"}}, "required": ["password", "token"]}).encode()
    assert edits(body) == []


def test_json_within_json_is_searched() -> None:
    body = json.dumps({"arguments": json.dumps({"password": 'a"b', "user": "me"})}).encode()
    assert json.loads(json.loads(edited(body))["arguments"]) == {"password": "[redacted]", "user": "me"}


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_secret_spelled_over_events_is_taken_out(size: int) -> None:
    text = f"the key is {KEY} indeed"
    body = stream(*(delta(text[at : at + size]) for at in range(0, len(text), size)))
    clean = edited(body)
    events = [json.loads(line[6:]) for line in clean.split(b"\n\n")[:-2]]
    assert "".join(event["choices"][0]["delta"]["content"] for event in events) == "the key is [redacted] indeed"
    assert clean.count(b"data: ") == body.count(b"data: ")


def test_choices_that_interleave_are_told_apart() -> None:
    body = stream(
        *(delta(text, index) for at in range(0, len(KEY), 4) for index, text in ((0, KEY[at : at + 4]), (1, "same")))
    )
    events = [json.loads(line[6:]) for line in edited(body).split(b"\n\n")[:-2]]
    texts = [
        "".join(e["choices"][0]["delta"]["content"] for e in events if e["choices"][0]["index"] == n) for n in (0, 1)
    ]
    assert texts == ["[redacted]", "same" * ((len(KEY) + 3) // 4)]


def test_arguments_spelled_over_events_lose_their_password() -> None:
    text = '{"user": "me", "password": "hunter2!"}'
    body = stream(*(delta(text[at : at + 5], name="arguments") for at in range(0, len(text), 5)))
    events = [json.loads(line[6:]) for line in edited(body).split(b"\n\n")[:-2]]
    assert (
        "".join(event["choices"][0]["delta"]["arguments"] for event in events)
        == '{"user": "me", "password": "[redacted]"}'
    )


def test_lines_of_json_and_plain_text_are_searched_too() -> None:
    assert (
        edited(b'{"response":"' + KEY.encode() + b'"}\n{"response":" x"}\n')
        == b'{"response":"[redacted]"}\n{"response":" x"}\n'
    )
    assert edited(f"Incorrect API key provided: {KEY}.".encode()) == b"Incorrect API key provided: [redacted]."
    assert edited(f": comment {KEY}\n\n".encode() + stream(delta("x"))).startswith(b": comment [redacted]\n\n")


def test_bytes_that_are_no_text_stay_around_a_secret() -> None:
    assert edited(b"\xff\xfe" + KEY.encode() + b" \x80") == b"\xff\xfe[redacted] \x80"


def test_media_is_not_searched() -> None:
    body = json.dumps({"a": f"data:image/png;base64,{KEY}", "b": KEY}).encode()
    assert json.loads(edited(body)) == {"a": f"data:image/png;base64,{KEY}", "b": "[redacted]"}


def test_half_a_surrogate_survives() -> None:
    body = b'{"a":"\\ud83d ' + KEY.encode() + b'"}'
    assert edited(body) == b'{"a":"\\ud83d [redacted]"}'


def test_known_secrets_go() -> None:
    assert edited(b'{"a":"say open sesame"}', "open sesame") == b'{"a":"say [redacted]"}'
