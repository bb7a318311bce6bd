"""Prompt templates on a running server, each store: kept in versions, filled in by the official client."""

from typing import Any

import openai
import pytest
from official import Client
from running_server import Answer, Scene

from antiphon.testing import text

Json = dict[str, Any]

PIXEL = "data:image/png;base64,iVBORw0KGgo="
TEMPLATE: Json = {
    "name": "greeter",
    "model": "scripted/m",
    "instructions": "You greet {{who}}.",
    "input": [{"role": "user", "content": [{"type": "input_text", "text": "Look at {{picture}} and say {{word}}."}]}],
    "temperature": 0.5,
    "metadata": {"team": "a"},
}
VALUES: Json = {"who": "Ann", "word": "hello", "picture": {"type": "input_image", "image_url": PIXEL}}


def made(scene: Scene, **more: Any) -> Json:
    return scene.server.post(TEMPLATE | more, "/prompts").json


def gone(answer: Answer) -> tuple[int, str | None]:
    return answer.status, answer.error["param"]


async def test_a_prompt_is_filled_in_and_the_requests_own_fields_win(scene: Scene, client: Client) -> None:
    prompt = made(scene)
    assert (prompt["object"], prompt["version"], prompt["variables"]) == ("prompt", "1", ["who", "picture", "word"])
    assert {name: prompt[name] for name in TEMPLATE} == TEMPLATE
    scene.play(text("Hello, Ann!"))
    body: Json = {"prompt": {"id": prompt["id"], "variables": VALUES}, "temperature": 0.25}
    answer = await client(client.sdk.responses.create(**body))
    assert answer.output_text == "Hello, Ann!"
    image = {"type": "image_url", "image_url": {"url": PIXEL}}
    sent = [{"type": "text", "text": "Look at "}, image, {"type": "text", "text": " and say hello."}]
    assert scene.asked["messages"] == [
        {"role": "system", "content": "You greet Ann."},
        {"role": "user", "content": sent},
    ]
    assert (scene.asked["temperature"], answer.temperature, answer.model) == (0.25, 0.25, "scripted/m")
    assert answer.prompt.id == prompt["id"]
    assert [item.role for item in answer.instructions] == ["developer", "user"]


async def test_what_a_request_asks_comes_after_the_prompts_messages_and_alone_is_kept(
    scene: Scene, client: Client
) -> None:
    prompt = made(scene, input="Be {{how}}.", instructions=None)
    scene.play(text("Hi."), text("Bye."))
    said: Json = {"prompt": {"id": prompt["id"], "variables": {"how": "kind"}}}
    first = await client(client.sdk.responses.create(input="Hello?", **said))
    items = await client.every(await client(client.sdk.responses.input_items.list(first.id)))
    assert [item.content[0].text for item in items] == ["Hello?"]
    kept = await client(client.sdk.responses.retrieve(first.id))
    assert kept.to_dict() == first.to_dict()
    await client(client.sdk.responses.create(input="And?", previous_response_id=first.id, **said))
    asked = [message["content"] for message in scene.calls[-1].json["messages"]]
    assert asked == ["Be kind.", "Hello?", "Hi.", "And?"]


async def test_versions(scene: Scene, client: Client) -> None:
    prompt = made(scene, input="one")
    newer = scene.server.post({"model": "scripted/m", "input": "two"}, f"/prompts/{prompt['id']}/versions").json
    assert (newer["id"], newer["version"], newer["name"]) == (prompt["id"], "2", None)
    for version, words in ((None, "two"), ("1", "one"), ("2", "two")):
        scene.play(text("Hi."))
        values = VALUES if version == "1" else {}
        named: Json = {"id": prompt["id"], "version": version, "variables": {"who": "Ann"} if values else None}
        await client(client.sdk.responses.create(prompt=named))
        assert scene.calls[-1].json["messages"][-1]["content"] == words
    where = f"/prompts/{prompt['id']}"
    assert scene.server.get(where).json == newer == scene.server.get(f"{where}/versions/2").json
    assert scene.server.get(where, version="1").json == prompt
    listed = scene.server.get(f"{where}/versions", limit=1).json
    assert (listed["data"], listed["has_more"], listed["last_id"]) == ([newer], True, "2")
    assert scene.server.get(f"{where}/versions", after="2").json["data"] == [prompt]


def test_prompts_are_listed_and_what_is_deleted_is_gone(scene: Scene) -> None:
    first, second = made(scene, name="a"), made(scene, name="b")
    listed = scene.server.get("/prompts", limit=2).json
    assert [prompt["name"] for prompt in listed["data"]] == ["b", "a"]
    assert [prompt["name"] for prompt in scene.server.get("/prompts", after=second["id"], limit=1).json["data"]] == [
        "a"
    ]
    answer = scene.server.delete(f"/prompts/{first['id']}")
    assert answer.json == {"id": first["id"], "object": "prompt.deleted", "deleted": True}
    assert first["id"] not in [prompt["id"] for prompt in scene.server.get("/prompts", limit=100).json["data"]]
    where = f"/prompts/{first['id']}"
    assert gone(scene.server.get(where)) == (404, "id")
    assert gone(scene.server.delete(where)) == (404, "id")
    assert gone(scene.server.post({"input": "x"}, f"{where}/versions")) == (404, "id")
    assert gone(scene.server.get(f"{where}/versions")) == (404, "id")
    assert gone(scene.answer(prompt={"id": first["id"]})) == (404, "prompt.id")


@pytest.mark.parametrize(
    ("named", "kind", "param"),
    [
        ({"id": "pmpt_unknown"}, openai.NotFoundError, "prompt.id"),
        ({"version": "7"}, openai.NotFoundError, "prompt.version"),
        ({"version": "first"}, openai.NotFoundError, "prompt.version"),
        ({"variables": {"who": "Ann"}}, openai.BadRequestError, "prompt.variables.picture"),
        ({"variables": VALUES | {"more": "x"}}, openai.BadRequestError, "prompt.variables.more"),
        ({"variables": VALUES | {"who": {"type": "input_image"}}}, openai.BadRequestError, "prompt.variables.who"),
        ({"id": 7}, openai.BadRequestError, "prompt.id"),
    ],
)
def test_a_prompt_that_cannot_be_had_is_refused_by_name(
    scene: Scene, named: Json, kind: type[openai.APIStatusError], param: str
) -> None:
    prompt = made(scene)
    sdk: Any = scene.server.client
    with pytest.raises(kind) as refused:
        sdk.responses.create(prompt={"id": prompt["id"], "variables": VALUES} | named)
    assert refused.value.param == param
    assert not scene.calls


def test_a_template_that_is_none_is_refused(scene: Scene) -> None:
    assert gone(scene.server.post({"input": "x", "stream": True}, "/prompts")) == (400, "stream")
    assert gone(scene.server.post({"inputs": "x"}, "/prompts")) == (400, "inputs")
    assert gone(scene.server.get("/prompts/x", version="one")) == (404, "prompt.version")
