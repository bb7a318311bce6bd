"""Grammars over words, one word at a time."""

import pytest

from antiphon.testing.grammar import NEVER, expected, may_end, parse, step, words


def accepts(grammar: str, text: str) -> bool:
    state = parse(grammar)
    for word in text.split():
        state = step(state, word)
    return may_end(state)


@pytest.mark.parametrize(
    ("grammar", "right", "wrong"),
    [
        ("", [""], ["a"]),
        ("a b", ["a b"], ["", "a", "b a", "a b b"]),
        ("a | b c", ["a", "b c"], ["", "a c", "b"]),
        ("a?", ["", "a"], ["a a", "b"]),
        ("a*", ["", "a", "a a a"], ["a b"]),
        ("a (b | c)* d", ["a d", "a b c b d"], ["a b", "a b d c"]),
        ("(a b?)* c?", ["", "a a b a c", "c"], ["b", "c a", "a b b"]),
        ("a.b:c*", ["a.b:c a.b:c"], ["a.b"]),
        ("a a? b", ["a b", "a a b"], ["a a a b"]),
    ],
)
def test_words_are_accepted_as_the_grammar_says(grammar: str, right: list[str], wrong: list[str]) -> None:
    assert [text for text in right if not accepts(grammar, text)] == []
    assert [text for text in wrong if accepts(grammar, text)] == []


def test_the_first_impossible_word_is_known_at_once() -> None:
    state = step(parse("a b* c"), "a")
    assert expected(state) == {"b", "c"}
    assert step(state, "d") == NEVER
    assert expected(NEVER) == frozenset()
    assert not may_end(NEVER)


def test_the_words_of_a_grammar() -> None:
    assert words(parse("a (b | c)* d?")) == {"a", "b", "c", "d"}


def test_long_sequences_stay_small() -> None:
    state = parse("(a (b | c)* d)*")
    for _ in range(1000):
        for word in ("a", "b", "c", "b", "d"):
            state = step(state, word)
    assert expected(state) == {"a"}


@pytest.mark.parametrize("grammar", ["(a", "a)", "(a | b"])
def test_a_missing_bracket_is_an_error(grammar: str) -> None:
    with pytest.raises(ValueError, match="grammar"):
        parse(grammar)
