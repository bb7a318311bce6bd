"""Marks of items, and ids that end in them."""

from antiphon.engine.own import MARK, Unkeyed, mark_of, marked, unmarked

ID = "mcpr_" + "0" * 32


def test_a_mark_goes_with_its_text() -> None:
    mark = Unkeyed().mark("a")
    assert len(mark) == MARK
    assert Unkeyed().confirms("a", mark)
    assert not Unkeyed().confirms("b", mark)
    assert not Unkeyed().confirms("a", "")


def test_an_id_is_told_from_its_mark() -> None:
    for mark in ("m" * MARK, "_" * MARK, "a_-b" * 5 + "cd"):
        whole = marked(ID, mark)
        assert len(whole) <= 64
        assert (mark_of(whole), unmarked(whole)) == (mark, ID)
    for plain in (ID, "mcpr_1", "", "mcpl_682d48dd1f3c81918cd0bbe1c9e8b2a3040e1bd1ba5a4e6f"):
        assert (mark_of(plain), unmarked(plain)) == (None, plain)
