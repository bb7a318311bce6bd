"""Queries that a model writes anew: what it is asked, and what of its answer is searched for."""

from typing import Any

import msgspec
import pytest

from antiphon.errors import UpstreamGarbage
from antiphon.tools.rewriting import LONGEST, TASK, Rewriter, read_query

WRITTEN = {"How do I get my money back?": "refund", "Hello?": ""}


def completion(content: str | None) -> bytes:
    return msgspec.json.encode({"choices": [{"message": {"role": "assistant", "content": content}}]})


async def test_each_query_is_asked_about_and_stays_where_nothing_is_written() -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    async def ask(path: str, body: dict[str, Any]) -> bytes:
        asked.append((path, body))
        return completion(WRITTEN[body["messages"][1]["content"]])

    async def nobody(path: str, body: dict[str, Any]) -> bytes:
        raise AssertionError(path, body)

    queries = list(WRITTEN)
    assert await Rewriter("up/m", nobody).asking(ask).rewritten(queries) == ["refund", "Hello?"]
    told = [[{"role": "system", "content": TASK}, {"role": "user", "content": query}] for query in queries]
    assert asked == [("/chat/completions", {"model": "up/m", "messages": messages}) for messages in told]


async def test_a_model_that_fails_fails_the_whole() -> None:
    async def ask(_path: str, body: dict[str, Any]) -> bytes:
        return completion("a") if body["messages"][1]["content"] == "a" else b"<html>"

    with pytest.raises(UpstreamGarbage, match="'up/m' that rewrites queries"):
        await Rewriter("up/m", ask).rewritten(["a", "b"])


@pytest.mark.parametrize(
    ("content", "query"),
    [
        ("return a device", "return a device"),
        (' "return a\n device" ', "return a device"),
        ("<think>They want\nmoney.</think>\n\nrefund", "refund"),
        ("<think>Hm", ""),
        ('"', '"'),
        ('"a" or "b', '"a" or "b'),
        ("a" * 2000, "a" * LONGEST),
        (None, ""),
    ],
)
def test_what_of_an_answer_is_searched_for(content: str | None, query: str) -> None:
    assert read_query(completion(content), "m") == query


@pytest.mark.parametrize(
    "wrong", [b"<html>", b'{"choices":[]}', b'{"choices":[{"text":"a"}]}', b"\xff", b"[" * 100_000]
)
def test_another_form_is_garbage(wrong: bytes) -> None:
    with pytest.raises(UpstreamGarbage):
        read_query(wrong, "m")
