"""Words of one server; all operations on all stores are tried in `tests/state`."""

from typing import Any

import judge
import pytest
from openai import BadRequestError, NotFoundError, OpenAI
from running_server import Scene


@pytest.fixture
def client(scene: Scene) -> OpenAI:
    return scene.server.client


@pytest.mark.parametrize("body", [None, {}, {"metadata": None}, {"items": None}])
def test_it_is_made_from_little(client: OpenAI, body: dict[str, Any] | None) -> None:
    made: Any = client.post("/conversations", body=body, cast_to=object)
    judge.judge_conversation(made)
    assert made["metadata"] == {}


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        (None, "missing_required_parameter", "metadata"),
        ({"metadata": 1}, "invalid_type", "metadata"),
        ({"metadata": {str(n): "" for n in range(17)}}, None, "metadata"),
        ({"metadata": {"k" * 65: ""}}, None, "metadata"),
        ({"metadata": {"k": "v" * 513}}, None, "metadata.k"),
    ],
)
def test_an_update_that_cannot_be(client: OpenAI, body: dict[str, Any] | None, code: str | None, param: str) -> None:
    conversation = client.conversations.create(metadata={"kept": "yes"})
    with pytest.raises(BadRequestError) as refused:
        client.post(f"/conversations/{conversation.id}", body=body, cast_to=object)
    assert (refused.value.code, refused.value.param) == (code, param)
    assert client.conversations.retrieve(conversation.id).metadata == {"kept": "yes"}


def test_null_takes_the_metadata_away(client: OpenAI) -> None:
    conversation = client.conversations.create(metadata={"gone": "soon"})
    assert client.conversations.update(conversation.id, metadata=None).metadata == {}


def test_at_most_twenty_items_at_once(client: OpenAI) -> None:
    message: Any = {"role": "user", "content": "x"}
    conversation = client.conversations.create(items=[message] * 20)
    with pytest.raises(BadRequestError, match="21 items"):
        client.conversations.items.create(conversation.id, items=[message] * 21)
    assert len(list(client.conversations.items.list(conversation.id))) == 20


def test_what_asks_for_a_compaction_is_no_item_of_a_conversation(client: OpenAI) -> None:
    trigger: Any = {"type": "compaction_trigger"}
    with pytest.raises(BadRequestError, match="only the input of a response") as refused:
        client.conversations.create(items=[{"role": "user", "content": "x"}, trigger])
    assert refused.value.param == "items[1]"


def test_a_reference_brings_the_item_along(client: OpenAI) -> None:
    first = client.conversations.create(items=[{"role": "user", "content": "remember"}])
    (item,) = client.conversations.items.list(first.id).data
    reference: Any = {"type": "item_reference", "id": item.id}
    second = client.conversations.create(items=[reference])
    assert client.conversations.items.list(second.id).data == [item]


def test_an_unknown_one_is_named(client: OpenAI) -> None:
    with pytest.raises(NotFoundError, match="conv_nope"):
        client.conversations.items.list("conv_nope")


def test_what_cannot_be_the_id_of_one_is_said_to_be_none(scene: Scene, client: OpenAI) -> None:
    refused: Any
    for asked in (
        lambda: client.conversations.retrieve("resp_1"),
        lambda: client.conversations.update("resp_1", metadata={}),
        lambda: client.conversations.delete("resp_1"),
        lambda: client.conversations.items.list("resp_1"),
        lambda: client.conversations.items.create("resp_1", items=[{"role": "user", "content": "Hi."}]),
        lambda: client.conversations.items.retrieve("msg_1", conversation_id="resp_1"),
        lambda: client.conversations.items.delete("msg_1", conversation_id="resp_1"),
        lambda: client.responses.create(model="scripted/m", input="Hi.", conversation="resp_1"),
    ):
        with pytest.raises(BadRequestError, match="Expected an ID that begins with 'conv'") as refused:
            asked()
        assert refused.value.code == "invalid_value"
    assert scene.calls == []
