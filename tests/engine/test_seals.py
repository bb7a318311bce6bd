"""Sealed reasoning comes back as words; what can't be opened is as good as not there."""

from typing import Any

import msgspec
import pytest
from engine_answers import Json, sources

from antiphon.engine.dialects import dialect
from antiphon.engine.input import Item, read_input
from antiphon.engine.notes import Notes
from antiphon.engine.prompt import chat_messages
from antiphon.engine.seals import opened, thinking
from antiphon.errors import InvalidRequest

ANSWER = {"role": "assistant", "content": "Hello!"}


class Known:
    """Opens `sealed …`, refuses `foreign`, and knows nothing else."""

    def close(self, text: str) -> str:
        return f"sealed {text}"

    def open(self, sealed: str) -> str | None:
        if sealed == "foreign":
            raise InvalidRequest("No.", code="invalid_encrypted_content")
        return sealed.removeprefix("sealed ") if sealed.startswith("sealed ") else None


def read(*items: Json) -> list[Item]:
    return read_input([msgspec.Raw(msgspec.json.encode(item)) for item in items], sources())


def thought(**more: Any) -> Json:
    return {"type": "reasoning", "summary": [], **more}


def sent(items: list[Item], notes: Notes) -> list[Json]:
    return chat_messages(None, items, dialect("llamacpp"), notes)


def test_what_was_sealed_goes_back_to_the_model() -> None:
    notes = Notes()
    items = opened(read(thought(encrypted_content="sealed Hm."), ANSWER), Known(), notes)
    assert sent(items, notes) == [{**ANSWER, "reasoning_content": "Hm."}]
    assert not notes.headers()
    assert b"sealed Hm." in items[0].stored().raw


def test_what_cannot_be_opened_is_left_out_and_noted() -> None:
    notes = Notes()
    items = opened(read(thought(encrypted_content="gAAAA"), ANSWER), Known(), notes)
    assert sent(items, notes) == [ANSWER]
    assert notes.ignored == ["input[0]"]


def test_words_beside_a_seal_that_cannot_be_opened_are_taken() -> None:
    notes = Notes()
    said = thought(encrypted_content="gAAAA", content=[{"type": "reasoning_text", "text": "Hm."}])
    assert sent(opened(read(said, ANSWER), Known(), notes), notes) == [{**ANSWER, "reasoning_content": "Hm."}]
    assert notes.ignored == ["input[0].encrypted_content"]


def test_a_seal_says_more_than_the_words_beside_it() -> None:
    said = thought(encrypted_content="sealed Hm, well.", summary=[{"type": "summary_text", "text": "It thought."}])
    (item, _) = opened(read(said, ANSWER), Known(), Notes())
    assert sent([item, *read(ANSWER)], Notes()) == [{**ANSWER, "reasoning_content": "Hm, well."}]


def test_a_seal_of_another_project_is_refused_by_its_place_unless_it_was_kept_here() -> None:
    items = read(ANSWER, thought(encrypted_content="foreign"))
    with pytest.raises(InvalidRequest, match=r"^No\.$") as refused:
        opened(items, Known(), Notes())
    assert (refused.value.param, refused.value.code) == ("input[1].encrypted_content", "invalid_encrypted_content")
    notes = Notes()
    assert sent(opened(items, Known(), notes, own=True), notes) == [ANSWER]
    assert notes.ignored == ["input[1]"]


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"content": [{"text": "a"}, {"text": "b"}], "summary": [{"text": "s"}]}, "ab"),
        ({"content": [], "summary": [{"text": "s"}]}, "s"),
        ({"content": "as a string"}, "as a string"),
        ({"content": {"from": "another version"}}, ""),
        ({}, ""),
    ],
)
def test_the_words_of_a_reasoning_item(item: Json, words: str) -> None:
    assert thinking(msgspec.json.encode(item)) == words
