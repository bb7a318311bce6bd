"""The checker on real processes: what is sound, what fits, and what is ended because it would take for ever."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from antiphon.engine.commands import Check
from antiphon.engine.constraints import Constraint, ConstraintKind
from antiphon.engine.replies import Checked
from antiphon.tools.checker import Checker, Limits

NUMBER = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
AMBIGUOUS = Constraint("lark", 'start: s\ns: "a" | s s | s s s')


@pytest.fixture
async def checker() -> AsyncIterator[Checker]:
    made = Checker()
    yield made
    await made.close()


@pytest.mark.parametrize(
    ("kind", "definition", "text", "fault"),
    [
        ("json_schema", NUMBER, '{"n": 1}', None),
        ("json_schema", NUMBER, "{}", '"n" is a required property'),
        ("json_schema", NUMBER, None, None),
        ("json_schema", {"type": "objekt"}, None, "type: "),
        ("lark", 'start: "a"+', "aa", None),
        ("lark", 'start: "a"+', "ab", "From character 1 on"),
        ("lark", "start: nothing", None, "nothing"),
        ("regex", r"\d+-\p{L}+", "12-é", None),
        ("regex", r"\d+/[a/]+", "12/a/", None),
        ("regex", r"\d+", "12x", "From character 2 on"),
        ("regex", "(", None, "unclosed group"),
    ],
)
async def test_what_is_wrong_is_said(
    checker: Checker, kind: ConstraintKind, definition: Any, text: str | None, fault: str | None
) -> None:
    checked = await checker.check(Check("k", Constraint(kind, definition), text))
    assert (checked.key, checked.undecided) == ("k", False)
    assert checked.fault is None if fault is None else fault in str(checked.fault)


async def test_a_check_that_takes_too_long_is_ended_and_the_next_one_is_done() -> None:
    checker = Checker(Limits(seconds=0.3, processes=1))
    slow = await checker.check(Check("slow", AMBIGUOUS, "a" * 400))
    assert slow == Checked("slow", "It couldn't be checked within 0.3 s.", undecided=True)
    await checker.close()
    after = Checker()
    assert (await after.check(Check("next", AMBIGUOUS, "aa"))).fault is None
    await after.close()


async def test_a_pattern_that_hangs_other_engines_is_linear(checker: Checker) -> None:
    hanging = Constraint("json_schema", {"pattern": "^(a+)+$"})
    checked = await checker.check(Check("k", hanging, f'"{"a" * 50_000}!"'))
    assert not checked.undecided
    assert checked.fault


async def test_a_check_that_nobody_waits_for_any_more_is_ended(checker: Checker) -> None:
    asking = asyncio.create_task(checker.check(Check("k", AMBIGUOUS, "a" * 400)))
    await asyncio.sleep(0.05)
    asking.cancel()
    await asyncio.wait({asking})
    assert asking.cancelled()
    assert (await checker.check(Check("k", AMBIGUOUS, "aa"))).fault is None


async def test_many_checks_share_few_processes(checker: Checker) -> None:
    constraint = Constraint("json_schema", NUMBER)
    checked = await asyncio.gather(*(checker.check(Check(str(n), constraint, f'{{"n": {n}}}')) for n in range(20)))
    assert [one.key for one in checked if one.fault is None] == [str(n) for n in range(20)]


async def test_a_process_that_broke_says_so_and_another_one_follows(checker: Checker) -> None:
    deep = "[" * 200_000
    checked = await checker.check(Check("k", Constraint("json_schema", {}), deep))
    assert checked.fault
    assert (await checker.check(Check("k", Constraint("json_schema", {}), "[]"))).fault is None
