import base64

import msgspec
import pytest
from engine_answers import Json

from antiphon.engine.notes import Notes
from antiphon.engine.parts import chat_content, plain_text
from antiphon.errors import InvalidRequest


def content(*parts: object) -> list[msgspec.Raw]:
    return [msgspec.Raw(msgspec.json.encode(part)) for part in parts]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("kind", ["input_text", "output_text", "text", "summary_text", "reasoning_text"])
def test_text_of_every_name(kind: str) -> None:
    assert chat_content(content({"type": kind, "text": "x"}), "c", Notes()) == [{"type": "text", "text": "x"}]


@pytest.mark.parametrize("url", ["https://e.org/i.png", "data:image/png;base64,aA=="])
def test_an_image_keeps_its_url(url: str) -> None:
    found = chat_content(content({"type": "input_image", "image_url": url}), "c", Notes())
    assert found == [{"type": "image_url", "image_url": {"url": url}}]


@pytest.mark.parametrize("start", ["", "data:text/plain;base64,", "data:;base64,"])
def test_a_file_is_shown_as_text(start: str) -> None:
    part = {"type": "input_file", "filename": "n.txt", "file_data": start + encoded("é\n")}
    assert chat_content(content(part), "c", Notes()) == [{"type": "text", "text": "n.txt:\né\n"}]
    del part["filename"]
    assert chat_content(content(part), "c", Notes()) == [{"type": "text", "text": "é\n"}]


@pytest.mark.parametrize("data", ["!", "é", "aA", "/w==", "data:text/plain,aa aa", "data:application/pdf;base64,/9j/"])
def test_a_file_that_isnt_text_is_refused(data: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        chat_content(content({"type": "input_file", "file_data": data}), "input[0].content", Notes())
    assert refusal.value.param == "input[0].content[0].file_data"
    assert refusal.value.code == "unsupported_file"


@pytest.mark.parametrize(
    ("part", "param"),
    [
        ({"type": "input_image"}, "c[1].image_url"),
        ({"type": "input_image", "image_url": 5}, "c[1].image_url"),
        ({"type": "input_image", "file_id": "f"}, "c[1].image_url"),
        ({"type": "input_file"}, "c[1].file_data"),
        ({"type": "input_file", "file_url": "https://e.org"}, "c[1].file_data"),
        ({"type": "input_text"}, "c[1].text"),
        ({"type": "input_text", "text": None}, "c[1].text"),
        ({"type": "refusal"}, "c[1].refusal"),
        ({"type": 5}, "c[1].type"),
        ({}, "c[1].type"),
        ({"text": "x"}, "c[1].type"),
        ("x", "c[1]"),
        (None, "c[1]"),
    ],
)
def test_a_broken_part_is_refused_by_its_place(part: object, param: str) -> None:
    good = {"type": "input_text", "text": "x"}
    for read in (chat_content, plain_text):
        with pytest.raises(InvalidRequest) as refusal:
            read(content(good, part), "c", Notes())
        assert refusal.value.param == param


def test_a_new_kind_of_part_is_noted() -> None:
    notes = Notes()
    parts: list[Json] = [{"type": "input_audio", "data": "x"}, {"type": "input_text", "text": "x"}]
    assert chat_content(content(*parts), "c", notes) == [{"type": "text", "text": "x"}]
    assert notes.ignored == ["c[0]"]
