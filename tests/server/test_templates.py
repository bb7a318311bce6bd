"""Which prompt a request means; how it is used shows in `tests/state/test_prompts.py`."""

import msgspec
import pytest

from antiphon.errors import InvalidRequest, NotFound
from antiphon.server.callers import DEFAULT
from antiphon.server.templates import read_asked, version_number
from antiphon.sources import seeded
from antiphon.store.base import StoredPrompt
from antiphon.store.memory import MemoryStore


async def store() -> MemoryStore:
    made = MemoryStore()
    for body in (b'{"model":"one","input":"{{x}}"}', b'{"model":"two"}'):
        prompt = StoredPrompt(id="p", version=1, created_at=1, body=body)
        await (made.create_prompt(DEFAULT, prompt) if b"one" in body else made.add_prompt_version(DEFAULT, prompt))
    return made


@pytest.mark.parametrize(
    ("prompt", "model", "messages"),
    [
        (None, "own", 0),
        ({"id": "p"}, "two", 0),
        ({"id": "p", "version": "1", "variables": {"x": "y"}}, "one", 1),
        ({"id": "p", "version": None, "variables": None}, "two", 0),
    ],
)
async def test_the_version_that_is_named_or_the_newest(prompt: object, model: str, messages: int) -> None:
    said = {"prompt": prompt, "input": "hi"} | ({"model": "own"} if prompt is None else {})
    asked = await read_asked(await store(), DEFAULT, msgspec.json.encode(said), seeded("s", 1))
    assert (asked.request.model, len(asked.template)) == (model, messages)


@pytest.mark.parametrize("version", ["0", "3", "-1", "1.0", "٣", "9" * 30, ""])
async def test_a_version_that_is_not_there(version: str) -> None:
    said = msgspec.json.encode({"prompt": {"id": "p", "version": version}})
    with pytest.raises(NotFound) as missing:
        await read_asked(await store(), DEFAULT, said, seeded("s", 1))
    assert missing.value.param == "prompt.version"


async def test_a_prompt_without_a_model_needs_one_in_the_request() -> None:
    made = MemoryStore()
    await made.create_prompt(DEFAULT, StoredPrompt(id="p", version=1, created_at=1, body=b'{"input":"x"}'))
    with pytest.raises(InvalidRequest) as missing:
        await read_asked(made, DEFAULT, b'{"prompt":{"id":"p"}}', seeded("s", 1))
    assert missing.value.param == "model"


def test_a_version_is_a_number() -> None:
    assert version_number("12", "p") == 12
