import pytest

from antiphon.runner.open_runs import OpenRuns


class Run:
    """Counts how often it was told to stop."""

    def __init__(self) -> None:
        self.stops = 0

    def stop(self) -> None:
        self.stops += 1


def test_only_what_goes_on_is_told_to_stop() -> None:
    open_runs, before, now = OpenRuns(), Run(), Run()
    with open_runs.holding(before):
        pass
    with pytest.raises(ZeroDivisionError), open_runs.holding(before):
        raise ZeroDivisionError
    with open_runs.holding(now):
        open_runs.stop()
    assert (before.stops, now.stops) == (0, 1)


def test_a_run_may_end_while_the_others_are_told() -> None:
    open_runs, last = OpenRuns(), Run()

    class Ending(Run):
        """Ends at once when it is told to."""

        def stop(self) -> None:
            super().stop()
            holding.__exit__(None, None, None)

    ending = Ending()
    holding = open_runs.holding(ending)
    with open_runs.holding(last):
        holding.__enter__()
        open_runs.stop()
    assert (ending.stops, last.stops) == (1, 1)


def test_those_that_go_on_are_counted() -> None:
    runs = OpenRuns()
    with runs.holding(Run()), runs.holding(Run()):
        assert runs.count() == 2
    assert runs.count() == 0


def test_who_only_looks_on_leaves_when_no_more_work_is_taken() -> None:
    runs, left = OpenRuns(), list[str]()
    with runs.looked_at(lambda: left.append("gone before")):
        pass
    with runs.looked_at(lambda: left.append("now")):
        assert runs.count() == 0
        runs.close()
    assert left == ["now"]
