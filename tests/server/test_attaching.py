"""Files and pictures by id, by address and as data: what the model is told of them, and what is stored."""

import base64
from pathlib import Path
from typing import Any

import openai
import pytest
from running_server import RunningServer, Scene, running_server
from sample_files import pdf

from antiphon.server.attaching import picture_type
from antiphon.testing import ScriptedUpstream, text

Json = dict[str, Any]
EVERYWHERE = "0.0.0.0"  # noqa: S104 - a server that others reach is the one that is guarded
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def uploaded(server: RunningServer, name: str, content: bytes) -> str:
    return server.client.files.create(file=(name, content), purpose="user_data").id


def asking(*parts: Json) -> list[Json]:
    return [{"type": "message", "role": "user", "content": list(parts)}]


def told(scene: Scene, number: int = 0) -> Any:
    return scene.calls[number].json["messages"][-1]["content"]


@pytest.fixture
def document() -> bytes:
    return pdf(["The moon is made of green cheese."])


def test_a_picture_by_its_id(scene: Scene) -> None:
    file = uploaded(scene.server, "a.bin", PNG)
    part = {"type": "input_image", "file_id": file, "detail": "low"}
    scene.play(text("A picture."), text("Still a picture."))
    first = scene.answer(input=asking(part))
    url = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert told(scene) == [{"type": "image_url", "image_url": {"url": url, "detail": "low"}}]
    listed = scene.server.get(f"/responses/{first.response['id']}/input_items").json["data"][0]
    assert listed["content"][0]["file_id"] == file
    assert "image_url" not in listed["content"][0]
    scene.answer(previous_response_id=first.response["id"], input="And now?")
    assert scene.calls[1].json["messages"][0]["content"] == told(scene)
    assert url in scene.calls[1].body.decode()


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [("a.txt", "Ünique".encode(), "a.txt:\nÜnique"), ("b.html", b"<b>hi</b>", "b.html:\n<b>hi</b>")],
)
def test_a_file_of_text_by_its_id(scene: Scene, name: str, content: bytes, expected: str) -> None:
    file = uploaded(scene.server, name, content)
    scene.play(text("Read."))
    scene.answer(input=asking({"type": "input_file", "file_id": file}))
    assert told(scene) == [{"type": "text", "text": expected}]


def test_the_text_of_a_document_by_its_id_and_as_data(scene: Scene, document: bytes) -> None:
    file = uploaded(scene.server, "moon.pdf", document)
    data = f"data:application/pdf;base64,{base64.b64encode(document).decode()}"
    scene.play(text("Cheese."))
    part = {"type": "input_file", "filename": "other.pdf", "file_data": data}
    scene.answer(input=asking({"type": "input_file", "file_id": file}, part))
    first, second = (part["text"] for part in told(scene))
    assert first.startswith("moon.pdf:\n")
    assert second.startswith("other.pdf:\n")
    assert "green cheese" in first
    assert "green cheese" in second


def test_a_server_that_reads_documents_gets_them_whole(scene: Scene, document: bytes) -> None:
    file = uploaded(scene.server, "moon.pdf", document)
    scene.play(text("Cheese."))
    scene.answer(model="full/m", input=asking({"type": "input_file", "file_id": file}))
    data = f"data:application/pdf;base64,{base64.b64encode(document).decode()}"
    assert told(scene) == [{"type": "file", "file": {"filename": "moon.pdf", "file_data": data}}]


def test_a_picture_among_the_files_is_shown_as_one(scene: Scene) -> None:
    file = uploaded(scene.server, "a.png", PNG)
    scene.play(text("A picture."))
    scene.answer(input=asking({"type": "input_file", "file_id": file}))
    assert told(scene)[0]["type"] == "image_url"


def test_files_in_what_a_tool_gave_back(scene: Scene) -> None:
    file = uploaded(scene.server, "a.txt", b"forty-two")
    scene.play(text("42."))
    scene.answer(
        input=[
            {"role": "user", "content": "Look it up."},
            {"type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_file", "file_id": file}]},
        ]
    )
    assert told(scene) == [{"type": "text", "text": "a.txt:\nforty-two"}]


@pytest.mark.parametrize(
    ("part", "param"),
    [
        ({"type": "input_file", "file_id": "file_x"}, "input[0].content[0].file_id"),
        ({"type": "input_image", "file_id": "file_x", "detail": "auto"}, "input[0].content[0].file_id"),
    ],
)
def test_a_file_that_is_not_there_is_named(scene: Scene, part: Json, param: str) -> None:
    answer = scene.answer(input=asking(part))
    assert (answer.status, answer.error["param"]) == (404, param)
    assert "'file_x'" in answer.error["message"]
    assert not scene.calls


def test_what_is_no_picture_and_what_has_no_text(scene: Scene) -> None:
    for name, content, kind in (("a.txt", b"text", "input_image"), ("a.pdf", b"%PDF-broken", "input_file")):
        file = uploaded(scene.server, name, content)
        answer = scene.answer(input=asking({"type": kind, "file_id": file, "detail": "auto"}))
        assert (answer.status, answer.error["param"]) == (400, "input[0].content[0]")
        assert f"'{name}'" in answer.error["message"]


def test_a_conversation_goes_on_when_its_file_is_gone(scene: Scene) -> None:
    file = uploaded(scene.server, "a.txt", b"secret")
    scene.play(text("Read."), text("Gone."))
    first = scene.answer(input=asking({"type": "input_file", "file_id": file}))
    scene.server.client.files.delete(file)
    second = scene.answer(previous_response_id=first.response["id"], input="And now?")
    assert second.status == 200
    assert f"No such File object: '{file}'" in scene.calls[1].json["messages"][0]["content"][0]["text"]
    assert second.headers["antiphon-ignored"].endswith("content[0]")
    strict = scene.answer({"antiphon-strict": "1"}, previous_response_id=first.response["id"], input="And now?")
    assert strict.status == 400


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A cassette on which a file was fetched by its address."""
    tape = tmp_path / "tape.jsonl"
    with ScriptedUpstream(text("Read."), models=["m"]) as upstream, ScriptedUpstream(models=["web"]) as web:
        flags = ("--upstream", f"up={upstream.url}", "--cassette", str(tape), "--mode", "record")
        with running_server(*flags, folder=tmp_path) as server:
            answer = by_address(server, f"{web.url}/models")
            assert "models:\n" in upstream.requests[-1].json["messages"][0]["content"][0]["text"]
            assert '"web"' in upstream.requests[-1].json["messages"][0]["content"][0]["text"]
            assert answer.output_text == "Read."
        (tmp_path / "url").write_text(f"{web.url}/models")
    return tape


def by_address(server: RunningServer, url: str) -> Any:
    content: Any = asking({"type": "input_file", "file_url": url})
    return server.client.responses.create(model="up/m", input=content)


def test_a_file_by_its_address_is_recorded_and_replayed(recorded: Path) -> None:
    url = recorded.with_name("url").read_text()
    with running_server("--cassette", str(recorded), "--mode", "replay") as server:
        assert by_address(server, url).output_text == "Read."
        with pytest.raises(openai.APIStatusError, match="other"):
            by_address(server, f"{url}/other")


def test_an_address_is_guarded(tmp_path: Path) -> None:
    with (
        ScriptedUpstream(models=["m"]) as upstream,
        running_server(
            "--upstream", f"up={upstream.url}", "--host", EVERYWHERE, "--insecure", folder=tmp_path
        ) as server,
    ):
        with pytest.raises(openai.BadRequestError) as refused:
            by_address(server, f"{upstream.url}/models")
        assert (refused.value.code, refused.value.param) == ("address_refused", "input[0].content[0].file_url")


def test_pictures_are_told_by_their_first_bytes() -> None:
    starts = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF....WEBPVP8 ", b"BM", b"")
    assert [picture_type(start) for start in starts] == [
        "image/png", "image/jpeg", "image/gif", "image/webp", None, None,
    ]  # fmt: skip
