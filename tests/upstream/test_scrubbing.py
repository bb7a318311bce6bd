"""An upstream's key in what it answers."""

import pytest

from antiphon.upstream.scrubbing import ShortAnswer, without_key


@pytest.mark.parametrize(
    ("key", "left"),
    [("sk-12345", b'{"error":"wrong key [key], [key]"}'), (None, None), ("", None), ("wrong", None)],
)
def test_the_key_is_taken_out(key: str | None, left: bytes | None) -> None:
    body = b'{"error":"wrong key sk-12345, sk-12345"}'
    assert without_key(body, key) == (left or body)


async def test_a_short_answer_is_an_answer() -> None:
    answer = ShortAnswer(401, {"a": "b"}, b"x")
    assert [data async for data in answer.chunks()] == [b"x"]
    assert [data async for data in ShortAnswer(401, {}, b"").chunks()] == []
    await answer.close()
