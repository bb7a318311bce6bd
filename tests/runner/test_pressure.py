"""How much goes on at once: counts, and who is refused."""

import pytest

from antiphon.errors import Overloaded, ProjectOverloaded
from antiphon.runner.pressure import Pressure, PressureLimits


def pressure(**limits: int) -> Pressure:
    return Pressure(PressureLimits(**limits))


def test_one_project_has_its_part_and_no_more() -> None:
    counts = pressure(project_open_answers=2)
    first, _ = counts.enter("a"), counts.enter("a")
    with pytest.raises(ProjectOverloaded, match="2 open answers") as refused:
        counts.enter("a")
    assert refused.value.http_status == 429
    assert refused.value.headers["retry-after"] == "2"
    counts.enter("b")
    first.leave()
    counts.enter("a")
    assert counts.open == 3


def test_all_together_have_theirs() -> None:
    counts = pressure(open_answers=2)
    share, _ = counts.enter("a"), counts.enter("b")
    with pytest.raises(Overloaded, match="2 open answers") as refused:
        counts.enter("c")
    assert refused.value.http_status == 503
    assert refused.value.headers["retry-after"] == "2"
    share.leave()
    counts.enter("c")


def test_bytes_are_counted_as_they_come_and_let_go_together() -> None:
    counts = pressure(project_held_bytes=10, held_bytes=15)
    one, other = counts.enter("a"), counts.enter("b")
    one.hold(6)
    one.hold(4)
    with pytest.raises(ProjectOverloaded, match="10 bytes of requests"):
        one.hold(1)
    with pytest.raises(Overloaded, match="15 bytes of requests"):
        other.hold(6)
    one.leave()
    other.hold(10)
    other.leave()
    assert counts.open == 0


def test_unfinished_runs_are_measured_where_they_are_kept() -> None:
    counts = pressure(project_queued_runs=3, queued_runs=5)
    counts.runs.check(3, 5)
    with pytest.raises(ProjectOverloaded, match="background"):
        counts.runs.check(4, 4)
    with pytest.raises(Overloaded, match="background"):
        counts.runs.check(1, 6)
