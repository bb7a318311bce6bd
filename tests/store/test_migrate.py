"""Which schema steps are due."""

import re

import pytest

from antiphon.errors import ConfigFault
from antiphon.store.migrate import available, foreign, plan
from antiphon.store.queries import Dialect

DIALECTS: list[Dialect] = ["sqlite", "postgres"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_steps_are_numbered_from_one_and_no_number_twice(dialect: Dialect) -> None:
    versions = [step.version for step in available(dialect)]
    assert versions[0] == 1
    assert versions == sorted(set(versions))
    assert str(available(dialect)[0]) == "0001 first"


def test_both_dialects_have_the_same_steps() -> None:
    assert [str(step) for step in available("sqlite")] == [str(step) for step in available("postgres")]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_both_dialects_create_the_same_tables_and_columns(dialect: Dialect) -> None:
    script = "".join(step.sql for step in available(dialect))
    tables = dict(re.findall(r"CREATE TABLE (\w+) \((.*?)\n\);", script, re.DOTALL))
    reference = "".join(step.sql for step in available("sqlite"))
    expected = dict(re.findall(r"CREATE TABLE (\w+) \((.*?)\n\);", reference, re.DOTALL))
    assert {name: re.findall(r"^ +(\w+)", body, re.MULTILINE) for name, body in tables.items()} == {
        name: re.findall(r"^ +(\w+)", body, re.MULTILINE) for name, body in expected.items()
    }


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_there_is_not_done_again(dialect: Dialect) -> None:
    steps = available(dialect)
    assert plan(dialect, [], "here") == steps
    assert plan(dialect, [1], "here") == steps[1:]
    assert plan(dialect, [step.version for step in steps], "here") == []


def test_a_newer_database_is_refused_by_name() -> None:
    with pytest.raises(ConfigFault, match=r"here was written by a newer version of Antiphon .*schema is 9000"):
        plan("sqlite", [1, 9000], "here")


def test_anothers_database_is_refused_by_name() -> None:
    assert "here" in foreign("here").message
