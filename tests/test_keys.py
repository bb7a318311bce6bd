"""How a key looks, and how it is told from a guess."""

from itertools import count

from antiphon.keys import ALL, PREFIX, SCOPES, USUAL, digest, fits, id_of, make_key, unknown_scopes
from antiphon.sources import chance


def test_a_key_carries_its_id_and_chance() -> None:
    numbers = count()
    key = make_key(lambda size: bytes([next(numbers)]) * size)
    assert key.text == f"{PREFIX}-000000000000-{'01' * 24}"
    assert id_of(key.text) == key.id == "000000000000"
    assert make_key(chance).text != make_key(chance).text


def test_only_the_key_itself_fits() -> None:
    key = make_key(chance)
    assert fits(key.text, digest(key.text))
    assert not fits(key.text + "0", digest(key.text))
    assert not fits(key.text, None)
    assert not fits("", None)


def test_any_text_has_something_where_the_id_stands() -> None:
    assert [id_of(text) for text in ("", "none", "sk-ap-", "sk-ap-12", "\udcff")] == ["", "", "", "12", ""]
    assert not fits("\udcff", digest("x"))


def test_a_key_says_nothing_of_the_server_unless_asked() -> None:
    assert {"admin"} == ALL - USUAL
    assert all(SCOPES.values())
    assert unknown_scopes(["read", "rad", "all"]) == ["all", "rad"]
