"""Chunks in a row, and each by itself."""

from antiphon.wire.chat import ChatChunk, Choice, Delta, Texts, one_by_one, text_chunk


def test_texts_are_as_many_chunks() -> None:
    other = ChatChunk([Choice(finish_reason="stop")])
    assert list(one_by_one([Texts(["a", ""]), other, Texts([])])) == [text_chunk("a"), text_chunk(""), other]
    assert text_chunk("a") == ChatChunk([Choice(0, Delta("a"))])
