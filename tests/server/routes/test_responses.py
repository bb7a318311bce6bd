"""`/v1/responses` against the running server, in its plain uses."""

import pytest
from running_server import Scene

from antiphon.testing import text


def test_a_streamed_answer(scene: Scene) -> None:
    scene.play(text("Hel", "lo", "!", usage=(3, 2)))
    answer = scene.stream()
    assert answer.status == 200
    assert answer.kinds == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        *["response.output_text.delta"] * 3,
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert answer.text == "Hello!"
    assert answer.response["usage"]["total_tokens"] == 5
    assert answer.headers["cache-control"] == "no-store"


def test_an_answer_as_json(scene: Scene) -> None:
    scene.play(text("Hello!", usage=(3, 2)))
    answer = scene.answer()
    assert (answer.status, answer.text, answer.response["status"]) == (200, "Hello!", "completed")


def test_the_upstream_is_asked_for_nothing_that_the_request_did_not_say(scene: Scene) -> None:
    scene.play(text("Hello!"))
    scene.answer(input="Hello?")
    assert scene.asked == {
        "model": "m",
        "messages": [{"role": "user", "content": "Hello?"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_is_kept_as_it_was_sent(scene: Scene, *, stream: bool) -> None:
    scene.play(text("Hello!"))
    answer = scene.answer(stream=stream)
    assert scene.server.get(f"/responses/{answer.response['id']}").json == answer.response
