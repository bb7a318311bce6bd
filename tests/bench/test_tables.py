import pytest
from bench.figures import OURS, PASSTHROUGH, Figures, Key, Spread
from bench.tables import cell, number, report, targets


@pytest.mark.parametrize(
    ("value", "text"), [(206803.4, "206,803"), (43.94, "43.9"), (0.284, "0.28"), (-1.5, "-1.50"), (0.0, "0.00")]
)
def test_a_number_has_the_digits_it_is_worth(value: float, text: str) -> None:
    assert number(value) == text


def test_a_cell_shows_the_spread_where_there_is_one() -> None:
    assert cell(Spread(2.0, 1.0, 3.0)) == "2.00 (1.00 to 3.00)"
    assert cell(Spread(2.0, 2.0, 2.0)) == "2.00"
    assert cell(None) == "-"


def test_targets_say_reached_missed_and_not_measured() -> None:
    told = Figures(
        {
            Key("burst", OURS, "tok_per_cpu_s"): [30.0],
            Key("burst", PASSTHROUGH, "tok_per_cpu_s"): [100.0],
            Key("start", OURS, "start_s"): [1.4],
        }
    )
    rows = targets(told).splitlines()[2:]
    assert [row.split("|")[2:5] for row in rows if "burst, stored" in row] == [
        [" 0.30     ", " ≥ 0.28   ", " yes          "]
    ]
    assert [row.split("|")[4].strip() for row in rows if "start" in row] == ["NO"]
    assert sum("not measured" in row for row in rows) == len(rows) - 2


def test_a_report_ends_with_each_error_once_on_one_line() -> None:
    text = report(Figures(errors=["burst: it\nended", "burst: it\nended"]), "made so")
    assert text.startswith("made so\n")
    assert text.endswith("Errors:\n\n- burst: it ended\n")
