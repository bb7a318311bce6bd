import json

import pytest
from bench.figures import (
    DIRECT,
    OURS,
    PASSTHROUGH,
    TARGETS,
    Difference,
    Figures,
    Key,
    Load,
    Plain,
    Ratio,
    Spread,
    Target,
    parse_load,
)

A = Key("burst", OURS, "tok_per_cpu_s")
B = Key("burst", PASSTHROUGH, "tok_per_cpu_s")


def line(**changed: object) -> str:
    told = {"label": "", "api": "chat", "ok": 5, "err": 0, "incomplete": 0, "tok_per_cpu_s": 200000, "first_error": ""}
    return json.dumps(told | changed)


def figures(**rounds: list[float]) -> Figures:
    keys = {"ours": A, "theirs": B}
    return Figures({keys[name]: values for name, values in rounds.items()})


def test_a_load_keeps_numbers_and_leaves_words() -> None:
    assert parse_load(line()) == Load({"ok": 5, "err": 0, "incomplete": 0, "tok_per_cpu_s": 200000}, "")


def test_a_broken_stream_is_trouble_and_names_the_first() -> None:
    load = parse_load(line(incomplete=3, first_error="incomplete status=200 tokens=7"))
    assert load.trouble == "{'incomplete': 3}, the first: incomplete status=200 tokens=7"


def test_a_load_in_which_no_stream_ended_is_trouble() -> None:
    assert parse_load(line(ok=0)).trouble == "no stream came to its end"


def test_trouble_is_kept_with_the_figures() -> None:
    kept = Figures()
    kept.add_load("burst", OURS, Load({"tok_per_cpu_s": 1.0}, "{'err': 1}"))
    assert kept.values == {A: [1.0]}
    assert kept.errors == [f"burst, {OURS}: {{'err': 1}}"]


def test_a_ratio_is_taken_round_by_round() -> None:
    # The machine was half as fast in the second round, for both.
    assert Ratio(A, B).rounds(figures(ours=[30, 15, 40], theirs=[100, 50, 100])) == [0.3, 0.3, 0.4]


def test_a_ratio_leaves_out_a_round_without_its_measure() -> None:
    assert Ratio(A, B).rounds(figures(ours=[30, 15], theirs=[0, 50])) == [0.3]
    assert Ratio(A, B).rounds(figures(ours=[30])) == []


def test_a_difference_is_taken_round_by_round() -> None:
    assert Difference(A, B).rounds(figures(ours=[3.0, 5.0], theirs=[1.0, 1.0])) == [2.0, 4.0]


@pytest.mark.parametrize(
    ("at_least", "rounds", "met"),
    [
        (True, [0.27, 0.28, 0.5], True),
        (True, [0.27, 0.279, 0.5], False),
        (False, [0.1, 0.28, 0.9], True),
        (False, [0.1, 0.29, 0.2, 0.9, 0.9], False),
        (True, [], None),
    ],
)
def test_the_median_decides(at_least: bool, rounds: list[float], met: bool | None) -> None:  # noqa: FBT001 - a column of the table above
    assert Target("", Plain(A), 0.28, at_least=at_least).met(figures(ours=rounds)) is met


def test_a_target_tells_the_spread() -> None:
    assert Target("", Plain(A), 1.0).measure(figures(ours=[3, 1, 2])) == Spread(2, 1, 3)


def test_added_time_to_first_token_is_against_the_upstream_itself() -> None:
    added = next(target for target in TARGETS if target.name.endswith("p99"))
    told = Figures({Key("paced-32", OURS, "ttft_p99_ms"): [4.0], Key("paced-32", DIRECT, "ttft_p99_ms"): [0.5]})
    assert added.measure(told) == Spread(3.5, 3.5, 3.5)
    assert added.met(told)
