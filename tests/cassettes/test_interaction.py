from cassettes.tapes import chat, interaction

from antiphon.cassettes.interaction import Origin


def test_two_interactions_with_the_same_content_are_two() -> None:
    one, other = interaction(chat("hi")), interaction(chat("hi"))
    assert one != other
    assert len({one, other}) == 2


def test_an_origin_reads_as_editors_print_places() -> None:
    assert str(Origin("tape.jsonl", 12)) == "tape.jsonl:12"
