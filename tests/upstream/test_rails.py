"""What a judge is asked, what its answer means, and when a sentence is over."""

import msgspec
import pytest

from antiphon.errors import UpstreamGarbage
from antiphon.upstream.rails import MOST, Guardrails, Spoken
from antiphon.wire.chat import ChatChunk, Choice, Delta
from antiphon.wire.moderation import ModerationResult

MODERATIONS = Guardrails(model="o/omni")
LLAMA = Guardrails(model="o/guard", kind="llama-guard")


def moderation(*, flagged: bool, **categories: bool | None) -> bytes:
    return msgspec.json.encode({"id": "m", "model": "x", "results": [{"flagged": flagged, "categories": categories}]})


def guard(said: str) -> bytes:
    return msgspec.json.encode({"choices": [{"message": {"content": said}}]})


def found_by(rails: Guardrails, answer: bytes) -> frozenset[str]:
    return rails.counted(rails.judgement(answer))


def test_what_a_judge_is_asked() -> None:
    assert MODERATIONS.question("Hi", None) == {"model": "o/omni", "input": "Hi"}
    assert MODERATIONS.question("Hi", "Yo") == {"model": "o/omni", "input": "Yo"}
    asked = LLAMA.question("Hi", "Yo")
    assert asked["messages"] == [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yo"}]
    assert LLAMA.question("Hi", None)["messages"] == [{"role": "user", "content": "Hi"}]
    assert len(MODERATIONS.question("x" * 2 * MOST, None)["input"]) == MOST
    assert (MODERATIONS.path, LLAMA.path) == ("/moderations", "/chat/completions")


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (moderation(flagged=False, hate=True), set()),
        (moderation(flagged=True, hate=True, violence=False, illicit=None), {"hate"}),
        (moderation(flagged=True), {"flagged"}),
        (b'{"results":[{"flagged":true,"categories":null,"category_scores":{"a":"x"}}]}', {"flagged"}),
        (b'{"results":[{"flagged":true,"categories":{"a":"x","b":true},"category_applied_input_types":5}]}', {"b"}),
        (b'{"results":[{"categories":{"a":false,"b":true}}]}', {"b"}),
        (b'{"results":[{"categories":{"a":false}}]}', set()),
    ],
)
def test_what_a_moderation_found(answer: bytes, found: set[str]) -> None:
    assert found_by(MODERATIONS, answer) == found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("safe", set()),
        ("\n\nSafe ", set()),
        ("unsafe\nS1,S9", {"S1", "S9"}),
        ("unsafe", {"UNSAFE"}),
        ("unsafe S2", {"S2"}),
        ("**unsafe**\nS2", {"S2"}),
        ("Safe.", set()),
    ],
)
def test_what_a_llama_guard_found(said: str, found: set[str]) -> None:
    assert found_by(LLAMA, guard(said)) == found


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"{}",
        b'{"results": [1]}',
        b"\xff",
        b'{"model": "\xff"}',
        b"[" * 100_000,
        b'{"results": [{"flagged": null, "categories": {}}]}',
        guard("perhaps"),
        guard(""),
        b'{"choices":[]}',
    ],
)
def test_what_is_no_judgement_is_not_taken_for_one(answer: bytes) -> None:
    for rails in (MODERATIONS, LLAMA):
        with pytest.raises(UpstreamGarbage):
            rails.judgement(answer)


def test_a_judgement_is_told_whole() -> None:
    result = {
        "flagged": True,
        "categories": {"hate": True, "illicit": None},
        "category_scores": {"hate": 0.9, "illicit": None},
    }
    other = {"flagged": False, "categories": {"hate": False}, "category_applied_input_types": {"hate": ["image"]}}
    said = MODERATIONS.judgement(msgspec.json.encode({"model": "omni-2", "results": [result, other]}))
    assert said == ModerationResult(
        flagged=True,
        model="omni-2",
        categories={"hate": True, "illicit": False},
        category_scores={"hate": 0.9, "illicit": 0.0},
        category_applied_input_types={"hate": ["image"], "illicit": ["text"]},
    )
    assert LLAMA.judgement(guard("unsafe\nS1")) == ModerationResult(
        flagged=True, model="o/guard", categories={"S1": True}, category_scores={"S1": 1.0},
        category_applied_input_types={"S1": ["text"]},
    )  # fmt: skip


def test_only_chosen_categories_count() -> None:
    chosen = Guardrails(model="o/omni", categories=["violence"])
    assert found_by(chosen, moderation(flagged=True, hate=True)) == set()
    assert found_by(chosen, moderation(flagged=True, hate=True, violence=True)) == {"violence"}


def test_what_is_said_instead() -> None:
    (refused,) = MODERATIONS.instead().choices or []
    assert refused.delta is not None
    assert (refused.delta.refusal, refused.finish_reason) == (MODERATIONS.refusal, "stop")
    (filtered,) = Guardrails(model="m", action="filter").instead().choices or []
    assert filtered.finish_reason == "content_filter"


@pytest.mark.parametrize(
    ("texts", "ripe"),
    [
        (["One", " two"], False),
        (["One. ", "Two"], True),
        (["3.14"], False),
        (["何。"], True),
        (["x" * 400], True),
        (["a\n\nb"], True),
    ],
)
def test_when_a_sentence_is_over(texts: list[str], ripe: bool) -> None:  # noqa: FBT001 - a table's column
    spoken = Spoken()
    *_, last = [spoken.take(ChatChunk(choices=[Choice(delta=Delta(content=text))])) for text in texts]
    assert last is ripe
    assert len(spoken.held) == len(texts)
    spoken.settle()
    assert (spoken.judged, spoken.new, len(spoken.freed()), spoken.free) == ("".join(texts), "", len(texts), [])


def test_what_has_no_text_passes_unless_text_waits() -> None:
    spoken, thought = Spoken(), ChatChunk(choices=[Choice(delta=Delta(reasoning="hm"))])
    assert not spoken.take(thought)
    assert spoken.freed() == [thought]
    spoken.take(ChatChunk(choices=[Choice(delta=Delta(content="One"))]))
    assert not spoken.take(thought)
    assert (spoken.free, len(spoken.held)) == ([], 2)
