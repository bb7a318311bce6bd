import pytest
from cassettes.tapes import asked, chat, interaction

from antiphon.cassettes.cassette import Cassette
from antiphon.cassettes.interaction import End, Interaction
from antiphon.cassettes.matcher import Matcher, Matching


def numbers(cassette: Cassette, times: int, scope: str = "", **how: bool) -> list[tuple[int, bool] | None]:
    found = [cassette.find(asked(chat("hi")), scope, **how) for _ in range(times)]
    return [(match.interaction.number, match.repeated) if match else None for match in found]


def tape(*interactions: Interaction) -> Cassette:
    return Cassette("tape.jsonl", 5, interactions)


def test_equal_requests_are_answered_in_order_and_the_last_is_repeated() -> None:
    cassette = tape(
        interaction(chat("hi"), number=1), interaction(chat("ho"), number=2), interaction(chat("hi"), number=3)
    )
    assert numbers(cassette, 4) == [(1, False), (3, False), (3, True), (3, True)]


def test_without_repeats_what_is_used_up_is_not_found() -> None:
    assert numbers(tape(interaction(chat("hi"))), 2, repeats=False) == [(1, False), None]


@pytest.mark.parametrize("kind", [Matching.CANONICAL, Matching.CONVERSATION])
def test_it_is_known_which_answer_is_the_last(kind: Matching) -> None:
    cassette = Cassette("t", 5, [interaction(chat("hi"), number=number) for number in (1, 2)], matcher=Matcher(kind))
    found = [cassette.find(asked(chat("hi"))) for _ in range(3)]
    assert [match.last for match in found if match] == [False, True, True]


def test_an_answer_that_is_given_back_is_there_again_though_it_was_the_last() -> None:
    cassette = tape(interaction(chat("hi"), number=1))
    match = cassette.find(asked(chat("hi")))
    assert match is not None
    cassette.give_back(match)
    assert numbers(cassette, 2, repeats=False) == [(1, False), None]


def test_other_requests_are_not_found() -> None:
    cassette = tape(interaction(chat("hi")))
    assert cassette.find(asked(chat("ho"))) is None
    assert cassette.find(asked(chat("hi"), url="http://127.0.0.1:11434/v1/completions")) is None


def test_the_host_does_not_matter_and_the_same_upstream_is_preferred() -> None:
    cassette = tape(interaction(chat("hi"), number=1, upstream="a"), interaction(chat("hi"), number=2, upstream="b"))
    elsewhere = "https://example.org/v1/chat/completions"
    for upstream, number in (("b", 2), ("b", 2), ("a", 1), ("a", 1)):
        match = cassette.find(asked(chat("hi"), url=elsewhere, upstream=upstream))
        assert match is not None
        assert match.interaction.number == number
    match = tape(interaction(chat("hi"), upstream="a")).find(asked(chat("hi"), upstream="c"))
    assert match is not None


def test_a_later_take_replaces_the_earlier_ones() -> None:
    one, two = interaction(chat("hi"), number=1), interaction(chat("hi"), number=2)
    again = interaction(chat("hi"), number=3, take=2)
    assert numbers(tape(one, two, again), 2) == [(3, False), (3, True)]
    assert numbers(tape(again, one, two), 2) == [(3, False), (3, True)]
    assert tape(one, again).last_take == 2
    assert tape().last_take == 0


def test_what_its_reader_left_counts_only_while_there_is_nothing_else() -> None:
    left = interaction(chat("hi"), number=1, end=End.LEFT)
    assert numbers(tape(left), 2) == [(1, False), (1, True)]
    assert numbers(tape(left), 1, partial=False) == [None]
    assert numbers(tape(left, interaction(chat("hi"), number=2)), 2) == [(2, False), (2, True)]
    cassette = tape(left)
    assert numbers(cassette, 1) == [(1, False)]
    cassette.add(interaction(chat("hi"), number=2))
    assert numbers(cassette, 1) == [(2, False)]


def test_what_belongs_to_everyone_comes_before_what_belongs_to_a_scope() -> None:
    cassette = tape(interaction(chat("hi"), number=1, scope="t"), interaction(chat("hi"), number=2))
    assert numbers(cassette, 2) == [(2, False), (1, False)]


def test_a_scope_has_its_own_and_else_what_is_everyones() -> None:
    one, two, everyones = (interaction(chat("hi"), number=n, scope=s) for n, s in ((1, "one"), (2, "two"), (3, "")))
    cassette = tape(one, two, everyones)
    assert numbers(cassette, 2, "one") == [(1, False), (1, True)]
    assert numbers(cassette, 2, "two") == [(2, False), (2, True)]
    assert numbers(cassette, 2, "three") == [(3, False), (3, True)]
    assert numbers(tape(one, two), 1, "three") == [None]


def test_without_a_scope_all_may_be_used_everyones_first_then_as_recorded() -> None:
    scopes = ((1, "two"), (2, "one"), (3, ""), (4, "two"))
    cassette = tape(*(interaction(chat("hi"), number=n, scope=s) for n, s in scopes))
    assert numbers(cassette, 5) == [(3, False), (1, False), (2, False), (4, False), (4, True)]


def test_scopes_take_nothing_from_each_other() -> None:
    cassette = tape(interaction(chat("hi"), number=1), interaction(chat("hi"), number=2))
    for scope in ("one", "two", ""):
        assert numbers(cassette, 3, scope) == [(1, False), (2, False), (2, True)]


def test_a_take_of_one_scope_leaves_the_others_theirs() -> None:
    cassette = tape(interaction(chat("hi"), number=1), interaction(chat("hi"), number=2, take=2, scope="one"))
    assert numbers(cassette, 1) == [(1, False)]
    assert numbers(cassette, 1, "one") == [(2, False)]


def test_what_a_scope_recorded_just_now_is_still_new_to_the_others() -> None:
    cassette = tape()
    cassette.add(interaction(chat("hi"), number=1, scope="one"), recorded=True)
    assert numbers(cassette, 1, "one") == [(1, True)]
    assert numbers(cassette, 1) == [(1, False)]


def test_what_was_recorded_just_now_is_used_and_stands_by_its_number() -> None:
    cassette = tape(interaction(chat("hi"), number=1))
    for number in (3, 2):
        cassette.add(interaction(chat("hi"), number=number), recorded=True)
    assert numbers(cassette, 3) == [(1, False), (3, True), (3, True)]


def test_unused_interactions_are_known() -> None:
    first, second = interaction(chat("hi"), number=1), interaction(chat("ho"), number=2)
    cassette = tape(first, second)
    assert cassette.unused == [first, second]
    cassette.find(asked(chat("hi")))
    assert cassette.unused == [second]
    assert len(cassette) == 2


def server_id(digit: int, kind: str = "resp") -> str:
    return f"{kind}_{str(digit) * 32}"


def naming(*ids: str, text: str = "hi") -> dict[str, object]:
    return chat(f"{text} {' '.join(ids)}")


def test_a_request_with_other_ids_gets_the_answer_and_the_ids_that_it_knows() -> None:
    cassette = tape(interaction(naming(server_id(1), server_id(2)), number=1))
    match = cassette.find(asked(naming(server_id(8), server_id(9))))
    assert match is not None
    assert match.ids == {server_id(1): server_id(8), server_id(2): server_id(9)}
    assert not match.repeated
    again = cassette.find(asked(naming(server_id(8), server_id(9))))
    assert again is not None
    assert again.repeated
    assert again.ids == match.ids
    assert cassette.find(asked(naming(server_id(8), server_id(8)))) is None
    assert cassette.find(asked(naming(server_id(8), server_id(9, "conv")))) is None
    assert cassette.find(asked(naming(server_id(8), server_id(9))), repeats=False) is None


def test_the_same_ids_go_before_other_ones() -> None:
    cassette = tape(interaction(naming(server_id(1)), number=1), interaction(naming(server_id(2)), number=2))
    for digit in (2, 1, 2):
        match = cassette.find(asked(naming(server_id(digit))))
        assert match is not None
        assert (match.interaction.number, match.ids) == (digit, {})


def test_what_an_id_stands_for_is_kept_in_its_scope() -> None:
    cassette = tape(
        *(interaction(naming(server_id(digit)), number=digit) for digit in (1, 2)),
        *(interaction(naming(server_id(digit), text="ho"), number=digit + 2) for digit in (1, 2)),
    )

    def numbered(digit: int, text: str, scope: str = "a") -> int:
        match = cassette.find(asked(naming(server_id(digit), text=text)), scope)
        assert match is not None
        return match.interaction.number

    assert [numbered(8, "hi"), numbered(9, "hi")] == [1, 2]
    assert [numbered(9, "ho"), numbered(8, "ho"), numbered(9, "hi")] == [4, 3, 2]
    assert [numbered(9, "hi", "b"), numbered(9, "ho", "b")] == [1, 3]
    match = cassette.find(asked(naming(server_id(1))), "a")
    assert match is not None
    assert match.interaction.number == 1


def test_under_exact_every_id_counts() -> None:
    cassette = Cassette("tape.jsonl", 5, [interaction(naming(server_id(1)))], matcher=Matcher(Matching.EXACT))
    assert cassette.find(asked(naming(server_id(2)))) is None
    assert cassette.find(asked(naming(server_id(1)))) is not None


def test_ids_of_calls_count() -> None:
    cassette = tape(interaction(naming(server_id(1, "call"))))
    assert cassette.find(asked(naming(server_id(2, "call")))) is None


def test_where_it_can_be_recorded_another_id_may_be_another_thing() -> None:
    cassette = tape(interaction(naming(server_id(1)), number=1))
    taped = interaction(naming(server_id(2)), number=2)
    match = cassette.find(asked(naming(server_id(8))), partial=False)
    assert match is not None
    assert match.ids == {server_id(1): server_id(8)}
    assert cassette.find(asked(naming(server_id(9))), partial=False) is None
    cassette.add(taped, recorded=True)
    assert cassette.find(asked(naming(server_id(9))), partial=False) is None
    cassette.add(interaction(naming(server_id(1), server_id(3)), number=3))
    assert cassette.find(asked(naming(server_id(9), server_id(4))), partial=False) is None
    assert cassette.find(asked(naming(server_id(8), server_id(4))), partial=False) is not None
    assert cassette.find(asked(naming(server_id(9)))) is not None
