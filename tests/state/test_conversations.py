"""All eight operations of a conversation, through both official clients on the three stores."""

from typing import Any

import openai
import pytest
from official import Client, message, plain, texts
from running_server import Scene

from antiphon.testing import text


async def test_a_conversation_from_its_making_to_its_end(client: Client) -> None:
    calls = client.sdk.conversations
    made = await client(calls.create(metadata={"topic": "cats"}, items=[message("one"), message("two")]))
    assert made.id.startswith("conv_")
    assert made.metadata == {"topic": "cats"}
    assert plain(await client(calls.retrieve(made.id))) == plain(made)

    changed = await client(calls.update(made.id, metadata={"topic": "dogs", "kind": "small"}))
    assert changed.metadata == {"topic": "dogs", "kind": "small"}
    assert (changed.id, changed.created_at) == (made.id, made.created_at)
    assert (await client(calls.retrieve(made.id))).metadata == changed.metadata

    assert texts(await client.every(calls.items.list(made.id, order="asc"))) == ["one", "two"]
    assert (await client(calls.delete(made.id))).deleted is True
    with pytest.raises(openai.NotFoundError, match=made.id):
        await client(calls.retrieve(made.id))
    with pytest.raises(openai.NotFoundError, match=made.id):
        await client.every(calls.items.list(made.id))


async def test_the_items_of_a_conversation(client: Client) -> None:
    calls = client.sdk.conversations
    made = await client(calls.create())
    page = await client(calls.items.create(made.id, items=[message("one"), message("two", id="msg_mine" + made.id)]))
    assert [item.id.partition("_")[0] for item in page.data] == ["msg", "msg"]
    assert page.has_more is False
    assert page.data[1].id == "msg_mine" + made.id

    first, second = page.data
    one = await client(
        calls.items.retrieve(first.id, conversation_id=made.id, include=["message.output_text.logprobs"])
    )
    assert plain(one) == plain(first)
    assert (one.status, one.role, one.content[0].text) == ("completed", "user", "one")

    left = await client(calls.items.delete(first.id, conversation_id=made.id))
    assert (left.id, left.object) == (made.id, "conversation")
    assert await client.every(calls.items.list(made.id)) == [second]
    with pytest.raises(openai.NotFoundError, match=first.id):
        await client(calls.items.retrieve(first.id, conversation_id=made.id))
    with pytest.raises(openai.NotFoundError, match=first.id):
        await client(calls.items.delete(first.id, conversation_id=made.id))


async def test_paging_both_ways(client: Client) -> None:
    calls = client.sdk.conversations
    made = await client(calls.create(items=[message(str(number)) for number in range(20)]))
    await client(calls.items.create(made.id, items=[message(str(number)) for number in range(20, 25)]))
    rising = [str(number) for number in range(25)]

    up: list[Any] = []
    for limit in (1, 7, 24, 25, 100):
        up = await client.every(calls.items.list(made.id, order="asc", limit=limit))
        down = await client.every(calls.items.list(made.id, order="desc", limit=limit))
        assert texts(up) == rising
        assert texts(down) == rising[::-1]
    assert texts(await client.every(calls.items.list(made.id))) == rising[::-1]

    page = await client(calls.items.list(made.id))
    assert len(page.data) == 20
    assert page.has_more is True
    after = await client(
        calls.items.list(made.id, order="asc", after=up[9].id, limit=5, include=["file_search_call.results"])
    )
    assert texts(after.data) == rising[10:15]
    assert (after.first_id, after.last_id, after.has_more) == (up[10].id, up[14].id, True)
    rest = await client(calls.items.list(made.id, order="desc", after=up[3].id))
    assert texts(rest.data) == ["2", "1", "0"]
    assert rest.has_more is False
    end = await client(calls.items.list(made.id, order="asc", after=up[24].id))
    assert (end.data, end.has_more) == ([], False)


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"order": "up"}, "order"),
        ({"after": "msg_nowhere"}, "after"),
        ({"include": ["everything"]}, "include"),
    ],
)
async def test_a_page_that_is_none(client: Client, query: dict[str, Any], param: str) -> None:
    calls = client.sdk.conversations
    made = await client(calls.create(items=[message("one")]))
    with pytest.raises((openai.BadRequestError, openai.NotFoundError)) as refused:
        await client(calls.items.list(made.id, **query))
    assert refused.value.param == param


def test_a_conversation_made_of_nothing(scene: Scene) -> None:
    for body in (b"", b"{}", b'{"items":null,"metadata":null}', b'{"items":[]}'):
        made = scene.server.post(body, "/conversations")
        assert (made.status, made.json["metadata"]) == (200, {})
    bare = scene.server.http.post("/conversations")
    assert bare.status_code == 200


def test_an_update_says_what_it_changes(scene: Scene) -> None:
    made = scene.server.post({"metadata": {"a": "b"}}, "/conversations").json
    path = f"/conversations/{made['id']}"
    for body in (b"", b"{}"):
        refused = scene.server.post(body, path)
        assert (refused.status, refused.error["code"]) == (400, "missing_required_parameter")
        assert refused.error["param"] == "metadata"
    nothing = scene.server.http.post(path)
    assert nothing.json()["error"]["code"] == "missing_required_parameter"
    for value in ("text", ["list"]):
        refused = scene.server.post({"metadata": value}, path)
        assert (refused.status, refused.error["code"], refused.error["param"]) == (400, "invalid_type", "metadata")
    assert scene.server.get(path).json == made
    assert scene.server.post({"metadata": {}}, path).json == {**made, "metadata": {}}


FULL = {f"{number:064}": "v" * 512 for number in range(16)}


@pytest.mark.parametrize(
    ("metadata", "param"),
    [
        ({**FULL, "one more": ""}, "metadata"),
        ({"k" * 65: ""}, "metadata"),
        ({"k": "v" * 513}, "metadata.k"),
        ({"k": 1}, "metadata.k"),
        ({"k": None}, "metadata.k"),
    ],
)
def test_metadata_that_is_too_much(scene: Scene, metadata: dict[str, Any], param: str) -> None:
    made = scene.server.post({"metadata": FULL}, "/conversations")
    assert (made.status, made.json["metadata"]) == (200, FULL)
    kept = f"/conversations/{made.json['id']}"
    for path in ("/conversations", kept, "/responses"):
        body = {"metadata": metadata, **({"model": "m", "input": "x"} if path == "/responses" else {})}
        refused = scene.server.post(body, path)
        assert (refused.status, refused.error["type"]) == (400, "invalid_request_error")
        assert refused.error["param"].startswith(param.partition(".")[0])
    assert scene.server.get(kept).json["metadata"] == FULL
    assert scene.calls == []


def test_at_most_twenty_items(scene: Scene) -> None:
    many = [message(str(number)) for number in range(21)]
    refused = scene.server.post({"items": many}, "/conversations")
    assert (refused.status, refused.error["param"]) == (400, "items")
    made = scene.server.post({"items": many[:20]}, "/conversations").json["id"]
    refused = scene.server.post({"items": many}, f"/conversations/{made}/items")
    assert (refused.status, refused.error["param"]) == (400, "items")
    assert scene.server.post({"items": many[:20]}, f"/conversations/{made}/items").status == 200
    assert len(scene.server.get(f"/conversations/{made}/items", limit=100).json["data"]) == 40


@pytest.mark.parametrize(
    ("items", "param"),
    [
        ([{"role": "user"}], "items[0].content"),
        ([message("fine"), {"content": "whose?"}], "items[1].type"),
        ([{"role": "nobody", "content": "x"}], "items[0].role"),
        ([{"type": "function_call", "name": "f"}], "items[0]"),
        (["text"], "items[0]"),
        ("text", "items"),
        ([{"type": "item_reference", "id": "msg_nowhere"}], "items[0].id"),
    ],
)
def test_items_that_are_none(scene: Scene, items: Any, param: str) -> None:
    made = scene.server.post(b"", "/conversations").json["id"]
    for path in ("/conversations", f"/conversations/{made}/items"):
        refused = scene.server.post({"items": items}, path)
        assert refused.status in {400, 404}
        assert refused.error["param"].startswith(param)
    assert scene.server.get(f"/conversations/{made}/items").json["data"] == []


def test_items_are_added_all_or_none(scene: Scene) -> None:
    made = scene.server.post({"items": [message("one", id="msg_1")]}, "/conversations").json["id"]
    refused = scene.server.post(
        {"items": [message("two"), message("again", id="msg_1")]}, f"/conversations/{made}/items"
    )
    assert refused.status == 400
    assert "msg_1" in refused.error["message"]
    doubled = {"items": [message("three", id="msg_3"), message("three", id="msg_3")]}
    assert scene.server.post(doubled, f"/conversations/{made}/items").status == 400
    assert len(scene.server.get(f"/conversations/{made}/items").json["data"]) == 1
    assert scene.server.post(doubled, "/conversations").status == 400


def test_what_is_not_there(scene: Scene) -> None:
    lost = "/conversations/conv_nowhere"
    for found in (
        scene.server.get(lost),
        scene.server.post({"metadata": {}}, lost),
        scene.server.delete(lost),
        scene.server.get(f"{lost}/items"),
        scene.server.post({"items": [message("x")]}, f"{lost}/items"),
        scene.server.get(f"{lost}/items/msg_1"),
        scene.server.delete(f"{lost}/items/msg_1"),
    ):
        assert (found.status, found.error["param"]) == (404, "conversation_id")
        assert "conv_nowhere" in found.error["message"]


def test_an_item_of_one_conversation_is_not_in_another(scene: Scene) -> None:
    one = scene.server.post({"items": [message("x", id="msg_only_one")]}, "/conversations").json["id"]
    other = scene.server.post(b"", "/conversations").json["id"]
    assert scene.server.get(f"/conversations/{one}/items/msg_only_one").status == 200
    assert scene.server.get(f"/conversations/{other}/items/msg_only_one").status == 404
    assert scene.server.delete(f"/conversations/{other}/items/msg_only_one").status == 404
    assert scene.server.get(f"/conversations/{one}/items/msg_only_one").status == 200


async def test_deleting_a_conversation_leaves_its_responses(client: Client, scene: Scene) -> None:
    scene.play(text("Hi!"), text("Yes."))
    made = await client(client.sdk.conversations.create())
    answer = await client(client.sdk.responses.create(model="m", input="Hello?", conversation=made.id))
    await client(client.sdk.conversations.delete(made.id))
    kept = await client(client.sdk.responses.retrieve(answer.id))
    assert (kept.output_text, kept.conversation.id) == ("Hi!", made.id)
    assert texts(await client.every(client.sdk.responses.input_items.list(answer.id))) == ["Hello?"]
    with pytest.raises(openai.NotFoundError) as lost:
        await client(client.sdk.responses.create(model="m", input="Still there?", conversation=made.id))
    assert (lost.value.param, made.id in lost.value.message) == ("conversation", True)
    follow = await client(client.sdk.responses.create(model="m", input="Sure?", previous_response_id=answer.id))
    assert follow.output_text == "Yes."
    assert [said["content"] for said in scene.calls[-1].json["messages"]] == ["Hello?", "Hi!", "Sure?"]
