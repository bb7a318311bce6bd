from collections.abc import Iterator
from typing import Any

import pytest
from openai import NotFoundError, OpenAI
from openai.types.chat import ChatCompletion
from running_server import Scene

from antiphon.testing import text, tool_call

MESSAGES: Any = [{"role": "user", "content": "Hi"}, {"role": "user", "content": [{"type": "text", "text": "there"}]}]


@pytest.fixture
def client(scene: Scene) -> Iterator[OpenAI]:
    with OpenAI(base_url=scene.server.url, api_key="none", max_retries=0) as made:
        yield made


def strict(completion: ChatCompletion) -> ChatCompletion:
    return ChatCompletion.model_validate(completion.model_dump(mode="json"), strict=False)


def test_a_stored_completion_is_given_out_as_it_was(scene: Scene, client: OpenAI) -> None:
    scene.play(text("Hello", "!"))
    made = client.chat.completions.create(model="scripted/m", messages=MESSAGES, store=True, metadata={"k": "kept"})
    found = client.chat.completions.retrieve(made.id)
    assert strict(found).choices == made.choices
    assert found.usage == made.usage
    assert made.id in {one.id for one in client.chat.completions.list(metadata={"k": "kept"})}
    listed = client.chat.completions.messages.list(made.id).data
    assert [(one.content, one.content_parts and len(one.content_parts)) for one in listed] == [("Hi", None), (None, 1)]


def test_a_streamed_completion_is_put_together(scene: Scene, client: OpenAI) -> None:
    scene.play(tool_call("add", '{"a": 1}', id="call_7", pieces=3))
    chunks: Any = list(client.chat.completions.create(model="scripted/m", messages=MESSAGES, store=True, stream=True))
    found = strict(client.chat.completions.retrieve(chunks[0].id))
    calls: Any = found.choices[0].message.tool_calls
    (call,) = calls
    assert (call.id, call.function.name, call.function.arguments) == ("call_7", "add", '{"a": 1}')
    assert found.choices[0].finish_reason == "tool_calls"


def test_without_store_nothing_is_kept(scene: Scene, client: OpenAI) -> None:
    scene.play(text("Hello"))
    made = client.chat.completions.create(model="scripted/m", messages=MESSAGES)
    with pytest.raises(NotFoundError):
        client.chat.completions.retrieve(made.id)


def test_metadata_changes_and_a_deleted_one_is_gone(scene: Scene, client: OpenAI) -> None:
    scene.play(text("Hello"))
    made = client.chat.completions.create(model="scripted/m", messages=MESSAGES, store=True)
    assert client.chat.completions.update(made.id, metadata=None).metadata == {}
    changed = client.chat.completions.update(made.id, metadata={"new": "x"})
    assert changed.model_extra == {"metadata": {"new": "x"}} or getattr(changed, "metadata", None) == {"new": "x"}
    assert client.chat.completions.delete(made.id).deleted
    with pytest.raises(NotFoundError, match=made.id):
        client.chat.completions.messages.list(made.id)
