"""The drawing of a timeline: a bar for each span, at its place, with its names escaped."""

import xml.etree.ElementTree as ET

import pytest

from antiphon.console.timeline import MOST, timeline
from antiphon.runner.timeline import Span


def drawn(*spans: Span, until: float = 10.0, live: bool = False) -> ET.Element:
    return ET.fromstring(timeline(spans, 0.0, until, live=live))  # noqa: S314 - our own


def bars(svg: ET.Element) -> list[tuple[str, float, float]]:
    return [(bar.get("class", ""), share(bar.get("x")), share(bar.get("width"))) for bar in svg.iter("rect")]


def share(said: str | None) -> float:
    """Hundredths of the axis."""
    return float((said or "").removesuffix("%"))


def test_a_turn_has_three_shades() -> None:
    svg = drawn(Span("turn", "up/m", 0, opened=1, first=2, end=10))
    assert bars(svg) == [("bar turn wait", 0, 10), ("bar turn think", 10, 10), ("bar turn", 20, 80)]


def test_tools_and_saves_follow_on_rows_of_their_own() -> None:
    svg = drawn(Span("tool", "search", 0, end=5), Span("save", "save", 5, end=5))
    assert bars(svg) == [("bar tool", 0, 50), ("bar save thin", 50, 0)]
    assert [text.text for text in svg.iter("text") if text.get("class") == "label"] == ["search", "save"]


def test_what_is_open_goes_on_to_the_end_and_what_failed_says_why() -> None:
    svg = drawn(Span("tool", "a", 0), Span("turn", "m", 0, end=1, fault="<no>"), live=True)
    assert [name for name, _, _ in bars(svg)] == ["bar tool open", "bar turn wait failed", "bar turn failed thin"]
    assert "still running" in svg.get("aria-label", "")
    assert [title.text for title in svg.iter("title")][1] == "turn m: 1.0 s; <no>"


def test_long_names_are_cut_and_many_spans_counted() -> None:
    svg = drawn(*(Span("tool", "x" * 40, 0, end=1) for _ in range(MOST + 3)))
    labels = [text.text or "" for text in svg.iter("text") if text.get("class") == "label"]
    assert (len(labels), len(labels[0])) == (MOST, 24)
    assert any(text.text == "and 3 more" for text in svg.iter("text"))


@pytest.mark.parametrize("until", [0.0, 0.0004, 0.9, 61.0, 90_000.0])
def test_an_axis_for_any_time(until: float) -> None:
    ticks = [
        text
        for text in drawn(Span("save", "s", 0, end=until), until=until).iter("text")
        if text.get("class", "").startswith("tick")
    ]
    assert 1 <= len(ticks) <= 7


def test_nothing_to_draw() -> None:
    assert bars(drawn()) == []
