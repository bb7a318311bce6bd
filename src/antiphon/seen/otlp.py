"""OTLP as bytes: the few of its messages that are sent, encoded straight away.

A span costs some microseconds like this, and fifty by way of the SDK's objects and their encoder: more than all else
that is seen of a response. Not here: what spans and metrics say (`spans.py`, `figures.py`), sending
(`otel.py`). Source: opentelemetry-proto 1, trace, metrics, common and resource; the Protocol Buffers encoding.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

Value = str | bool | int | float
Attributes = Mapping[str, Value]

INTERNAL, SERVER, CLIENT = 1, 2, 3
"""Kinds of spans."""
FAILED = 2
CUMULATIVE = 2

_fixed = struct.Struct("<Q").pack
_double = struct.Struct("<d").pack
_id = struct.Struct(">Q").pack
_times = struct.Struct("<BBBQBQ").pack


@dataclass(slots=True)
class Told:
    """A span; times in nanoseconds. `first` is when its first token came, `fault` why it failed.

    `usual` are attributes that were encoded before, by `usual`.
    """

    name: str
    trace: bytes
    id: bytes
    parent: bytes
    state: str
    kind: int
    start: int
    end: int
    attributes: Attributes
    first: int | None = None
    fault: str | None = None
    usual: bytes = b""


@dataclass(frozen=True, slots=True)
class Spread:
    """How values are spread: so many up to each of the bounds, and so many above the last."""

    attributes: Attributes
    bounds: Sequence[float]
    counts: Sequence[int]
    total: float


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum that only grows."""

    attributes: Attributes
    value: float


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric with its points, all of one kind."""

    name: str
    unit: str
    points: Sequence[Spread] | Sequence[Amount]


@dataclass(frozen=True, slots=True)
class Origin:
    """Who says so: the service, and the part of it."""

    service: str
    version: str

    def resource(self) -> bytes:
        """As a resource."""
        said = {"service.name": self.service, "service.version": self.version}
        return b"".join(_part(1, _attribute(name, value)) for name, value in said.items())

    def scope(self) -> bytes:
        """As a scope."""
        return _part(1, b"antiphon") + _part(2, self.version.encode())


def usual(attributes: Attributes) -> bytes:
    """Attributes of a span that come again and again: whoever keeps the bytes saves encoding them."""
    return b"".join([_part(9, _attribute(name, value)) for name, value in attributes.items()])


def encoded(span: Told) -> bytes:
    """A span, as `traces` wants it."""
    return _part(2, _span(span))


def traces(spans: Iterable[bytes], origin: Origin) -> bytes:
    """The body of an export of spans that are `encoded`."""
    told = b"".join(spans)
    return _part(1, _part(1, origin.resource()) + _part(2, _part(1, origin.scope()) + told))


def metrics(found: Iterable[Metric], origin: Origin, since: int, now: int) -> bytes:
    """The body of an export of metrics, counted from `since`; times in nanoseconds."""
    times = b"\x11" + _fixed(since) + b"\x19" + _fixed(now)
    told = b"".join(_part(2, _metric(metric, times)) for metric in found)
    return _part(1, _part(1, origin.resource()) + _part(2, _part(1, origin.scope()) + told))


def span_id(number: int) -> bytes:
    """The id of a span by a number, of which the last 64 bits count; never all zeros, which is none."""
    return _id((number & 0xFFFF_FFFF_FFFF_FFFF) or 1)


def _span(span: Told) -> bytes:
    said = [b"\x0a\x10", span.trace, b"\x12\x08", span.id]
    if span.state:
        said.append(_part(3, span.state.encode()))
    if span.parent:
        said += (b"\x22\x08", span.parent)
    said += (_named(span.name), _times(0x30, span.kind, 0x39, span.start, 0x41, span.end), span.usual)
    said += [_part(9, _attribute(name, value)) for name, value in span.attributes.items()]
    if span.first is not None:
        said += (b"\x5a\x16\x09", _fixed(span.first), b"\x12\x0bfirst token")
    if span.fault is not None:
        said.append(_part(15, _part(2, span.fault.encode("utf-8", "replace")) + b"\x18" + bytes((FAILED,))))
    return b"".join(said)


def _metric(metric: Metric, times: bytes) -> bytes:
    head = _part(1, metric.name.encode()) + _part(3, metric.unit.encode())
    if all(isinstance(point, Spread) for point in metric.points):
        points = [_part(1, _spread(point, times)) for point in metric.points if isinstance(point, Spread)]
        return head + _part(9, b"".join(points) + b"\x10" + bytes((CUMULATIVE,)))
    points = [_part(1, _amount(point, times)) for point in metric.points if isinstance(point, Amount)]
    return head + _part(7, b"".join(points) + b"\x10" + bytes((CUMULATIVE,)) + b"\x18\x01")


def _spread(point: Spread, times: bytes) -> bytes:
    about = [_part(9, _attribute(name, value)) for name, value in point.attributes.items()]
    counts = b"".join(_fixed(count) for count in point.counts)
    bounds = b"".join(_double(bound) for bound in point.bounds)
    told = b"\x21" + _fixed(sum(point.counts)) + b"\x29" + _double(point.total) + _part(6, counts) + _part(7, bounds)
    return b"".join(about) + times + told


def _amount(point: Amount, times: bytes) -> bytes:
    about = [_part(7, _attribute(name, value)) for name, value in point.attributes.items()]
    return b"".join(about) + times + b"\x21" + _double(point.value)


@lru_cache(maxsize=1024)
def _named(name: str) -> bytes:
    return _part(5, name.encode("utf-8", "replace"))


def _attribute(name: str, value: Value) -> bytes:
    return _key(name) + _part(2, _value(value))


@lru_cache(maxsize=1024)
def _key(name: str) -> bytes:
    return _part(1, name.encode())


def _value(value: Value) -> bytes:
    match value:
        case bool():
            return b"\x10\x01" if value else b"\x10\x00"
        case int():
            return b"\x18" + _varint(value & 0xFFFF_FFFF_FFFF_FFFF)
        case float():
            return b"\x21" + _double(value)
        case _:
            return _part(1, value.encode("utf-8", "replace"))


def _part(number: int, data: bytes) -> bytes:
    """A field that holds bytes, text, or a message."""
    size = len(data)
    if size < 128:  # noqa: PLR2004 - seven bits
        return bytes((number << 3 | 2, size)) + data
    return bytes((number << 3 | 2,)) + _varint(size) + data


def _varint(number: int) -> bytes:
    said = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits
        said.append(number & 0x7F | 0x80)
        number >>= 7
    said.append(number)
    return bytes(said)
