"""What the images API is sent. The whole of it on the wire: tests/server/test_image_generation.py."""

import base64
import json

import pytest

from antiphon.errors import ToolFailed
from antiphon.tools.image_form import Picture, Wish, picture
from antiphon.wire.image_generation import ImageGenerationTool

TOOL = ImageGenerationTool(model="theirs", size="auto", partial_images=2, svg={"model": "m"}, input_fidelity="high")
ONE = Picture(b"one", "png")


def test_a_new_picture_is_json_with_what_was_said() -> None:
    wish = Wish("A cat", TOOL, response_format="b64_json")
    kind, body = wish.body(stream=True)
    assert (wish.path, kind) == ("/images/generations", "application/json")
    assert json.loads(body) == {
        "model": "theirs", "prompt": "A cat", "size": "auto", "svg": {"model": "m"}, "response_format": "b64_json",
        "stream": True, "partial_images": 2,
    }  # fmt: skip


def test_the_operators_model_goes_before_the_clients() -> None:
    assert json.loads(Wish("A cat", ImageGenerationTool(), model="own").body(stream=False)[1])["model"] == "own"
    assert json.loads(Wish("A cat", TOOL, model="own").body(stream=False)[1])["model"] == "own"
    assert "model" not in json.loads(Wish("A cat", ImageGenerationTool()).body(stream=False)[1])


def test_a_changed_picture_is_the_same_form_each_time() -> None:
    wish = Wish("Redder", TOOL, (ONE, ONE), mask=ONE)
    assert wish.path == "/images/edits"
    kind, body = wish.body(stream=False)
    assert (kind, body) == wish.body(stream=False)
    mark = kind.partition("boundary=")[2].encode()
    assert body.startswith(b"--" + mark + b"\r\n")
    assert body.endswith(b"--" + mark + b"--\r\n")
    assert body.count(b'name="image[]"') == 2
    assert b'name="svg"\r\n\r\n{"model":"m"}\r\n' in body
    other = Wish("Bluer", TOOL, (ONE, ONE), mask=ONE).body(stream=False)
    assert other[0] != kind


def test_a_data_url_is_a_picture() -> None:
    encoded = base64.b64encode(b"\x89PNG").decode()
    assert picture(f"data:image/webp;base64,{encoded}") == Picture(b"\x89PNG", "webp")
    assert picture(f"data:image/;base64,{encoded}").kind == "png"
    with pytest.raises(ToolFailed):
        picture("data:image/png;base64,%%%")
