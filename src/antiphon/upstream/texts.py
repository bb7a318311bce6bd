"""Chunks that differ in nothing but a piece of text, read all at once. Pure.

Where an upstream is ahead of its client, one read brings hundreds of chunks, of which nearly all say the same round
another text. What stands round it is taken off as it is, and the texts are read as one list of JSON: a third of what
the chunks would cost, with the same result. Where anything is out of the ordinary, chunks are left as they are.
Counterpart: `chat_stream.py`, which reads those.
"""

from collections.abc import Callable, Sequence

import msgspec

from antiphon.wire.chat import ChatChunk, Texts, text_chunk

FEWEST = 8
"""Chunks in a row for which it is worth the trouble."""
_MARK = "\0"
_COMMA = b",\n"
"""No string of JSON holds the end of a line, so that no text can reach over this."""

_texts = msgspec.json.Decoder(list[str]).decode
_chunk = msgspec.json.Decoder(ChatChunk).decode


class _Delta(msgspec.Struct, gc=False):
    content: msgspec.Raw


class _Choice(msgspec.Struct, gc=False):
    delta: _Delta


class _Said(msgspec.Struct, gc=False):
    choices: list[_Choice]


_said = msgspec.json.Decoder(_Said).decode


def with_texts(messages: Sequence[bytes]) -> Sequence[bytes | Texts]:
    """The messages of one read, chunks in a row that bring nothing but text as their texts."""
    # The first one often is another, which says who speaks.
    frame = _frame_of(messages[1]) if len(messages) > FEWEST else None
    if frame is None:
        return messages
    alike = _alike(*frame)
    first = next((place for place, message in enumerate(messages) if alike(message)), 0)
    behind = next((place for place in range(len(messages), first, -1) if alike(messages[place - 1])), first)
    texts = _read(messages[first:behind], *frame) if behind - first >= FEWEST else None
    return messages if texts is None else [*messages[:first], texts, *messages[behind:]]


def _frame_of(message: bytes) -> tuple[bytes, bytes] | None:
    """What stands before and behind the text of a chunk that holds nothing else."""
    try:
        text = bytes(_said(message).choices[0].delta.content)
        opening, _, closing = message.rpartition(text)
        marked = _chunk(opening + msgspec.json.encode(_MARK) + closing)
    except (ValueError, IndexError, RecursionError):
        return None
    # With another text in its place it must be the chunk of that text, or this was not the place.
    return (opening, closing) if marked == text_chunk(_MARK) else None


def _alike(opening: bytes, closing: bytes) -> Callable[[bytes], bool]:
    return lambda message: message.startswith(opening) and message.endswith(closing)


def _read(messages: Sequence[bytes], opening: bytes, closing: bytes) -> Texts | None:
    """The texts of chunks that have all the same round them; None where one has not."""
    begin, end = len(opening), -len(closing)
    texts = [message[begin:end] for message in messages]
    if b"".join(messages) != opening + (closing + opening).join(texts) + closing:
        return None
    try:
        read = _texts(b"[" + _COMMA.join(texts) + b"]")
    except ValueError:
        return None
    return Texts(read) if len(read) == len(texts) else None
