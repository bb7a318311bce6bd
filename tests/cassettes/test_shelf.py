from dataclasses import replace

import pytest
from cassettes.tapes import chat, interaction

from antiphon.cassettes.interaction import Answered, Chunk, End, Interaction
from antiphon.cassettes.shelf import BURST, Loaded, Shelf


@pytest.mark.parametrize(
    ("kind", "end", "length"),
    [
        ("application/json", End.COMPLETE, 3),
        ("application/json", End.CUT, None),
        ("text/event-stream", End.COMPLETE, None),
        ("application/x-ndjson", End.COMPLETE, None),
    ],
)
def test_only_a_whole_body_has_a_length(kind: str, end: End, length: int | None) -> None:
    answered = Answered(200, {"content-type": kind}, (Chunk(0, b"ab"), Chunk(1, b"c")), end)
    assert Loaded(answered).length == length


def test_the_coded_body_has_a_chunk_for_each_and_a_burst_an_element() -> None:
    chunks = tuple(Chunk(n, b"x" * (n + 1)) for n in range(BURST + 1))
    wire = Loaded(Answered(200, {}, chunks, End.COMPLETE)).wire
    assert len(wire) == 2
    assert wire[0].startswith(b"1\r\nx\r\n2\r\nxx\r\n")
    assert wire[1] == b"21\r\n" + b"x" * 33 + b"\r\n"
    assert Loaded(Answered(204, {}, (), End.COMPLETE)).wire == []


def test_what_was_used_last_stays() -> None:
    read: list[int] = []

    def taped(number: int) -> Interaction:
        def load() -> Answered:
            read.append(number)
            return Answered(200, {}, (Chunk(0, b"x" * 10),), End.COMPLETE)

        return replace(interaction(chat("hi"), number=number), load=load)

    one, two, three = map(taped, (1, 2, 3))
    shelf = Shelf(room=40)
    for each in (one, two, one, three, one, two, three):
        assert shelf.take(each).size == 10
    assert read == [1, 2, 3, 2, 3]


def test_what_is_larger_than_the_shelf_is_given_all_the_same() -> None:
    large = replace(interaction(chat("hi")), load=lambda: Answered(200, {}, (Chunk(0, b"x" * 100),), End.COMPLETE))
    shelf = Shelf(room=10)
    assert [shelf.take(large).size for _ in range(2)] == [100, 100]
