import pytest

from antiphon.cassettes.canonical import Json
from antiphon.cassettes.rules import apply_rules, read_rule
from antiphon.errors import ConfigFault

BODY: Json = {
    "model": "gpt-4o",
    "metadata": {"trace": "a1", "run": 7},
    "messages": [{"role": "system", "content": "It is 2024-01-02."}, {"role": "user", "content": "on 2024-01-03"}],
}


def changed(rule: str, body: Json = BODY) -> Json:
    return apply_rules([read_rule(rule)], body)


@pytest.mark.parametrize(
    ("rule", "path", "value"),
    [
        ("ignore metadata.trace", ["metadata"], {"run": 7}),
        ("ignore metadata.*", ["metadata"], {}),
        ("ignore messages[0]", ["messages"], [{"role": "user", "content": "on 2024-01-03"}]),
        ("ignore messages[*].content", ["messages"], [{"role": "system"}, {"role": "user"}]),
        ("ignore messages[*].absent.deeper", [], BODY),
        ("ignore model.deeper", [], BODY),
        ("map model gpt-4o gpt-5", ["model"], "gpt-5"),
        ("map model gpt-9 gpt-5", ["model"], "gpt-4o"),
        ("map model gpt-5", ["model"], "gpt-5"),
        ("map metadata.run 7 8", ["metadata", "run"], 8),
        ("map metadata.run '\"7\"' 8", ["metadata", "run"], 7),
        (r"replace '\d{4}-\d\d-\d\d' DATE", ["messages", 1, "content"], "on DATE"),
        (r'replace "\d{4}-\d\d-\d\d" DATE messages[0]', ["messages", 1, "content"], "on 2024-01-03"),
        (r"replace '(\d+)-(\d+)-(\d+)' '\3.\2.'", ["messages", 0, "content"], "It is 02.01.."),
    ],
)
def test_what_a_rule_makes_of_a_body(rule: str, path: list[str | int], value: Json) -> None:
    found: object = changed(rule)
    for step in path:
        found = found[step]  # type: ignore[index] # the path is known to lead somewhere
    assert found == value


def test_nothing_is_changed_in_place_and_rules_come_one_after_another() -> None:
    before = repr(BODY)
    rules = [read_rule("map model gpt-4o a"), read_rule("map model a b")]
    assert apply_rules(rules, {"model": "gpt-4o"}) == {"model": "b"}
    changed("ignore metadata")
    assert repr(BODY) == before
    assert changed("ignore ''") is None


@pytest.mark.parametrize(
    "rule",
    ["", "ignore", "forget model", "ignore a b", "map a", "replace a", "replace '(' b", "ignore 'a", "ignore a]b"],
)
def test_what_is_no_rule_is_refused(rule: str) -> None:
    with pytest.raises(ConfigFault, match="The rule"):
        read_rule(rule)
