import json
from pathlib import Path
from typing import Any

import pytest
from cassettes.tapes import asked, body_of, chat, request

from antiphon.cassettes.importers.llama_stack import read_recording
from antiphon.cassettes.interaction import End, Interaction
from antiphon.cassettes.open import open_cassette, read_cassette
from antiphon.cassettes.transport import Mode
from antiphon.errors import CassetteInvalid, UpstreamCut

CHAT = "http://0.0.0.0:11434/v1/v1/chat/completions"
CHUNK = "openai.types.chat.chat_completion_chunk.ChatCompletionChunk"


def read(path: Path, url: str, body: Any, answer: Any, **more: Any) -> Interaction:
    call = {
        "request": {"method": "POST", "url": url, "headers": {}, "body": body},
        "response": {"body": answer, "is_streaming": isinstance(answer, list) and not url.endswith("/models")},
    }
    file = path / "x.json"
    file.write_text(json.dumps(call | more, indent=2))
    interaction = read_recording(file, "x.json")
    assert interaction is not None
    return interaction


def wrapped(data: Any, kind: str = CHUNK) -> dict[str, Any]:
    return {"__type__": kind, "__data__": data}


def chunk(text: str, reason: str | None = None) -> dict[str, Any]:
    return wrapped({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}]})


def body(interaction: Interaction) -> bytes:
    return b"".join(one.data for one in interaction.load().chunks)


def test_a_stream_is_put_together_as_events(tmp_path: Path) -> None:
    interaction = read(tmp_path, CHAT, chat("hi"), [chunk("a"), chunk("b", "stop")], test_id="tests/test_a.py::test_b")
    answered = interaction.load()
    assert answered.headers == {"content-type": "text/event-stream"}
    assert [one.data for one in answered.chunks] == [
        b'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}\n\n',
        b'data: {"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}]}\n\n',
        b"data: [DONE]\n\n",
    ]
    assert (interaction.end, answered.end, interaction.scope) == (End.COMPLETE, End.COMPLETE, "tests/test_a.py::test_b")


def test_a_stream_without_a_finish_is_cut(tmp_path: Path) -> None:
    interaction = read(tmp_path, CHAT, chat("hi"), [chunk('say "finish_reason": "stop"')])
    assert (interaction.end, interaction.load().end) == (End.CUT, End.CUT)
    assert b"[DONE]" not in body(interaction)


def test_the_request_is_the_one_our_clients_send(tmp_path: Path) -> None:
    interaction = read(tmp_path, CHAT, chat("hi", user=None, extra_body={"top_k": 1}), chunk("x"))
    assert interaction.asked.key == asked(chat("hi", top_k=1)).key
    assert interaction.asked.upstream == "ollama"
    assert interaction.asked.url == "http://127.0.0.1:11434/v1/chat/completions"


def test_lists_of_models_are_asked_with_get(tmp_path: Path) -> None:
    url = "https://api.openai.com/v1/v1/models"
    interaction = read(tmp_path, url, {}, [wrapped({"id": "a"}), wrapped({"id": "b"})])
    assert (interaction.asked.method, interaction.asked.body) == ("GET", b"")
    assert body(interaction) == b'{"object":"list","data":[{"id":"a"},{"id":"b"}]}'


def test_streams_of_ollama_are_lines(tmp_path: Path) -> None:
    parts = [
        wrapped({"response": text, "done": done}, "ollama._types.GenerateResponse")
        for text, done in (("a", False), ("b", True))
    ]
    interaction = read(tmp_path, "http://localhost:11434/api/generate", {"model": "m"}, parts)
    assert interaction.load().headers == {"content-type": "application/x-ndjson"}
    assert body(interaction) == b'{"response":"a","done":false}\n{"response":"b","done":true}\n'
    assert interaction.end is End.COMPLETE


def test_placeholders_of_ids_are_the_real_ids_again(tmp_path: Path) -> None:
    mapping = {"file-1": "file-5efa8a5a"}
    interaction = read(
        tmp_path, CHAT, chat("hi"), wrapped({"text": "see <|file-1|> and file-12"}), id_normalization_mapping=mapping
    )
    assert body(interaction) == b'{"text":"see <|file-5efa8a5a|> and file-12"}'


def test_a_blank_host_gets_a_name_that_never_resolves(tmp_path: Path) -> None:
    interaction = read(tmp_path, "__databricks__/serving-endpoints/v1/embeddings", {"model": "m"}, wrapped({}))
    assert interaction.asked.url == "https://databricks.invalid/serving-endpoints/v1/embeddings"
    assert interaction.asked.upstream == "databricks"


def test_tool_calls_are_kept_apart_from_http(tmp_path: Path) -> None:
    call = {
        "request": {"provider": "tavily", "tool_name": "web_search", "kwargs": {"query": "x"}},
        "response": {"body": wrapped({"content": "y"}), "is_streaming": False},
    }
    (tmp_path / "x.json").write_text(json.dumps(call))
    interaction = read_recording(tmp_path / "x.json", "x.json")
    assert interaction is not None
    assert (interaction.asked.method, interaction.asked.url) == ("TOOL", "tool://tavily/web_search")
    assert body(interaction) == b'{"content":"y"}'


@pytest.mark.parametrize("text", ["{}", "[]", '{"request": {}}', '{"request": 1, "response": {"body": 1}}'])
def test_other_json_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    assert read_recording(tmp_path / "x.json", "x.json") is None


def test_damage_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"request": ')
    with pytest.raises(CassetteInvalid, match=r"x\.json can't be read"):
        read_recording(tmp_path / "x.json", "x.json")
    (tmp_path / "x.json").write_text('{"request": {"body": ' + "[" * 100_000)
    with pytest.raises(CassetteInvalid, match=r"x\.json can't be read"):
        read_recording(tmp_path / "x.json", "x.json")
    interaction = read(tmp_path, CHAT, chat("hi"), wrapped({}))
    (tmp_path / "x.json").write_text('{"request": {"body": {}}, "response": {"body": [}}')
    with pytest.raises(CassetteInvalid, match=r"x\.json can't be read"):
        interaction.load()


def raised(tmp_path: Path, answer: Any = None, **said: Any) -> Interaction:
    """The recording of a call that raised, `answer` being what came before."""
    streams = isinstance(answer, list)
    told = {"is_exception": True, "exception_message": "Oh.", **said}
    return read(tmp_path, CHAT, chat("hi"), answer, response={"body": answer, "is_streaming": streams, **told})


@pytest.mark.parametrize(
    ("data", "status", "answer"),
    [
        ({"type": "NotFoundError", "status_code": 404, "body": {"code": "x"}}, 404, {"error": {"code": "x"}}),
        ({"type": "BadRequestError", "status_code": 400, "body": {"error": "x"}}, 400, {"error": "x"}),
        ({"type": "APIStatusError", "status_code": 413, "body": "Too large"}, 413, {"error": {"message": "Too large"}}),
        ({"provider": "ollama", "status_code": 404, "message": "no model"}, 404, {"error": "no model"}),
        ({"type": "ValueError", "message": "no"}, 400, {"error": {"message": "no"}}),
        (
            {"type": "APIConnectionError", "message": "Connection error."},
            502,
            {"error": {"message": "Connection error."}},
        ),
        ({"type": "APITimeoutError", "message": "late"}, 504, {"error": {"message": "late"}}),
        (None, 500, {"error": {"message": "Oh."}}),
    ],
)
def test_an_exception_is_the_answer_that_made_it(tmp_path: Path, data: Any, status: int, answer: Any) -> None:
    interaction = raised(tmp_path, exception_data=data)
    assert (interaction.load().status, json.loads(body(interaction))) == (status, answer)
    assert interaction.end is End.COMPLETE


@pytest.mark.parametrize(
    ("kind", "end", "last"),
    [
        ("APIError", End.COMPLETE, b'data: {"error":{"message":"Oh."}}\n\n'),
        (
            "RemoteProtocolError",
            End.CUT,
            b'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}\n\n',
        ),
        (
            "APITimeoutError",
            End.TIMEOUT,
            b'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}\n\n',
        ),
    ],
)
def test_an_exception_within_a_stream(tmp_path: Path, kind: str, end: End, last: bytes) -> None:
    interaction = raised(tmp_path, [chunk("a")], exception_data={"type": kind, "message": "Oh."})
    assert (interaction.end, interaction.load().end, interaction.load().status) == (end, end, 200)
    assert interaction.load().chunks[-1].data == last


def test_what_has_no_class_is_as_it_stands(tmp_path: Path) -> None:
    call = {
        "request": {"url": "http://localhost:8000/v1/rerank", "method": "POST", "payload": {"query": "x"}},
        "response": {"status": 201, "body": {"results": [1]}, "is_streaming": False},
        "id_normalization_mapping": None,
    }
    (tmp_path / "x.json").write_text(json.dumps(call))
    interaction = read_recording(tmp_path / "x.json", "x.json")
    assert interaction is not None
    assert (interaction.asked.body, interaction.load().status) == (b'{"query": "x"}', 201)
    assert body(interaction) == b'{"results":[1]}'


def test_a_file_that_an_editor_marked(tmp_path: Path) -> None:
    read(tmp_path, CHAT, chat("hi"), chunk("x"))
    (tmp_path / "x.json").write_text((tmp_path / "x.json").read_text(), "utf-8-sig")
    interaction = read_recording(tmp_path / "x.json", "x.json")
    assert interaction is not None
    assert interaction.load().chunks


def test_what_a_library_is_told_beside_the_body_isnt_part_of_it(tmp_path: Path) -> None:
    said = chat("hi", extra_headers={"x-test": "1"}, extra_query=None, timeout=30)
    assert read(tmp_path, CHAT, said, chunk("x")).asked.key == asked(chat("hi")).key


@pytest.fixture(scope="module")
def folder(recordings_dir: Path) -> Path:
    return recordings_dir / "llama-stack-e9b4278a5"


@pytest.mark.recordings
def test_all_recordings_are_read_and_every_answer_can_be_given(folder: Path) -> None:
    cassette = read_cassette(folder)
    assert len(cassette) == 938
    assert cassette.notes == []
    cut = [interaction.origin.file for interaction in cassette.interactions if interaction.end is End.CUT]
    assert cut == ["mixed/a98eecadddc8.json"]
    for interaction in cassette.interactions:
        answered = interaction.load()
        assert answered.chunks
        assert answered.end is interaction.end
        if answered.headers["content-type"] == "text/event-stream":
            assert all(one.data.startswith(b"data: ") and one.data.count(b"\n") == 2 for one in answered.chunks)
            assert (answered.chunks[-1].data == b"data: [DONE]\n\n") is (answered.end is End.COMPLETE)


@pytest.mark.recordings
async def test_a_recording_is_found_for_the_request_that_made_it(folder: Path) -> None:
    body = {
        "model": "llama3.2:3b-instruct-fp16",
        "messages": [
            {"role": "system", "content": "You are a helpful assistant"},
            {"role": "user", "content": [{"type": "text", "text": "Give me a sentence that contains the word: hello"}]},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    replay = open_cassette(folder, Mode.REPLAY, None, clock=lambda: 0)
    answer = await replay.send(request(body, url="http://localhost:11434/v1/chat/completions"))
    events = [json.loads(data[6:]) for data in await body_of(answer) if data != b"data: [DONE]\n\n"]
    text = "".join(event["choices"][0]["delta"]["content"] or "" for event in events if event["choices"])
    assert text == "It was great to finally meet you, and I'd like to say hello!"
    usage = events[-1]["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (40, 17, 57)
    [cut] = [one for one in replay.cassette.interactions if one.end is End.CUT]
    broken = await replay.send(request(cut.asked.body, url=cut.asked.url, upstream=cut.asked.upstream))
    with pytest.raises(UpstreamCut):
        await body_of(broken)
