import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.engine.notes import LONGEST_HEADER, Notes
from antiphon.errors import InvalidRequest


def test_nothing_noted_is_no_header() -> None:
    assert Notes().headers() == {}
    Notes().refuse()


def test_names_are_listed_once_in_order() -> None:
    notes = Notes(approximated=["input"], ignored=["tools[1]", "reasoning.effort", "tools[1]"])
    assert notes.headers() == {"antiphon-approximated": "input", "antiphon-ignored": "tools[1], reasoning.effort"}


def test_a_name_from_outside_cant_make_a_header() -> None:
    header = Notes(ignored=["a\r\nset-cookie: x", "b, c", "日本", 'd"e'.upper()]).headers()["antiphon-ignored"]
    assert header == "a%0D%0Aset-cookie:%20x, b%2C%20c, %E6%97%A5%E6%9C%AC, D%22E"


@given(st.lists(st.text(max_size=400), min_size=1, max_size=300))
def test_any_names_fit_into_a_header(names: list[str]) -> None:
    header = Notes(ignored=names).headers()["antiphon-ignored"]
    assert header.isascii()
    assert header.isprintable()
    assert len(header) <= LONGEST_HEADER


@pytest.mark.parametrize(
    ("notes", "param"),
    [
        (Notes(ignored=["a", "b"]), "a"),
        (Notes(approximated=["a"]), "a"),
        (Notes(approximated=["a"], ignored=["b"]), "b"),
    ],
)
def test_all_or_nothing_refuses_the_first(notes: Notes, param: str) -> None:
    with pytest.raises(InvalidRequest, match=f"'{param}'") as refusal:
        notes.refuse()
    assert (refusal.value.param, refusal.value.code) == (param, "unsupported_parameter")
