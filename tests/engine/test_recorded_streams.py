"""Every recorded stream of a real upstream, through a run: whole, well formed and true to what was said."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_answers import Answered, Json, answered

pytestmark = pytest.mark.recordings

CUT = "mixed/a98eecadddc8.json"
"""The one stream that ends without a finish reason."""


def recorded(folder: Path) -> Iterator[tuple[str, list[Json]]]:
    """Path and chunks of each streaming chat completion, by what was recorded and not by its URL."""
    for path in sorted(folder.glob("llama-stack-*/*/*.json")):
        body = json.loads(path.read_bytes())["response"]["body"]
        if isinstance(body, list) and body[0]["__type__"].endswith("ChatCompletionChunk"):
            yield f"{path.parent.name}/{path.name}", [chunk["__data__"] for chunk in body]


@pytest.fixture(scope="module")
def answers(recordings_dir: Path) -> dict[str, tuple[list[Json], Answered]]:
    """Each recording's chunks and the answer made of them, checked and judged on the way."""
    return {name: (chunks, answered(*chunks, marked=False)) for name, chunks in recorded(recordings_dir)}


def deltas(chunks: list[Json]) -> Iterator[Json]:
    return (choice["delta"] for chunk in chunks for choice in chunk["choices"] if choice["index"] == 0)


def joined(chunks: list[Json], field: str) -> str:
    return "".join(delta.get(field) or "" for delta in deltas(chunks))


def calls(chunks: list[Json]) -> list[tuple[str, str]]:
    names: dict[int, str] = {}
    said: dict[int, str] = {}
    for delta in deltas(chunks):
        for call in delta.get("tool_calls") or []:
            names.setdefault(call["index"], call["function"].get("name") or "")
            said[call["index"]] = said.get(call["index"], "") + (call["function"].get("arguments") or "")
    return [(names[index], said[index]) for index in sorted(names)]


def test_all_but_the_cut_one_are_complete(answers: dict[str, tuple[list[Json], Answered]]) -> None:
    statuses = {name: answer.final["status"] for name, (_, answer) in answers.items()}
    assert Counter(statuses.values()) == {"completed": 504, "failed": 1}
    assert statuses[CUT] == "failed"
    assert answers[CUT][1].events[-2]["code"] == "upstream_cut"


def test_text_is_the_upstreams(answers: dict[str, tuple[list[Json], Answered]]) -> None:
    tagged = []
    for name, (chunks, answer) in answers.items():
        text, content = "".join(said for kind, said in answer.said if kind == "text"), joined(chunks, "content")
        if content.startswith("<think>"):
            tagged.append(name)
            thought, _, rest = content.removeprefix("<think>").partition("</think>")
            assert answer.said[0] == ("thought", thought.strip()), name
            content = rest.lstrip()
        assert text == content, name
    assert len(tagged) == 3


def test_reasoning_is_the_upstreams(answers: dict[str, tuple[list[Json], Answered]]) -> None:
    for name, (chunks, answer) in answers.items():
        if not joined(chunks, "content").startswith("<think>"):
            field = next(
                (one for one in ("reasoning_content", "reasoning", "thinking") if joined(chunks, one)), "reasoning"
            )
            assert "".join(said for kind, said in answer.said if kind == "thought") == joined(chunks, field), name


def test_calls_are_the_upstreams(answers: dict[str, tuple[list[Json], Answered]]) -> None:
    counts: Counter[int] = Counter()
    for name, (chunks, answer) in answers.items():
        asked = calls(chunks)
        assert [short for short in answer.said if short[0] not in {"text", "thought", "refusal"}] == asked, name
        counts[len(asked)] += 1
    assert counts.total() - counts[0] == 159


def test_usage_is_the_upstreams(answers: dict[str, tuple[list[Json], Answered]]) -> None:
    told = 0
    for name, (chunks, answer) in answers.items():
        usages: list[dict[str, Any]] = [chunk["usage"] for chunk in chunks if chunk.get("usage")]
        usage = answer.final["usage"]
        assert (usage is None) == (not usages), name
        if usages:
            told += 1
            assert usage["input_tokens"] == usages[-1]["prompt_tokens"], name
            assert usage["output_tokens"] == usages[-1]["completion_tokens"], name
            details = usages[-1].get("prompt_tokens_details") or {}
            assert usage["input_tokens_details"]["cached_tokens"] == (details.get("cached_tokens") or 0), name
            details = usages[-1].get("completion_tokens_details") or {}
            assert usage["output_tokens_details"]["reasoning_tokens"] == (details.get("reasoning_tokens") or 0), name
    assert told == 150
