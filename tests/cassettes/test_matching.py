import pytest
from cassettes.tapes import asked, chat, interaction

from antiphon.cassettes.cassette import Cassette
from antiphon.cassettes.interaction import Asked, Interaction
from antiphon.cassettes.matcher import Matcher
from antiphon.cassettes.matching import COMPARED, SHOWN, Remedy, differences, explain_miss, matching_rules, nearest
from antiphon.cassettes.rules import read_rule


def tape(*interactions: Interaction) -> Cassette:
    return Cassette("tape.jsonl", 5, interactions)


def miss(cassette: Cassette, asked: Asked, *, repeats: bool = True) -> str:
    """The message, one line a sentence for the eye."""
    return explain_miss(cassette, asked, repeats=repeats)


def test_a_changed_word_is_shown_with_the_nearest_interaction() -> None:
    cassette = tape(interaction(chat("say hello to Ann"), number=1), interaction(chat("count to ten"), number=2))
    assert miss(cassette, asked(chat("say hello to Bob"))) == (
        "The cassette tape.jsonl has no answer to this POST /v1/chat/completions. "
        "The nearest of its 2 interactions is tape.jsonl:2; it differs in\n"
        '  messages[0].content: recorded "say hello to Ann", asked "say hello to Bob"\n'
        "Ask as it was recorded, or record it with `--mode auto`.\n"
        "Or let it match: --rule 'ignore messages[0].content'"
    )


def test_a_long_text_is_shown_around_what_differs() -> None:
    text = "lorem ipsum " * 400
    [difference] = differences(asked(chat(f"{text}alpha{text}")), asked(chat(f"{text}omega{text}")))
    assert difference.path == "messages[0].content"
    assert "alpha" in difference.recorded
    assert "omega" in difference.asked
    assert difference.recorded.startswith("…")
    assert difference.recorded.endswith("…")
    assert len(difference.recorded) < 80


def test_fields_that_one_side_lacks_are_named() -> None:
    found = differences(asked(chat("hi", seed=7)), asked(chat("hi", temperature=0.5)))
    assert [str(one) for one in found] == [
        "temperature: recorded nothing, asked 0.5",
        "seed: recorded 7, asked nothing",
    ]


def test_bodies_that_look_alike_are_told_apart() -> None:
    assert [str(one) for one in differences(asked(b"\xff"), asked(b"\xfe"))] == [
        "body: recorded 1 bytes, asked 1 others"
    ]
    assert [str(one) for one in differences(asked(b""), asked(b"{}"))] == ["body: recorded 0 bytes, asked 2 others"]


def test_many_differences_are_counted() -> None:
    cassette = tape(interaction(chat("hi", metadata={str(n): "a" for n in range(20)})))
    message = miss(cassette, asked(chat("hi", metadata={str(n): "b" for n in range(20)})))
    assert message.count("recorded") == SHOWN + 1
    assert f"and {20 - SHOWN} more" in message


def test_an_empty_cassette_says_so() -> None:
    assert miss(tape(), asked(chat("hi"))) == (
        "The cassette tape.jsonl is empty, so POST /v1/chat/completions has no answer: record it with `--mode auto`."
    )


def test_what_is_used_up_says_so() -> None:
    cassette = tape(interaction(chat("hi")))
    assert miss(cassette, asked(chat("hi")), repeats=False) == (
        "The cassette tape.jsonl answers POST /v1/chat/completions 1 time, and all are used up: "
        "allow repeats (`--repeats yes`), or record the further calls with `--mode auto`."
    )


def test_another_model_says_so() -> None:
    message = miss(tape(interaction(chat("hi", model="llama3.2"))), asked(chat("hi", model="qwen3")))
    assert 'for another model (tape.jsonl:2): model: recorded "llama3.2", asked "qwen3".' in message
    assert "--alias" in message


def test_another_path_says_what_there_is() -> None:
    message = miss(tape(interaction(chat("hi"))), asked(chat("hi"), url="http://h/v1/chat/completion"))
    assert "none of them for POST /v1/chat/completion: it knows POST /v1/chat/completions." in message
    many = tape(*(interaction_at(f"/v1/{n}") for n in range(SHOWN + 3)))
    assert "and 3 more" in miss(many, asked(chat("hi")))


def interaction_at(path: str) -> Interaction:
    one = interaction(chat("hi"))
    return Interaction(1, asked(chat("hi"), url=f"http://h{path}"), one.end, one.origin, one.load)


def test_the_scope_of_the_nearest_is_named() -> None:
    message = miss(tape(interaction(chat("hello"), scope="tests/test_a.py::test_b")), asked(chat("hallo")))
    assert "of the scope tests/test_a.py::test_b" in message


@pytest.mark.parametrize("body", [b"\xff\x00", b"plain", b"", b"[1]", b'"x"'])
def test_any_body_can_miss(body: bytes) -> None:
    assert "differs in" in miss(tape(interaction(chat("hi")), interaction(b"other text")), asked(body))


def test_the_nearest_is_found_among_thousands() -> None:
    talks = [interaction(chat(f"question {n}", model=f"m{n % 3}"), number=n) for n in range(3_000)]
    near = nearest(tape(*talks), asked(chat("question 1234!", model="m1")))
    assert near is not None
    assert near.asked.path == "/v1/chat/completions"
    assert b'"m1"' in near.asked.body


def test_the_nearest_is_the_one_that_shares_most_of_the_conversation() -> None:
    turns = [{"role": "user", "content": f"turn {n}"} for n in range(COMPARED * 2)]
    tapes = [interaction({"model": "m", "messages": turns[:n]}, number=n) for n in range(1, COMPARED * 2)]
    changed = [*turns[:20], {"role": "user", "content": "turn 20, changed"}]
    near = nearest(tape(*tapes), asked({"model": "m", "messages": changed}))
    assert near is not None
    assert near.number == 21


def test_what_only_another_scope_has_says_whose_it_is() -> None:
    cassette = tape(interaction(chat("hi"), scope="theirs"))
    assert explain_miss(cassette, asked(chat("hi")), "mine") == (
        "The cassette tape.jsonl has no answer to POST /v1/chat/completions in the scope 'mine'; this very request is "
        "there for the scope 'theirs' (tape.jsonl:2). Ask in that scope (`X-Antiphon-Scope: theirs`), take the scope "
        "off the recording so that it serves everyone, or record it with `--mode auto`."
    )


@pytest.mark.parametrize(
    ("recorded", "now", "rules"),
    [
        (chat("hi", seed=1), chat("hi", seed=2), ["ignore seed"]),
        (chat("hi", seed=1), chat("hi", user="x"), ["ignore user", "ignore seed"]),
        (chat("hi", model="a"), chat("hi", model="b"), ['map model "b" "a"']),
        (chat("it is 2024-01-02"), chat("it is 2025-11-12"), [r'replace "\d{4}-\d\d-\d\d" DATE']),
        (chat("at 9:05, in /tmp/x1"), chat("at 19:45, in /tmp/y2"), ["ignore messages[0].content"]),
        (
            chat("hi", user="8c5de8ab-9e19-4f6c-9b39-8a6bb8d2ba7b", seed=None),
            chat("hi", user="00000000-9e19-4f6c-9b39-8a6bb8d2ba7b"),
            [r'replace "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}" ID'],
        ),
        (chat("hi", a=1, b=1, c=1, d=1), chat("hi", a=2, b=2, c=2, d=2), []),
        (b"no JSON", b"other", []),
    ],
)
def test_the_rules_that_would_make_it_match_do(recorded: object, now: object, rules: list[str]) -> None:
    one, other = asked(recorded), asked(now)
    assert matching_rules(one, other, Matcher()) == rules
    cassette = Cassette("tape", 5, [interaction(recorded)], matcher=Matcher(rules=tuple(map(read_rule, rules))))
    assert (cassette.find(other) is not None) == bool(rules)
    if rules:
        assert rules[0] in explain_miss(Cassette("tape", 5, [interaction(recorded)]), other) or "model" in rules[0]


def test_the_remedy_is_the_callers() -> None:
    cassette = tape(interaction(chat("hi")))
    assert "record it with `make tapes`." in explain_miss(cassette, asked(chat("ho")), mend=Remedy("`make tapes`"))
    assert "record it with `make tapes`." in explain_miss(tape(), asked(chat("ho")), mend=Remedy("`make tapes`"))


def test_ids_of_servers_are_no_difference() -> None:
    one, other = "conv_" + "a1" * 16, "conv_" + "b2" * 16
    cassette = tape(interaction(chat("hello", conversation=one)))
    message = miss(cassette, asked(chat("hallo", conversation=other)))
    assert "messages[0].content" in message
    assert "conversation" not in message
    [difference] = differences(asked(chat(f"{one} {one}")), asked(chat(f"{one} {other}")))
    assert difference.path == "messages[0].content"


def test_the_nearest_may_have_another_id_in_its_path() -> None:
    one = interaction_at("/v1/responses/resp_" + "a1" * 16)
    near = nearest(tape(one), asked(chat("hello"), url="http://h/v1/responses/resp_" + "b2" * 16))
    assert near is one
