"""Image generation against a running server, by a scripted model server that has the images API, with the official client.

What it answers has the form of the API reference, "Images" and "Image generation streaming events".
"""

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openai
import pytest
from tool_server import ToolServer, tool_server

from antiphon.testing import Reply, Request, ScriptedUpstream, never, raw, status, text, tool_call
from antiphon.testing.scripted_reply import hang_up
from antiphon.testing.scripted_upstream import Answer

GENERATE, EDIT = "POST /v1/images/generations", "POST /v1/images/edits"
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\nfinished").decode()
HALF = base64.b64encode(b"\x89PNG\r\n\x1a\nhalf").decode()
OWN = base64.b64encode(b"\xff\xd8\xffthe user's own").decode()
HOW = {"background": "opaque", "output_format": "png", "quality": "high", "size": "1024x1024"}
MADE = status(200, {"created": 1, "data": [{"b64_json": PNG}], **HOW, "usage": {"total_tokens": 3}})
DRAW = tool_call("image_generation", {"prompt": "A grey cat"})
CHANGE = tool_call("image_generation", {"prompt": "Make it red", "edit": True})
GENERATING = ["image_generation_call.in_progress", "image_generation_call.generating"]
DRAWN = ["output_item.added", *GENERATING, "image_generation_call.completed", "output_item.done"]
TOOL: dict[str, Any] = {"type": "image_generation"}


def event(name: str, **members: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, 'created_at': 1, **HOW, **members})}\n\n".encode()


def streamed(kind: str = "image_generation") -> Reply:
    partial = [event(f"{kind}.partial_image", b64_json=HALF, partial_image_index=index) for index in range(2)]
    return raw([*partial, event(f"{kind}.completed", b64_json=PNG, usage={"total_tokens": 3})])


@contextmanager
def drawing(
    folder: Path, script: Sequence[Reply], paths: dict[str, Answer], *, more: str = "", **flags: Any
) -> Iterator[ToolServer]:
    """A server whose upstream says `script` and makes pictures as `paths` say."""
    with ScriptedUpstream(*script, models=["m"], paths=paths) as upstream:
        toml = f'[tools.image_generation]\nupstream = "up"\n{more}'
        with tool_server(folder, toml, upstream, **flags) as server:
            yield server


def asked(server: ToolServer) -> list[Request]:
    return [request for request in server.upstream.requests if "/images/" in request.path]


def test_a_picture_is_made_with_the_tools_options(tmp_path: Path) -> None:
    tool = {
        **TOOL, "model": "theirs", "size": "1024x1024", "quality": "high", "background": "opaque", "moderation": "low",
        "output_format": "png", "output_compression": 90,
    }  # fmt: skip
    with drawing(tmp_path, [DRAW, text("Here.")], {GENERATE: MADE}, more='model = "painter"') as server:
        told = server.ask(tools=[tool], tool_choice={"type": "image_generation"})
    (request,) = asked(server)
    assert request.json == {
        "model": "painter", "prompt": "A grey cat", "size": "1024x1024", "quality": "high", "background": "opaque",
        "moderation": "low", "output_format": "png", "output_compression": 90,
    }  # fmt: skip
    assert told.kinds[:5] == DRAWN
    call, message = told.output
    assert call == {
        "type": "image_generation_call", "id": call["id"], "status": "completed", "result": PNG, "action": "generate",
        "revised_prompt": "A grey cat", **HOW,
    }  # fmt: skip
    assert message["content"][0]["text"] == "Here."
    assert told.events[2]["item"] == {
        "type": "image_generation_call", "id": call["id"], "status": "in_progress", "result": None,
    }  # fmt: skip
    assert server.told == "The picture was made, and the user is shown it."
    (offered,) = server.calls[0].json["tools"]
    assert offered["function"]["name"] == "image_generation"
    assert offered["function"]["parameters"]["required"] == ["prompt"]


def test_pictures_that_are_not_finished_are_shown_as_they_come(tmp_path: Path) -> None:
    with drawing(tmp_path, [DRAW, text("Here.")], {GENERATE: streamed()}) as server:
        told = server.ask(tools=[{**TOOL, "model": "theirs", "partial_images": 2}])
    (request,) = asked(server)
    assert request.json == {"model": "theirs", "prompt": "A grey cat", "stream": True, "partial_images": 2}
    partial = ["image_generation_call.partial_image"] * 2
    assert told.kinds[:7] == ["output_item.added", *GENERATING, *partial, *DRAWN[-2:]]
    shown = [one for one in told.events if one["type"].endswith("partial_image")]
    assert [(one["partial_image_index"], one["partial_image_b64"], one["size"]) for one in shown] == [
        (0, HALF, "1024x1024"), (1, HALF, "1024x1024"),
    ]  # fmt: skip
    assert told.output[0]["result"] == PNG


def test_a_server_that_cannot_stream_is_asked_again_without(tmp_path: Path) -> None:
    def answer(request: Request) -> Reply:
        return (
            status(400, {"error": {"message": "Unknown parameter: 'stream'."}}) if request.json.get("stream") else MADE
        )

    with drawing(tmp_path, [DRAW, text("Here.")], {GENERATE: answer}) as server:
        told = server.ask(tools=[{**TOOL, "partial_images": 1}])
    assert [request.json for request in asked(server)] == [
        {"prompt": "A grey cat", "stream": True, "partial_images": 1}, {"prompt": "A grey cat"},
    ]  # fmt: skip
    assert told.kinds[:5] == DRAWN
    assert told.output[0]["result"] == PNG


def test_partial_pictures_of_a_second_call_wait_for_the_first(tmp_path: Path) -> None:
    both = tool_call("image_generation", {"prompt": "One"}, id="a") + tool_call(
        "image_generation", {"prompt": "Two"}, id="b"
    )
    with drawing(tmp_path, [both, text("Here.")], {GENERATE: streamed()}) as server:
        told = server.ask(tools=[{**TOOL, "partial_images": 2}])
    partial = ["image_generation_call.partial_image"] * 2
    assert told.kinds[:14] == ["output_item.added", *GENERATING, *partial, *DRAWN[-2:]] * 2
    assert [item.get("revised_prompt") for item in told.output[:2]] == ["One", "Two"]
    assert sorted(request.json["prompt"] for request in asked(server)) == ["One", "Two"]


def parts(request: Request) -> list[tuple[str, bytes]]:
    """The parts of a form, head and content."""
    mark = request.headers["content-type"].partition("boundary=")[2].encode()
    bodies = [part.strip(b"\r\n").partition(b"\r\n\r\n") for part in request.body.split(b"--" + mark)[1:-1]]
    return [(head.decode(), content) for head, _, content in bodies]


def test_the_users_picture_is_changed(tmp_path: Path) -> None:
    content = [
        {"type": "input_text", "text": "Make it red."},
        {"type": "input_image", "detail": "auto", "image_url": f"data:image/jpeg;base64,{OWN}"},
    ]
    tool = {
        **TOOL,
        "size": "auto",
        "input_fidelity": "high",
        "input_image_mask": {"image_url": f"data:image/png;base64,{HALF}"},
    }
    with drawing(tmp_path, [CHANGE, text("Red.")], {EDIT: MADE}, more='model = "painter"') as server:
        told = server.ask(input=[{"role": "user", "content": content}], tools=[tool])
    (request,) = asked(server)
    assert parts(request) == [
        ('content-disposition: form-data; name="model"', b"painter"),
        ('content-disposition: form-data; name="prompt"', b"Make it red"),
        ('content-disposition: form-data; name="size"', b"auto"),
        ('content-disposition: form-data; name="input_fidelity"', b"high"),
        (
            'content-disposition: form-data; name="image[]"; filename="0.jpeg"\r\ncontent-type: image/jpeg',
            base64.b64decode(OWN),
        ),
        (
            'content-disposition: form-data; name="mask"; filename="1.png"\r\ncontent-type: image/png',
            base64.b64decode(HALF),
        ),
    ]
    assert (told.output[0]["action"], told.output[0]["result"]) == ("edit", PNG)
    assert server.told == "The picture was changed, and the user is shown it."


def test_a_picture_made_before_is_changed_in_this_response_and_in_the_next(tmp_path: Path) -> None:
    script = [DRAW, CHANGE, text("Red."), CHANGE, text("Redder.")]
    paths: dict[str, Answer] = {GENERATE: MADE, EDIT: streamed("image_edit")}
    with drawing(tmp_path, script, paths) as server:
        first = server.ask(tools=[{**TOOL, "partial_images": 1}])
        second = server.ask(tools=[TOOL], input="Redder!", previous_response_id=first.final["id"])
        retold = [message for message in server.calls[-1].json["messages"] if message["role"] == "tool"]
    assert [item["type"] for item in first.output] == ["image_generation_call", "image_generation_call", "message"]
    assert [item["action"] for item in first.output[:2]] == ["generate", "edit"]
    assert second.output[0]["action"] == "edit"
    edits = [request for request in asked(server) if request.path.endswith("edits")]
    assert [
        dict(parts(one))['content-disposition: form-data; name="image[]"; filename="0.png"\r\ncontent-type: image/png']
        for one in edits
    ] == [base64.b64decode(PNG)] * 2
    assert retold[0]["content"] == "The picture was made, and the user was shown it."
    assert PNG not in json.dumps([call.json for call in server.calls])


FAILING: list[tuple[str, Answer, str]] = [
    ("down", hang_up(), "can't be reached"),
    ("slow", never(), "longer than 0.2 s"),
    ("refusing", status(400, {"error": {"message": "Your request was rejected by the safety system.", "code": "moderation_blocked"}}), "safety system"),
    ("locked", status(401, {"error": {"message": "Incorrect API key: secret-key-1"}}), "status 401"),
    ("an address", status(200, {"created": 1, "data": [{"url": "http://127.0.0.1/i.png"}]}), 'response-format = "b64_json"'),
    ("nothing", status(200, {"created": 1, "data": []}), "no picture"),
    ("no JSON", status(200, b"<html>"), "isn't JSON"),
    ("another form", status(200, {"pictures": []}), "form that the images API doesn't have"),
    ("a broken stream", raw([event("image_generation.partial_image", b64_json=HALF)]), "ended its answer without a picture"),
    ("an error in the stream", raw([b'event: error\ndata: {"type":"error","error":{"message":"Out of paint.","code":"paint"}}\n\n']), "Out of paint."),
    ("a stream of nonsense", raw([b"data: {no\n\n"]), "form that the images API doesn't have"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "why"), [one[1:] for one in FAILING], ids=[one[0] for one in FAILING])
def test_what_fails_is_an_error_on_the_item_and_the_loop_goes_on(tmp_path: Path, answer: Answer, why: str) -> None:
    with drawing(tmp_path, [DRAW, text("Sorry.")], {GENERATE: answer}, more="timeout = 0.2") as server:
        told = server.ask(tools=[TOOL])
    call, message = told.output
    assert told.kinds[:3] == ["output_item.added", *GENERATING]
    assert "image_generation_call.completed" not in told.kinds
    assert (call["status"], call["result"]) == ("failed", None)
    assert why in call["error"]["message"]
    assert why in server.told
    assert "secret-key-1" not in told.raw.decode() + server.told
    assert message["content"][0]["text"] == "Sorry."


@pytest.mark.parametrize(
    ("called", "tool", "why"),
    [
        (tool_call("image_generation", "{}"), TOOL, "has no prompt"),
        (CHANGE, TOOL, "no picture in this conversation"),
        (DRAW, {**TOOL, "action": "edit"}, "no picture in this conversation"),
    ],
)
def test_a_call_that_cannot_be_made_is_told_so(tmp_path: Path, called: Reply, tool: dict[str, Any], why: str) -> None:
    with drawing(tmp_path, [called, text("Sorry.")], {GENERATE: MADE}) as server:
        told = server.ask(tools=[tool])
    assert told.output[0]["status"] == "failed"
    assert why in server.told
    assert asked(server) == []


def test_a_call_beyond_the_limit_is_refused_in_the_items_own_form(tmp_path: Path) -> None:
    both = DRAW + tool_call("image_generation", {"prompt": "Two"}, id="b")
    with drawing(tmp_path, [both, text("One.")], {GENERATE: MADE}) as server:
        told = server.ask(tools=[TOOL], max_tool_calls=1)
    assert [item["status"] for item in told.output] == ["completed", "failed", "completed"]
    assert "max_tool_calls" in told.output[1]["error"]["message"]
    assert "max_tool_calls" in server.told
    assert len(asked(server)) == 1


def test_a_mask_at_an_address_is_noted(tmp_path: Path) -> None:
    mask: Any = {"image_url": "https://example.com/mask.png"}
    with drawing(tmp_path, [text("Ok.")], {}) as server:
        answer = server.client.responses.with_raw_response.create(
            model="up/m", input="Hi.", tools=[{"type": "image_generation", "input_image_mask": mask}]
        )
    assert answer.headers["antiphon-ignored"] == "tools[0].input_image_mask"


def test_a_mask_and_a_picture_by_their_ids(tmp_path: Path) -> None:
    with drawing(tmp_path, [CHANGE, text("Ok.")], {EDIT: MADE}) as server:
        own, mask = (
            server.client.files.create(file=("a.png", b"\x89PNG\r\n\x1a\n" + end), purpose="vision").id
            for end in (b"picture", b"mask")
        )
        parts = [{"type": "input_image", "file_id": own, "detail": "auto"}]
        tool: Any = {"type": "image_generation", "input_image_mask": {"file_id": mask}}
        server.ask(tools=[tool], input=[{"role": "user", "content": parts}])
        sent = asked(server)[0].body
        assert b"\x89PNG\r\n\x1a\npicture" in sent
        assert b"\x89PNG\r\n\x1a\nmask" in sent
        with pytest.raises(openai.NotFoundError) as missing:
            server.ask(tools=[{"type": "image_generation", "input_image_mask": {"file_id": "file_0"}}])
        assert missing.value.param == "tools[0].input_image_mask.file_id"


def test_without_an_upstream_for_it_it_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with (
        ScriptedUpstream(models=["m"]) as upstream,
        tool_server(tmp_path, "", upstream) as server,
        pytest.raises(openai.BadRequestError) as refused,
    ):
        server.ask(tools=[TOOL])
    assert (refused.value.param, refused.value.code) == ("tools[0]", "tool_not_configured")
    assert "[tools.image_generation]" in refused.value.message


def test_a_picture_is_recorded_and_replayed(tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    script = [DRAW, CHANGE, text("Red.")]
    paths: dict[str, Answer] = {GENERATE: streamed(), EDIT: MADE}
    tool = {**TOOL, "partial_images": 2}
    with drawing(tmp_path, script, paths, cassette=str(tape), mode="record") as server:
        recorded = server.ask(tools=[tool])
    toml = (tmp_path / "antiphon.toml").read_text()
    with (
        ScriptedUpstream(models=["m"]) as nobody,
        tool_server(tmp_path, toml, nobody, cassette=str(tape), mode="replay") as server,
    ):
        replayed = server.ask(tools=[tool])
        assert nobody.requests == []
    assert replayed.raw == recorded.raw
    assert [item["type"] for item in replayed.output] == ["image_generation_call", "image_generation_call", "message"]
