"""The latest picture of a conversation."""

from typing import Any

import msgspec
import pytest
from engine_answers import sources

from antiphon.engine.input import read_input
from antiphon.engine.picture_context import latest_pictures

ONE, TWO = "data:image/png;base64,MQ==", "data:image/webp;base64,Mg=="


def message(*urls: str | None) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "input_image", "image_url": url} for url in urls]}


@pytest.mark.parametrize(
    ("items", "pictures"),
    [
        ([], ()),
        ([{"role": "user", "content": "data:image/ is how it begins"}], ()),
        ([message("https://a.org/i.png", None)], ()),
        ([message(ONE), message(TWO), {"role": "user", "content": "Hi."}], (TWO,)),
        ([message(ONE, TWO)], (ONE, TWO)),
        ([message(ONE), {"type": "image_generation_call", "id": "ig_1", "result": "Mw==", "output_format": "jpeg"}], ("data:image/jpeg;base64,Mw==",)),
        ([message(ONE), {"type": "image_generation_call", "id": "ig_1", "result": None}], (ONE,)),
        ([{"type": "image_generation_call", "id": "ig_1", "result": "Mw=="}], ("data:image/png;base64,Mw==",)),
        ([{"type": "function_call_output", "call_id": "c", "output": [{"type": "input_image", "image_url": ONE}]}], (ONE,)),
    ],
)  # fmt: skip
def test_the_latest_that_came_as_data_counts(items: list[Any], pictures: tuple[str, ...]) -> None:
    read = read_input([msgspec.Raw(msgspec.json.encode(item)) for item in items], sources())
    assert latest_pictures(read) == pictures
