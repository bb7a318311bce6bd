"""Each value of `include`: what it shows, and what stands there without it."""

from typing import Any, get_args

import msgspec
import pytest
from engine_answers import Json

from antiphon.engine.included import HIDDEN, given_out, may_lack
from antiphon.wire.responses import Include

TOKEN = {"token": "Hi", "bytes": [72], "logprob": -0.5, "top_logprobs": []}
SEARCH = {"type": "search", "query": "q"}
SOURCES = [{"type": "url", "url": "https://example.com"}]
IMAGE = {"type": "input_image", "detail": "auto"}
SAID = {"type": "output_text", "text": "Hi", "annotations": []}
TEXT = {"type": "input_text", "text": "see image_url"}
SCREEN = {"type": "computer_screenshot"}

ROWS: list[tuple[str, Json, Json]] = [
    (
        "file_search_call.results",
        {"type": "file_search_call", "id": "i", "queries": ["q"], "results": [{"text": "t"}]},
        {"type": "file_search_call", "id": "i", "queries": ["q"], "results": None},
    ),
    (
        "web_search_call.results",
        {"type": "web_search_call", "id": "i", "action": SEARCH, "results": [{"url": "u"}]},
        {"type": "web_search_call", "id": "i", "action": SEARCH},
    ),
    (
        "web_search_call.action.sources",
        {"type": "web_search_call", "id": "i", "action": {**SEARCH, "sources": SOURCES}},
        {"type": "web_search_call", "id": "i", "action": SEARCH},
    ),
    (
        "code_interpreter_call.outputs",
        {"type": "code_interpreter_call", "id": "i", "code": "1", "outputs": [{"type": "logs", "logs": "1"}]},
        {"type": "code_interpreter_call", "id": "i", "code": "1", "outputs": None},
    ),
    (
        "computer_call_output.output.image_url",
        {"type": "computer_call_output", "id": "i", "output": {**SCREEN, "image_url": "data:x"}},
        {"type": "computer_call_output", "id": "i", "output": SCREEN},
    ),
    (
        "message.input_image.image_url",
        {"type": "message", "id": "i", "role": "user", "content": [TEXT, {**IMAGE, "image_url": "data:x"}]},
        {"type": "message", "id": "i", "role": "user", "content": [TEXT, {**IMAGE, "image_url": None}]},
    ),
    (
        "message.output_text.logprobs",
        {"type": "message", "id": "i", "role": "assistant", "content": [{**SAID, "logprobs": [TOKEN]}]},
        {"type": "message", "id": "i", "role": "assistant", "content": [{**SAID, "logprobs": []}]},
    ),
    (
        "reasoning.encrypted_content",
        {"type": "reasoning", "id": "i", "summary": [], "encrypted_content": "a1.x"},
        {"type": "reasoning", "id": "i", "summary": []},
    ),
]


class Plain:
    """Seals that everyone can read."""

    def close(self, text: str) -> str:
        return f"sealed {text}"

    def open(self, sealed: str) -> str | None:
        return sealed.removeprefix("sealed ") if sealed.startswith("sealed ") else None


def raw(item: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(item))


def test_every_value_of_the_api_has_its_effect() -> None:
    assert [row[0] for row in ROWS] == list(HIDDEN)
    assert set(HIDDEN) == set(get_args(Include))


@pytest.mark.parametrize(("name", "whole", "bare"), ROWS, ids=[row[0] for row in ROWS])
def test_what_was_asked_for_is_shown_and_nothing_else(name: str, whole: Json, bare: Json) -> None:
    item = raw(whole)
    assert given_out(item, {name}) is item
    others = set(HIDDEN) - {name}
    assert msgspec.json.decode(given_out(item, others)) == bare
    hidden = raw(bare)
    assert bytes(given_out(hidden, ())) == bytes(hidden)


@pytest.mark.parametrize(
    "item",
    [
        {"type": "hologram", "results": [1]},
        {"type": 7, "results": [1]},
        {"role": "user", "content": "image_url"},
        {"type": "message", "role": "user", "content": ["image_url", {"type": "input_text", "text": "image_url"}]},
        {"type": "web_search_call", "action": "sources", "id": "results"},
        {"type": "reasoning", "summary": "encrypted_content"},
    ],
)
def test_whatever_else_an_item_says_stays(item: Json) -> None:
    kept = raw(item)
    assert given_out(kept, (), Plain()) is kept


def test_reasoning_is_sealed_only_where_that_is_asked_for() -> None:
    item = {"type": "reasoning", "id": "r", "content": [{"type": "reasoning_text", "text": "Hm."}]}
    asked = {"reasoning.encrypted_content"}
    assert msgspec.json.decode(given_out(raw(item), asked, Plain())) == {**item, "encrypted_content": "sealed Hm."}
    assert msgspec.json.decode(given_out(raw(item), (), Plain())) == item
    assert msgspec.json.decode(given_out(raw(item), asked)) == item


def test_a_seal_that_came_in_is_given_out_as_it_came() -> None:
    item = raw({"type": "reasoning", "summary": [{"text": "s"}], "encrypted_content": "theirs"})
    assert given_out(item, {"reasoning.encrypted_content"}, Plain()) is item


def test_reasoning_without_words_has_no_seal() -> None:
    item = raw({"type": "reasoning", "summary": []})
    assert given_out(item, {"reasoning.encrypted_content"}, Plain()) is item


@pytest.mark.parametrize(("name", "whole", "bare"), ROWS[:6], ids=[row[0] for row in ROWS[:6]])
def test_an_item_that_comes_back_bare_may_be_one_that_is_kept_whole(name: str, whole: Json, bare: Json) -> None:
    kind = name.partition(".")[0]
    assert may_lack(kind, msgspec.json.encode(bare))
    assert not may_lack(kind, msgspec.json.encode(whole))


@pytest.mark.parametrize(
    "item",
    [
        {"type": "message", "content": "input_image"},
        {"type": "message", "content": [{"type": "input_image", "file_id": "f"}]},
        {"type": "message", "content": [{"type": "output_text", "text": "input_image"}]},
        {"type": "reasoning", "summary": []},
        {"type": "function_call"},
    ],
)
def test_whatever_else_comes_back_is_taken_as_it_is(item: Json) -> None:
    assert not may_lack(item["type"], msgspec.json.encode(item))
