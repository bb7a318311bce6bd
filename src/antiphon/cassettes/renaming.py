"""Puts a client's own ids into an answer from the tape: in a later run it goes on with those, not with the recorded.

Boundaries of chunks stay where they were, in an id too. Pure. Not here: which ids these are (`ids.py`).
Counterpart: `transport.py`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from antiphon.cassettes.documents import Replacement, respelled, spelled_texts
from antiphon.cassettes.ids import ids_in
from antiphon.cassettes.interaction import Answered, Chunk
from antiphon.cassettes.redaction import apply_edits


@dataclass(frozen=True, slots=True)
class Names:
    """The ids in an answer: those that stand in one piece, and those that a stream spells over several events."""

    whole: frozenset[str]
    spelled: frozenset[str]

    @classmethod
    def of(cls, answered: Answered) -> "Names":
        """Those of an answer. It costs about as much as reading it, so it is done once for each."""
        body = b"".join(chunk.data for chunk in answered.chunks)
        streams = "event-stream" in answered.headers.get("content-type", "")
        spelled = (name for text in (spelled_texts(body) if streams else ()) for name in ids_in(text))
        return cls(frozenset(ids_in(body.decode("latin-1"))), frozenset(spelled))


def rename_answer(answered: Answered, ids: Mapping[str, str], names: Names | None = None) -> Answered:
    """The answer with each of `ids` as what it leads to; the same object if none is in it. `names` are the answer's."""
    names = names or Names.of(answered)
    chunks = answered.chunks
    if not names.whole.isdisjoint(ids):
        chunks = _renamed(chunks, _pattern(ids), ids)
    if not names.spelled.isdisjoint(ids):
        chunks = _respelled(chunks, _pattern(ids), ids)
    return answered if chunks is answered.chunks else replace(answered, chunks=chunks)


def _pattern(ids: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(map(re.escape, ids))})(?![A-Za-z0-9])")


def _found(text: str, known: re.Pattern[str], ids: Mapping[str, str]) -> list[Replacement]:
    return [Replacement(*match.span(), ids[match[0]]) for match in known.finditer(text)]


def _renamed(chunks: tuple[Chunk, ...], known: re.Pattern[str], ids: Mapping[str, str]) -> tuple[Chunk, ...]:
    """Ids that stand in one piece, though it may be sent in several."""
    # Latin-1 gives each byte one character, so positions hold; ids are ASCII.
    found = _found(b"".join(chunk.data for chunk in chunks).decode("latin-1"), known, ids)
    return tuple(_pieces(chunks, found)) if found else chunks


def _pieces(chunks: Sequence[Chunk], found: Sequence[Replacement]) -> Iterator[Chunk]:
    at, first = 0, 0
    for chunk in chunks:
        stop, last, parts = at + len(chunk.data), at, list[bytes]()
        while first < len(found) and found[first].stop <= at:
            first += 1
        for change in found[first:]:
            if change.start >= stop:
                break
            parts += [chunk.data[last - at : max(change.start, at) - at], change.between(at, stop).encode()]
            last = min(change.stop, stop)
        # An empty one would end the body.
        if data := b"".join([*parts, chunk.data[last - at :]]):
            yield replace(chunk, data=data)
        at = stop


def _respelled(chunks: tuple[Chunk, ...], known: re.Pattern[str], ids: Mapping[str, str]) -> tuple[Chunk, ...]:
    """Ids that a model wrote, a bit of them in each event."""
    body = b"".join(chunk.data for chunk in chunks)
    edits = respelled(body, lambda text: _found(text, known, ids))
    return tuple(apply_edits(chunks, edits)) if edits else chunks
