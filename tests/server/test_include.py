"""What `include` shows, at every door: a new answer, a kept one, its input, and the items of a conversation."""

from typing import Any

import msgspec
import openai
import pytest
from official import plain
from running_server import Scene

from antiphon.engine.included import HIDDEN, given_out
from antiphon.testing import reasoning, text

Json = dict[str, Any]

PIXEL = "data:image/png;base64,iVBORw0KGgo="
EVERYTHING = list(HIDDEN)
GIVEN: list[Json] = [
    {"type": "file_search_call", "id": "fs_1", "queries": ["q"], "status": "completed", "results": [{"text": "t"}]},
    {
        "type": "web_search_call",
        "id": "ws_1",
        "status": "completed",
        "action": {"type": "search", "query": "q", "sources": [{"type": "url", "url": "https://example.com"}]},
    },
    {
        "type": "code_interpreter_call",
        "id": "ci_1",
        "code": "1",
        "container_id": "cntr_1",
        "status": "completed",
        "outputs": [{"type": "logs", "logs": "1"}],
    },
    {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": PIXEL, "detail": "auto"}]},
]


def hidden(items: list[Any]) -> list[Any]:
    """What each of the given items says where `include` counts, in their order."""
    said = [plain(item) for item in items]
    (files,) = [item for item in said if item["type"] == "file_search_call"]
    (web,) = [item for item in said if item["type"] == "web_search_call"]
    (code,) = [item for item in said if item["type"] == "code_interpreter_call"]
    images = [part for item in said if item["type"] == "message" for part in item["content"]]
    images = [part for part in images if part["type"] == "input_image"]
    return [files["results"], web["action"].get("sources"), code["outputs"], images[0]["image_url"]]


SHOWN = [GIVEN[0]["results"], GIVEN[1]["action"]["sources"], GIVEN[2]["outputs"], PIXEL]


def bare(item: Any) -> Any:
    """An item as an answer gives it out when nothing was asked for."""
    raw = msgspec.Raw(msgspec.json.encode(item))
    return msgspec.json.decode(given_out(raw, ()))


@pytest.fixture
def sdk(scene: Scene) -> Any:
    """The official client; what it is sent is JSON."""
    return scene.server.client


def shown(items: list[Any]) -> list[Any]:
    files, *rest = hidden(items)
    return [[{"text": files[0]["text"]}] if files else files, *rest]


def test_what_was_put_in_is_shown_whole(scene: Scene, sdk: Any) -> None:
    scene.play(text("Hello!"))
    response = sdk.responses.create(model="scripted/m", input=GIVEN)
    assert shown(list(sdk.responses.input_items.list(response.id))) == SHOWN
    assert shown(list(sdk.responses.input_items.list(response.id, include=EVERYTHING))) == SHOWN
    image = {"type": "image_url", "image_url": {"url": PIXEL, "detail": "auto"}}
    assert scene.asked["messages"][-1] == {"role": "user", "content": [image]}


def test_items_of_a_conversation_are_whole_at_every_door(sdk: Any) -> None:
    conversation = sdk.conversations.create()
    created = sdk.conversations.items.create(conversation.id, items=GIVEN)
    assert shown(created.data) == SHOWN
    assert shown(list(sdk.conversations.items.list(conversation.id))) == SHOWN
    assert shown(list(sdk.conversations.items.list(conversation.id, include=EVERYTHING))) == SHOWN
    more = [{**item, "id": f"{item.get('id', 'msg_1')}_b"} for item in GIVEN]
    again = sdk.conversations.items.create(conversation.id, items=more, include=EVERYTHING)
    assert shown(again.data) == SHOWN
    one = sdk.conversations.items.retrieve("ci_1", conversation_id=conversation.id)
    assert plain(one)["outputs"] == SHOWN[2]
    one = sdk.conversations.items.retrieve(
        "ci_1", conversation_id=conversation.id, include=["code_interpreter_call.outputs"]
    )
    assert plain(one)["outputs"] == SHOWN[2]


def test_a_kept_answer_shows_what_the_query_asks_for(scene: Scene, sdk: Any) -> None:
    scene.play(reasoning("Hm.") + text("Hello!"))
    made = scene.stream(include=["reasoning.encrypted_content"])
    assert made.output[0]["encrypted_content"].startswith("a1.")
    kept = sdk.responses.retrieve(made.response["id"])
    assert kept.output[0].encrypted_content is None
    kept = sdk.responses.retrieve(made.response["id"], include=["reasoning.encrypted_content"])
    assert kept.output[0].encrypted_content.startswith("a1.")


def test_an_unknown_word_is_refused_by_the_names_of_the_known_ones(scene: Scene, sdk: Any) -> None:
    scene.play(text("Hello!"))
    response = sdk.responses.create(model="scripted/m", input="Hello?")
    conversation = sdk.conversations.create()
    for ask in (
        lambda: sdk.responses.create(model="scripted/m", input="Hello?", include=["all"]),
        lambda: sdk.responses.retrieve(response.id, include=["all"]),
        lambda: list(sdk.responses.input_items.list(response.id, include=["all"])),
        lambda: list(sdk.conversations.items.list(conversation.id, include=["all"])),
    ):
        with pytest.raises(openai.BadRequestError) as refused:
            ask()
        assert (refused.value.param or "").startswith("include")
        assert all(name in refused.value.message for name in HIDDEN)


def test_what_was_given_out_bare_and_comes_back_is_whole_for_the_model(scene: Scene, sdk: Any) -> None:
    conversation = sdk.conversations.create(items=GIVEN)
    listed = [bare(plain(item)) for item in sdk.conversations.items.list(conversation.id, order="asc")]
    assert PIXEL not in str(listed)
    scene.play(text("Hello!"), text("Hello!"))
    sdk.responses.create(model="scripted/m", input=listed, store=False)
    sdk.responses.create(model="scripted/m", input=GIVEN, store=False)
    first, second = (call.json["messages"] for call in scene.calls)
    assert [message["role"] for message in first] == [message["role"] for message in second]
    assert first[-1] == second[-1]
    assert PIXEL in str(first[-1])
    (ran,) = [message["content"] for message in first if message["role"] == "tool" and "1" in message["content"]]
    assert ran in [message["content"] for message in second]


def test_a_new_answer_takes_every_word(scene: Scene) -> None:
    scene.play(text("Hello!"), text("Hello!"))
    for stream in (False, True):
        answer = scene.answer(include=EVERYTHING, stream=stream)
        assert answer.status == 200
        assert "include" not in answer.headers.get("antiphon-ignored", "")
