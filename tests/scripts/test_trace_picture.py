"""The picture of a trace. What a collector gets of a real run: tests/server/test_seen.py."""

from xml.etree import ElementTree as ET

from otel_collector import Seen

from trace_picture import picture


def span(name: str, start: int, end: int, kind: str = "internal") -> Seen:
    return Seen(name, "ab" * 16, name, "", kind, start * 10**6, end * 10**6, failed=False, about={}, events=[])


def test_each_span_is_a_bar_where_it_was() -> None:
    drawn = picture([span("chat <m>", 10, 60), span("response a&b", 0, 100, "server"), span("save", 60, 61)])
    texts = [each.text for each in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314 - our own
    assert texts == [
        "trace abababab…",
        "3 spans, 100 ms",
        "response a&b",
        "100.0 ms",
        "chat <m>",
        "50.0 ms",
        "save",
        "1.0 ms",
    ]
