"""Image generation as a call: what a model is offered, and the item while it is made."""

import pytest
from engine_answers import answered, call

from antiphon.engine.kinds.face import Binding, Outcome
from antiphon.engine.kinds.image_generation import ImageGenerationFace, PartialImage, image_function
from antiphon.wire.image_generation import ImageGenerationTool

BINDING = Binding(ImageGenerationFace, "image_generation")


@pytest.mark.parametrize(
    ("action", "members", "verb"),
    [(None, ["prompt", "edit"], "Make"), ("auto", ["prompt", "edit"], "Make"), ("generate", ["prompt"], "Make"), ("edit", ["prompt"], "Change")],
)  # fmt: skip
def test_a_model_may_choose_to_edit_where_the_client_left_it_open(
    action: str | None, members: list[str], verb: str
) -> None:
    function = image_function(ImageGenerationTool(action=action))  # type: ignore[arg-type] # one of the words it takes
    assert list(function["parameters"]["properties"]) == members
    assert function["description"].startswith(verb)


def test_a_call_that_was_cut_failed() -> None:
    end = {"choices": [{"delta": {}, "finish_reason": "length"}]}
    answer = answered(call(0, "call_1", "image_generation", '{"pro'), end, tools=[{"type": "image_generation"}])
    (item,) = answer.output
    assert (item["status"], item["result"]) == ("failed", None)


def test_an_error_has_all_that_the_api_has() -> None:
    face = ImageGenerationFace("ig_1", "call_1", "image_generation", BINDING)
    item = face.item("completed", "{}", Outcome(error={"message": "No."}))
    assert (item.status, item.error) == ("failed", {"type": "image_generation_error", "code": None, "message": "No."})
    assert face.ended(Outcome(error={})) == []


def test_only_pictures_are_progress() -> None:
    face = ImageGenerationFace("ig_1", "call_1", "image_generation", BINDING)
    (event,) = face.progress(PartialImage(b64_json="aGk=", partial_image_index=1))
    assert getattr(event, "partial_image_index", None) == 1
    with pytest.raises(TypeError):
        face.progress("half a picture")
