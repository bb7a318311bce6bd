"""How many passages have a word is known for a while."""

from antiphon.store.by_words import GROWN, KNOWN_WORDS, Counts


def test_a_count_holds_until_the_store_has_grown_or_shrunk() -> None:
    counts = Counts()
    counts.note(1, {"cat": 3, "dog": 0}, 100)
    assert counts.known(1, ["cat", "dog", "cow"], 100) == {"cat": 3, "dog": 0}
    assert counts.known(1, ["cat"], int(100 * GROWN)) == {"cat": 3}
    assert counts.known(1, ["cat"], int(100 * GROWN) + 1) == {}
    assert counts.known(1, ["cat"], 99) == {}
    assert counts.known(2, ["cat"], 100) == {}


def test_the_oldest_counts_are_forgotten() -> None:
    counts = Counts()
    counts.note(1, {"first": 1}, 10)
    counts.note(1, {f"word{number}": 1 for number in range(KNOWN_WORDS)}, 10)
    assert counts.known(1, ["first", "word0"], 10) == {"word0": 1}
