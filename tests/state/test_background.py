"""Responses in the background, as the official clients ask for them, on every store."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from official import Client
from running_server import Json, RunningServer, Scene

from antiphon.testing import Gate, check_stream, text

PATIENCE = 60.0
OPEN = {"queued", "in_progress"}
ASKED: Json = {"model": "scripted/m", "input": "Hello?", "background": True}
LONG = "one two three four five six seven eight nine ten"
WORDS = tuple(f" {word}" if number else word for number, word in enumerate(LONG.split()))


async def ended(client: Client, response_id: str) -> Any:
    """The response, once it isn't being made any more."""
    async with asyncio.timeout(PATIENCE):
        while True:
            response = await client(client.sdk.responses.retrieve(response_id))
            if response.status not in OPEN:
                return response
            await asyncio.sleep(0.02)


async def test_it_is_queued_at_once_and_polled(scene: Scene, client: Client) -> None:
    scene.play(text("Hello!"))
    response = await client(client.sdk.responses.create(**ASKED))
    assert (response.status, response.background, response.output) == ("queued", True, [])
    response = await ended(client, response.id)
    assert (response.status, response.output_text) == ("completed", "Hello!")


async def test_it_is_streamed_and_taken_up_again_from_any_number(scene: Scene, client: Client) -> None:
    scene.play(text(*WORDS))
    seen = await client.every(await client(client.sdk.responses.create(**ASKED, stream=True)))
    events = [event.to_dict() for event in seen]
    assert [event["type"] for event in events[:3]] == [
        "response.created", "response.queued", "response.in_progress",
    ]  # fmt: skip
    assert check_stream(events)["status"] == "completed"
    response_id = events[0]["response"]["id"]
    for number in (0, 5, len(events) - 2):
        again = client.sdk.responses.retrieve(response_id, stream=True, starting_after=number)
        assert [event.to_dict() for event in await client.every(await client(again))] == events[number + 1 :]
    assert await client.every(await client(client.sdk.responses.retrieve(response_id, stream=True))) == seen


async def test_the_resuming_of_the_sdk_works(scene: Scene, client: Client) -> None:
    scene.play(text(*WORDS))
    response = await client(client.sdk.responses.create(**ASKED))
    manager = client.sdk.responses.stream(response_id=response.id, starting_after=2)
    if hasattr(manager, "__aenter__"):
        async with manager as stream:
            final = await stream.get_final_response()
    else:
        with manager as stream:
            final = stream.get_final_response()
    assert final.output_text == LONG


async def test_a_client_that_leaves_does_not_stop_it(scene: Scene, client: Client) -> None:
    gate = Gate()
    scene.play(text(*WORDS).held(gate, at=4))
    stream = await client(client.sdk.responses.create(**ASKED, stream=True))
    iterator = stream.__aiter__() if hasattr(stream, "__aiter__") else iter(stream)
    first = await client(anext(iterator) if hasattr(iterator, "__anext__") else next(iterator))
    await client(stream.close())
    gate.open()
    assert (await ended(client, first.response.id)).output_text == LONG


@contextlib.contextmanager
def under_way(scene: Scene, **more: Any) -> Iterator[str]:
    """A response whose model has said something and then pauses, until the block ends."""
    gate = Gate()
    scene.play(text(*WORDS).held(gate, at=6))
    made = scene.answer(background=True, **more).json
    try:
        with scene.server.http.stream("GET", f"/responses/{made['id']}", params={"stream": "true"}) as following:
            for line in following.iter_lines():
                if "output_text.delta" in line:
                    break
        yield made["id"]
    finally:
        gate.open()


async def test_cancelling_keeps_what_there_is(scene: Scene, client: Client) -> None:
    with under_way(scene) as response_id:
        response = await client(client.sdk.responses.cancel(response_id))
        assert response.status == "cancelled"
        (message,) = response.output
        assert message.status == "incomplete"
        assert LONG.startswith(message.content[0].text)
        again = await client(client.sdk.responses.cancel(response_id))
        assert again == response
        events = await client.every(await client(client.sdk.responses.retrieve(response_id, stream=True)))
        assert (events[-1].type, events[-1].response.status) == ("response.incomplete", "cancelled")
        assert await ended(client, response_id) == response


async def test_only_what_goes_on_in_the_background_can_be_cancelled(scene: Scene, client: Client) -> None:
    scene.play(text("A"), text("B"))
    foreground = await client(client.sdk.responses.create(model="scripted/m", input="Hello?"))
    with pytest.raises(openai.BadRequestError, match="background"):
        await client(client.sdk.responses.cancel(foreground.id))
    with pytest.raises(openai.BadRequestError, match="background"):
        await client(client.sdk.responses.retrieve(foreground.id, stream=True))
    response = await ended(client, (await client(client.sdk.responses.create(**ASKED))).id)
    with pytest.raises(openai.ConflictError, match="Cannot cancel a completed response") as late:
        await client(client.sdk.responses.cancel(response.id))
    assert late.value.response.headers["x-should-retry"] == "false"
    with pytest.raises(openai.NotFoundError):
        await client(client.sdk.responses.cancel("resp_none"))


async def test_what_is_not_stored_is_not_made_in_the_background(client: Client) -> None:
    with pytest.raises(openai.BadRequestError, match="must be stored"):
        await client(client.sdk.responses.create(**ASKED, store=False))


async def test_its_conversation_is_locked_until_it_ends(scene: Scene, client: Client) -> None:
    conversation = await client(client.sdk.conversations.create())
    with under_way(scene, conversation=conversation.id) as response_id:
        with pytest.raises(openai.BadRequestError, match="Another response"):
            await client(client.sdk.responses.create(**ASKED, conversation=conversation.id))
        await client(client.sdk.responses.cancel(response_id))
        scene.play(text("B"))
        response = await client(client.sdk.responses.create(**ASKED, conversation=conversation.id))
    assert (await ended(client, response.id)).output_text == "B"
    items = await client.every(client.sdk.conversations.items.list(conversation.id))
    assert len(items) == 2


async def test_a_deleted_one_is_made_no_further(scene: Scene, client: Client) -> None:
    conversation = await client(client.sdk.conversations.create())
    with under_way(scene, conversation=conversation.id) as response_id:
        await client(client.sdk.responses.delete(response_id))
        with pytest.raises(openai.NotFoundError):
            await client(client.sdk.responses.retrieve(response_id, stream=True))
        scene.play(text("B"))
        response = await client(client.sdk.responses.create(**ASKED, conversation=conversation.id))
    assert (await ended(client, response.id)).output_text == "B"


async def test_a_failure_of_the_model_is_said_in_the_stream(scene: Scene, client: Client) -> None:
    response = await ended(client, (await client(client.sdk.responses.create(**ASKED))).id)
    assert (response.status, response.error.code) == ("failed", "server_error")
    answer = scene.server.get(f"/responses/{response.id}", stream="true")
    assert answer.kinds[-2:] == ["error", "response.failed"]


def test_padding_and_bad_numbers(scene: Scene) -> None:
    scene.play(text(*WORDS))
    made = scene.answer(background=True, stream=True, stream_options={"include_obfuscation": True})
    deltas = [event for event in made.events if event["type"].endswith(".delta")]
    assert all(len(event["delta"] + event["obfuscation"]) % 16 == 0 for event in deltas)
    path = f"/responses/{made.response['id']}"
    plain = scene.server.get(path, stream="true")
    assert not any("obfuscation" in event for event in plain.events)
    padded = scene.server.get(path, stream="true", include_obfuscation="true", starting_after=4)
    assert any("obfuscation" in event for event in padded.events)
    refused = scene.server.get(path, stream="true", starting_after="x")
    assert (refused.status, refused.error["param"]) == (400, "starting_after")


def joined(server: RunningServer, response_id: str) -> list[Json]:
    """What readers see who leave after a few events and come back for the rest."""
    events: list[Json] = []
    while not events or events[-1]["type"] not in {"response.completed", "response.failed", "response.incomplete"}:
        after = {"starting_after": str(events[-1]["sequence_number"])} if events else {}
        with server.http.stream("GET", f"/responses/{response_id}", params={"stream": "true", **after}) as following:
            for number, event in enumerate(_events(following)):
                events.append(event)
                if number == 2:
                    break
    return events


def _events(following: Any) -> Iterator[Json]:
    for line in following.iter_lines():
        if line.startswith("data: "):
            yield dict(json.loads(line[6:]))


def test_what_reconnecting_readers_saw_joins_into_one_stream(scene: Scene) -> None:
    scene.play(text(*WORDS))
    made = scene.answer(background=True).json
    assert check_stream(joined(scene.server, made["id"]))["status"] == "completed"
