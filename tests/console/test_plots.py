"""Small plots: columns to scale, labels and notes escaped."""

import xml.etree.ElementTree as ET

from antiphon.console.plots import columns, share, strip


def test_columns_are_to_scale() -> None:
    svg = ET.fromstring(columns([1, 2, 0], ["<a", "b", "c"], "told", ["one"]))  # noqa: S314 - our own
    heights = [float(bar.get("height", 0)) for bar in svg.iter("rect")]
    assert heights[1] == 2 * heights[0]
    assert heights[2] == 0
    assert [text.text for text in svg.iter("span")] == ["<a", "b", "c"]
    assert next(text.text for text in svg.iter("p")) == "2"
    assert [title.text for title in svg.iter("title")] == ["one", "2", "0"]


def test_nothing_is_no_column() -> None:
    assert list(ET.fromstring(columns([], [], "told")).iter("rect")) == []  # noqa: S314 - our own
    assert list(ET.fromstring(strip([], 0, "told")).iter("line"))  # noqa: S314 - our own


def test_marks_stand_where_they_belong() -> None:
    svg = ET.fromstring(strip([0, 5, 10], 10, "chunks"))  # noqa: S314 - our own
    assert [line.get("x1") for line in svg.iter("line") if line.get("class") == "mark"] == ["4.0", "500.0", "996.0"]


def test_a_share_is_a_bar() -> None:
    assert '<rect width="25.0"' in share(1, 4)
    assert '<rect width="0"' in share(0, 0)
