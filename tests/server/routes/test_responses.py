"""`/v1/responses` against the running server, in its plain uses."""

from typing import Any

import httpx2
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


def test_an_answer_that_is_not_to_be_stored_leaves_nothing(scene: Scene) -> None:
    scene.play(text("Hello!"))
    answer = scene.stream(store=False)
    assert answer.response["store"] is False
    path = f"/responses/{answer.response['id']}"
    assert scene.server.get(path).status == 404
    assert scene.server.get(f"{path}/input_items").status == 404
    refused = scene.answer(previous_response_id=answer.response["id"])
    assert (refused.status, refused.error["param"]) == (404, "previous_response_id")


def test_a_deleted_answer_is_gone(scene: Scene) -> None:
    scene.play(text("Hello!"))
    path = f"/responses/{scene.answer().response['id']}"
    assert scene.server.delete(path).status == 200
    assert scene.server.get(path).status == 404
    assert scene.server.delete(path).status == 404
    assert scene.server.get(f"{path}/input_items").status == 404


def test_a_chain_tells_the_model_all_that_was_said_and_no_old_instructions(scene: Scene) -> None:
    scene.play(text("One."), text("Two."), text("Three."))
    first = scene.stream(input="1?", instructions="Count.")
    second = scene.answer(input="2?", previous_response_id=first.response["id"])
    scene.stream(input="3?", previous_response_id=second.response["id"], instructions="Stop.")
    assert [(message["role"], message["content"]) for message in scene.calls[-1].json["messages"]] == [
        ("system", "Stop."),
        ("user", "1?"),
        ("assistant", "One."),
        ("user", "2?"),
        ("assistant", "Two."),
        ("user", "3?"),
    ]


def test_what_was_put_in_is_listed_page_by_page(scene: Scene) -> None:
    scene.play(text("Hello!"))
    items = [{"role": "user", "content": f"{number}"} for number in range(25)]
    path = f"/responses/{scene.answer(input=items).response['id']}/input_items"
    newest = scene.server.get(path).json
    assert said_in(newest) == [str(number) for number in range(24, 4, -1)]
    assert newest["has_more"] is True
    rest = scene.server.get(path, after=newest["last_id"]).json
    assert said_in(rest) == ["4", "3", "2", "1", "0"]
    assert rest["has_more"] is False
    oldest = scene.server.get(path, order="asc", limit=3).json
    assert said_in(oldest) == ["0", "1", "2"]
    assert said_in(scene.server.get(path, order="asc", limit=100).json) == [str(number) for number in range(25)]


def said_in(page: dict[str, Any]) -> list[str]:
    return [item["content"][0]["text"] for item in page["data"]]


@pytest.mark.parametrize(
    ("query", "status", "param"),
    [
        ({"limit": 0}, 400, "limit"),
        ({"limit": 101}, 400, "limit"),
        ({"limit": "ten"}, 400, "limit"),
        ({"order": "up"}, 400, "order"),
        ({"after": "msg_none"}, 404, "after"),
    ],
)
def test_a_page_that_cannot_be(scene: Scene, query: dict[str, Any], status: int, param: str) -> None:
    scene.play(text("Hello!"))
    answer = scene.server.get(f"/responses/{scene.answer().response['id']}/input_items", **query)
    assert (answer.status, answer.error["param"]) == (status, param)


def test_items_of_unknown_types_are_kept_and_noted(scene: Scene) -> None:
    scene.play(text("Hello!"))
    thing = {"type": "telepathy", "id": "tp_1", "status": "completed", "waves": [1, 2, {"deep": None}]}
    answer = scene.stream(input=[thing, {"role": "user", "content": "Hello?"}])
    assert answer.headers["antiphon-ignored"] == "input[0]"
    # No SDK knows it, so this is read unjudged.
    listed = httpx2.get(f"{scene.server.url}/responses/{answer.response['id']}/input_items").json()["data"]
    assert listed[-1] == thing


def test_the_response_names_the_model_that_was_asked(scene: Scene) -> None:
    scene.play(text("Hello!"))
    assert scene.answer(model="ollama/qwen3").response["model"] == "ollama/qwen3"
    assert scene.asked["model"] == "qwen3"


class TestNotes:
    """Fields that can't be honoured: named in headers, refused where the client is strict."""

    def test_what_is_ignored_is_named(self, scene: Scene) -> None:
        scene.play(text("Hello!"))
        answer = scene.stream(image={"context_compression": "auto"}, strange=1, user=None)
        assert answer.headers["antiphon-ignored"].split(", ") == ["image", "strange"]
        assert "antiphon-approximated" not in answer.headers

    def test_what_is_approximated_is_named(self, scene: Scene) -> None:
        scene.play(text("Hello!"))
        developer = {"role": "developer", "content": "Be brief."}
        answer = scene.answer(input=[{"role": "user", "content": "Hello?"}, developer])
        assert answer.headers["antiphon-approximated"] == "input"

    def test_nothing_is_noted_where_the_upstream_honours_all(self, scene: Scene) -> None:
        scene.play(text("Hello!"))
        answer = scene.stream(
            model="full/m", user="u", safety_identifier="s", prompt_cache_key="k", service_tier="flex",
            text={"verbosity": "low"}, reasoning={"effort": "low"}, top_logprobs=1, temperature=0, top_p=1,
        )  # fmt: skip
        assert not {"antiphon-ignored", "antiphon-approximated"} & set(answer.headers)
        sent = {name: value for name, value in scene.asked.items() if name not in {"messages", "model"}}
        assert sent == {
            "user": "u", "safety_identifier": "s", "prompt_cache_key": "k", "service_tier": "flex",
            "verbosity": "low", "reasoning_effort": "low", "logprobs": True, "top_logprobs": 1, "temperature": 0,
            "top_p": 1, "stream": True, "stream_options": {"include_usage": True},
        }  # fmt: skip

    def test_a_make_that_lacks_a_field_is_not_sent_it(self, scene: Scene) -> None:
        scene.play(text("Hello!"))
        answer = scene.stream(model="ollama/m", user="u", reasoning={"effort": "low"}, text={"verbosity": "low"})
        assert answer.headers["antiphon-ignored"].split(", ") == ["text.verbosity", "user"]
        assert scene.asked["reasoning_effort"] == "low"
        assert not {"user", "verbosity"} & scene.asked.keys()

    @pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
    def test_strictly_it_is_refused(self, scene: Scene, *, stream: bool) -> None:
        answer = scene.answer({"antiphon-strict": "1"}, strange=1, stream=stream)
        assert (answer.status, answer.error["param"]) == (400, "strange")
        assert answer.error["code"] == "unsupported_parameter"
        assert scene.calls == []

    def test_strictly_what_is_honoured_is_answered(self, scene: Scene) -> None:
        scene.play(text("Hello!"))
        assert scene.stream({"antiphon-strict": "1"}, temperature=0.5).text == "Hello!"


def test_obfuscation_is_there_only_where_it_was_asked_for(scene: Scene) -> None:
    scene.play(text("Hel", "lo!"), text("Hel", "lo!"))
    padded = scene.stream(stream_options={"include_obfuscation": True})
    deltas = [event for event in padded.events if event["type"].endswith(".delta")]
    assert len({len(event["delta"]) + len(event["obfuscation"]) for event in deltas}) == 1
    plain = scene.stream(stream_options={"include_obfuscation": False})
    assert all("obfuscation" not in event for event in plain.events)


def test_in_the_background_it_is_queued_at_once(scene: Scene) -> None:
    scene.play(text("Hello!"))
    answer = scene.answer(background=True)
    assert (answer.status, answer.response["status"], answer.response["output"]) == (200, "queued", [])
    assert "antiphon-approximated" not in answer.headers
    followed = scene.server.get(f"/responses/{answer.response['id']}", stream="true")
    assert (followed.response["status"], followed.text) == ("completed", "Hello!")


def test_a_kept_answer_is_not_streamed_again(scene: Scene) -> None:
    scene.play(text("Hello!"))
    answer = scene.server.get(f"/responses/{scene.answer().response['id']}", stream="true")
    assert (answer.status, answer.error["param"]) == (400, "stream")
