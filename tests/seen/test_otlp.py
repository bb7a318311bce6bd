"""What is sent, read by the protocol's own definitions."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from antiphon.seen.otlp import (
    BELOW,
    CLIENT,
    FIRST_TOKEN,
    OWN,
    SERVER,
    Amount,
    Amounts,
    Count,
    Metric,
    Origin,
    Spread,
    Text,
    attributes_of,
    below,
    entry,
    first_token,
    framed,
    metrics,
    own,
    shaped,
    span_id,
    traces,
)

ORIGIN = Origin("here", "1.2")
NAMES = st.text(min_size=1, max_size=40)
NANOS = st.integers(0, 2**64 - 1)
VALUES = st.text(max_size=300) | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
COUNT = "gen_ai.usage.input_tokens"
FIRST = "antiphon.time_to_first_token"


@dataclass
class Told:
    """A span, member by member. `inside`: its parent is one of ours."""

    name: str
    trace: bytes
    id: bytes
    parent: bytes
    state: str
    kind: int
    start: int
    end: int
    attributes: dict[str, Any]
    first: tuple[int, float] | None
    fault: str | None
    count: int
    inside: bool = field(compare=False)


def encoded(told: Told) -> bytes:
    first = first_token(*told.first) if told.first else b""
    about = [
        Text(name).of(value)
        if isinstance(value, str)
        else Amounts(name).of(value)
        if isinstance(value, float)
        else attributes_of({name: value})
        for name, value in told.attributes.items()
    ]
    more = b"".join(about) + Count(COUNT).of(told.count)
    shape = shaped(told.name, told.kind, {"usual": True}, told.state, told.fault)
    ids = below(told.trace, number(told.parent)) if told.parent and told.inside else entry(told.trace, told.parent)
    rest = more + ids + own(number(told.id), told.start, told.end) + first
    assert len(rest) == len(more) + len(ids) + OWN + (FIRST_TOKEN if first else 0)
    assert len(ids) == (BELOW if told.parent else BELOW - 10)
    return framed(shape, len(rest)) + rest


def number(span: bytes) -> int:
    return int.from_bytes(span, "little")


SPANS = st.builds(
    Told,
    name=NAMES,
    trace=st.binary(min_size=16, max_size=16),
    id=st.binary(min_size=8, max_size=8),
    parent=st.just(b"") | st.binary(min_size=8, max_size=8),
    state=st.text(max_size=10),
    kind=st.sampled_from([SERVER, CLIENT]),
    start=NANOS,
    end=NANOS,
    attributes=st.dictionaries(NAMES, VALUES, max_size=4)
    | st.dictionaries(NAMES, st.integers(5000, 20_000).map("long".ljust), min_size=1, max_size=9),
    first=st.none() | st.tuples(NANOS, st.floats(allow_nan=False)),
    fault=st.none() | NAMES,
    count=st.integers(0, 300) | st.integers(0, 2**63 - 1),
    inside=st.booleans(),
)


def value_of(said: Any) -> Any:
    return getattr(said, said.WhichOneof("value"))


@given(st.lists(SPANS, max_size=3))
def test_spans_are_what_was_told(spans: list[Told]) -> None:
    (whole,) = ExportTraceServiceRequest.FromString(traces([encoded(span) for span in spans], ORIGIN)).resource_spans
    assert {pair.key: pair.value.string_value for pair in whole.resource.attributes} == {
        "service.name": "here", "service.version": "1.2",
    }  # fmt: skip
    (scope,) = whole.scope_spans
    assert (scope.scope.name, scope.scope.version) == ("antiphon", "1.2")
    assert [
        Told(
            name=one.name,
            trace=one.trace_id,
            id=one.span_id,
            parent=one.parent_span_id,
            state=one.trace_state,
            kind=one.kind,
            start=one.start_time_unix_nano,
            end=one.end_time_unix_nano,
            attributes=(about := {pair.key: value_of(pair.value) for pair in one.attributes}),
            first=(one.events[0].time_unix_nano, about.pop(FIRST)) if one.events else None,
            fault=one.status.message if one.status.code else None,
            count=about.pop(COUNT) + (about.pop("usual") - 1),
            inside=False,
        )
        for one in scope.spans
    ] == spans
    assert {event.name for one in scope.spans for event in one.events} <= {"first token"}


def test_metrics_are_what_was_told() -> None:
    told = [
        Metric("seconds", "s", [Spread({"model": "m"}, (1.0, 2.0), (3, 0, 1), 4.5)]),
        Metric("responses", "{response}", [Amount({"model": "m"}, 7.0), Amount({}, 1.0)]),
    ]
    (whole,) = ExportMetricsServiceRequest.FromString(metrics(told, ORIGIN, 5, 9)).resource_metrics
    seconds, responses = whole.scope_metrics[0].metrics
    (spread,) = seconds.histogram.data_points
    assert (seconds.name, seconds.unit, list(spread.bucket_counts)) == ("seconds", "s", [3, 0, 1])
    assert (list(spread.explicit_bounds), spread.count, spread.sum) == ([1.0, 2.0], 4, 4.5)
    assert (spread.start_time_unix_nano, spread.time_unix_nano, spread.attributes[0].value.string_value) == (5, 9, "m")
    assert (responses.sum.is_monotonic, responses.sum.aggregation_temporality) == (True, 2)
    assert [point.as_double for point in responses.sum.data_points] == [7.0, 1.0]


def test_an_id_is_its_number_wherever_it_stands() -> None:
    assert span_id(0x0102) in own(0x0102, 0, 0)
    assert span_id(0x0102) in below(b"t" * 16, 0x0102)
