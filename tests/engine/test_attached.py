"""Parts that name a file: found in every item that may have them, and replaced for the model alone."""

import base64
from typing import Any

import msgspec
import pytest

from antiphon.engine.attached import contents, wanted, with_attached
from antiphon.engine.input import Item, read_items
from antiphon.engine.picture_context import latest_pictures
from antiphon.errors import InvalidRequest
from antiphon.sources import seeded

Json = dict[str, Any]
PDF = base64.b64encode(b"%PDF-1.4").decode()
TEXT = base64.b64encode(b"text").decode()
IMAGE: Json = {"type": "input_image", "file_id": "file_1", "detail": "low"}
FILE: Json = {"type": "input_file", "file_id": "file_2"}


def items(*given: Json) -> list[Item]:
    return read_items([msgspec.Raw(msgspec.json.encode(item)) for item in given], "input", seeded("s", 0))


def message(*parts: Json) -> Json:
    return {"type": "message", "role": "user", "content": list(parts)}


def parts_of(item: Item) -> list[Json]:
    """What the model is told of an item, part by part."""
    ((_, content),) = contents(item)
    return [msgspec.json.decode(bytes(raw)) for raw in content if isinstance(raw, msgspec.Raw)]


def test_parts_that_name_a_file_or_bring_one() -> None:
    found = wanted(
        items(
            message({"type": "input_text", "text": '"file_id"'}, IMAGE, FILE),
            message({"type": "input_file", "file_url": "http://a/b"}, {"type": "input_file", "file_data": PDF}),
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": [IMAGE]},
            {"type": "computer_call_output", "call_id": "d", "output": {"type": "computer_screenshot", "file_id": "f"}},
        )
    )
    assert [part.at for part in found] == [
        "input[0].content[1]", "input[0].content[2]", "input[1].content[0]", "input[1].content[1]",
        "input[3].output[0]", "input[4].output[0]",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_image", "image_url": "http://a/b.png", "file_id": "f"},
        {"type": "input_image", "image_url": "http://a/b.png", "file_id": None},
        {"type": "input_file", "file_data": TEXT},
        {"type": "input_file", "file_data": "data:text/plain;base64,?"},
        {"type": "input_file", "file_data": "", "file_id": None},
        {"type": "new_thing", "file_id": "f"},
    ],
)
def test_parts_that_are_whole_or_somebody_elses_to_refuse(part: Json) -> None:
    assert wanted(items(message(part))) == []


def test_a_file_is_given_in_one_way() -> None:
    with pytest.raises(InvalidRequest) as fault:
        wanted(items(message(FILE | {"file_url": "http://a"})))
    assert fault.value.param == "input[0].content[0].file_url"


def test_the_model_is_told_what_the_store_is_not() -> None:
    given = items(message(IMAGE, FILE), {"role": "user", "content": "Hi."})
    picture = {"type": "input_image", "image_url": "data:image/png;base64,AA=="}
    shown = with_attached(given, {msgspec.json.encode(IMAGE): msgspec.json.encode(picture)})
    assert msgspec.json.decode(shown[0].raw)["content"] == [picture, FILE]
    assert parts_of(shown[0]) == [picture, FILE]
    assert (shown[0].id, shown[0].at, shown[1]) == (given[0].id, given[0].at, given[1])
    assert msgspec.json.decode(given[0].raw)["content"] == [IMAGE, FILE]
    assert latest_pictures(shown) == (picture["image_url"],)
    assert with_attached(given, {}) == given


def test_a_picture_of_a_screen_is_put_where_the_model_looks() -> None:
    output: Json = {"type": "computer_call_output", "call_id": "d", "output": {"type": "a", "file_id": "file_1"}}
    [part] = wanted(items(output))
    [shown] = with_attached(items(output), {part.raw: b'{"type":"input_text","text":"x"}'})
    assert parts_of(shown) == [{"type": "input_text", "text": "x"}]
    assert msgspec.json.decode(shown.raw)["output"]["file_id"] == "file_1"
