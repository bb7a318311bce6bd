"""One response at a time in a conversation, on the three stores and with two servers on one database."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import openai
import pytest
from official import Client, message, texts
from running_server import PATIENCE, Answer, RunningServer, Scene, running_server

from antiphon.testing import Gate, ScriptedUpstream, text


def answered(server: RunningServer, talk: str, **body: Any) -> Answer:
    return server.post({"model": "scripted/m", "input": "Q", "conversation": talk, **body})


def is_locked(answer: Answer) -> bool:
    if answer.status == 200:
        return False
    assert (answer.status, answer.error["code"], answer.error["param"]) == (400, "conversation_locked", "conversation")
    assert answer.error["type"] == "invalid_request_error"
    return True


def freed(server: RunningServer, talk: str) -> bool:
    """Ask until the conversation isn't locked any more, for far less time than a lock holds."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if not is_locked(answered(server, talk)):
            return True
        time.sleep(0.02)
    return False


@asynccontextmanager
async def held_up(
    server: RunningServer, upstream: ScriptedUpstream, talk: str, **body: Any
) -> AsyncIterator["asyncio.Task[Any]"]:
    """A response at work in the conversation: its model was asked, and says nothing more for now."""
    asked = len(upstream.requests)
    async with server.async_client() as sdk:
        task = asyncio.ensure_future(sdk.responses.create(model="scripted/m", input="First", conversation=talk, **body))
        await upstream.until(lambda: len(upstream.requests) > asked)
        yield task


@pytest.mark.parametrize("stream", [False, True])
async def test_the_second_at_once_is_refused(scene: Scene, stream: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    talk, gate = scene.server.post(b"", "/conversations").json["id"], Gate()
    scene.play(text("One").held(gate), text("aside"), text("Two"))
    async with held_up(scene.server, scene.upstream, talk, stream=stream) as first:
        for again in (False, True):
            assert is_locked(answered(scene.server, talk, stream=again))
        added = scene.server.post({"items": [message("x")]}, f"/conversations/{talk}/items")
        assert is_locked(added)
        assert scene.server.get(f"/conversations/{talk}/items").json["data"] == []
        assert not is_locked(answered(scene.server, talk, store=False))
        gate.open()
        answer = await first
        if stream:
            answer = [event async for event in answer][-1].response
        assert answer.output_text == "One"
    assert not is_locked(answered(scene.server, talk))
    items = scene.server.get(f"/conversations/{talk}/items", order="asc").json["data"]
    assert [item["content"][0]["text"] for item in items] == ["First", "One", "Q", "Two"]
    assert len(scene.calls) == 3


async def test_the_official_client_sees_the_lock(scene: Scene, client: Client) -> None:
    talk, gate = (await client(client.sdk.conversations.create())).id, Gate()
    scene.play(text("One").held(gate))
    async with held_up(scene.server, scene.upstream, talk) as first:
        with pytest.raises(openai.BadRequestError) as locked:
            await client(client.sdk.responses.create(model="m", input="Q", conversation=talk))
        assert (locked.value.code, locked.value.param) == ("conversation_locked", "conversation")
        gate.open()
        await first
    assert texts(await client.every(client.sdk.conversations.items.list(talk, order="asc"))) == ["First", "One"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("at", [0, 3])
async def test_a_client_that_left_frees_it(scene: Scene, stream: bool, at: int) -> None:  # noqa: FBT001 - a parameter
    talk, gate = scene.server.post(b"", "/conversations").json["id"], Gate()
    scene.play(text("One", "two").held(gate, at=at), text("Next"))
    async with held_up(scene.server, scene.upstream, talk, stream=stream) as first:
        assert is_locked(answered(scene.server, talk))
        if stream and at:
            await (await first).response.aclose()
        first.cancel()
        await asyncio.wait({first})
    assert await asyncio.to_thread(freed, scene.server, talk)
    gate.open()
    items = scene.server.get(f"/conversations/{talk}/items", order="asc").json["data"]
    assert [item["content"][0]["text"] for item in items] == ["Q", "Next"]


async def test_a_refused_request_leaves_no_lock(scene: Scene) -> None:
    talk = scene.server.post(b"", "/conversations").json["id"]
    output = {"type": "function_call_output", "call_id": "call_nowhere", "output": "x"}
    for body in ({"input": [output]}, {"model": "nobody/knows"}, {"input": [{"type": "item_reference", "id": "x_1"}]}):
        assert answered(scene.server, talk, **body).status in {400, 404}
    scene.play(text("One"))
    assert not is_locked(answered(scene.server, talk))


async def test_a_conversation_deleted_under_an_answer(scene: Scene) -> None:
    talk, gate = scene.server.post(b"", "/conversations").json["id"], Gate()
    scene.play(text("One").held(gate))
    async with held_up(scene.server, scene.upstream, talk) as first:
        assert scene.server.delete(f"/conversations/{talk}").status == 200
        gate.open()
        with pytest.raises(openai.NotFoundError, match=talk):
            await first
    assert scene.server.get(f"/conversations/{talk}/items").status == 404


async def test_two_servers_on_one_database(database: str, scene: Scene) -> None:
    """The lock holds between processes, and what one says the other knows at once."""
    flags = ("--upstream", f"scripted={scene.upstream.url}", "--db", database)
    with running_server(*flags) as one, running_server(*flags) as other:
        talk, gate = one.post(b"", "/conversations").json["id"], Gate()
        scene.play(text("One").held(gate), text("Two"), text("Three"))
        async with held_up(one, scene.upstream, talk) as first:
            assert is_locked(answered(other, talk))
            gate.open()
            await first
        two = answered(other, talk)
        assert two.text == "Two"
        three = one.post({"model": "scripted/m", "input": "Q", "previous_response_id": two.json["id"]})
        assert three.text == "Three"
        told = [entry["content"] for entry in scene.calls[-1].json["messages"]]
        assert told == ["First", "One", "Q", "Two", "Q"]
        assert one.get(f"/responses/{two.json['id']}").json == two.json
