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
_own = struct.Struct("<2sQBQBQ")
_below = struct.Struct("<2s16s2sQ")
_two = struct.Struct("<BB").pack
_NUMBERS = 0xFFFF_FFFF_FFFF_FFFF


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


def shaped(name: str, kind: int, attributes: Attributes, state: str = "", fault: str | None = None) -> bytes:
    """What spans have in common that differ in ids and times alone: whoever keeps it saves encoding it again.

    `fault` is why they failed.
    """
    said = [_part(5, name.encode("utf-8", "replace")), b"\x30" + bytes((kind,)), attributes_of(attributes)]
    if state:
        said.append(_part(3, state.encode()))
    if fault is not None:
        said.append(_part(15, _part(2, fault.encode("utf-8", "replace")) + b"\x18" + bytes((FAILED,))))
    return b"".join(said)


def attributes_of(attributes: Attributes) -> bytes:
    """Further attributes of a span."""
    return b"".join([_part(9, _attribute(name, value)) for name, value in attributes.items()])


def framed(shape: bytes, rest: int) -> bytes:
    """How a span begins: with its size and its shape, after which so many bytes more follow, in any order."""
    return b"\x12" + _varint(len(shape) + rest) + shape


def own(number: int, start: int, end: int) -> bytes:
    """The id of a span, by its number, and its times in nanoseconds, in `OWN` bytes."""
    return _own.pack(b"\x12\x08", number, 0x39, start, 0x41, end)


def below(trace: bytes, number: int) -> bytes:
    """That a span belongs to a trace and stands below the one with this number, in `BELOW` bytes."""
    return _below.pack(b"\x0a\x10", trace, b"\x22\x08", number)


def entry(trace: bytes, parent: bytes) -> bytes:
    """That one is the first of ours in a trace, `parent` being the id under which whoever asked had it, or empty."""
    return b"\x0a\x10" + trace + (b"\x22\x08" + parent if parent else b"")


def first_token(at: int, seconds: float) -> bytes:
    """That the first token came at a time, after so many seconds: an event and an attribute, in `FIRST_TOKEN` bytes."""
    return _first.pack(_SECONDS, seconds, b"\x5a\x16\x09", at, b"\x12\x0bfirst token")


class Text:
    """An attribute of spans that is a short text, and most often of one length."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._heads: dict[int, bytes] = {}

    def of(self, text: str) -> bytes:
        """With its value."""
        said = text.encode("utf-8", "replace")
        head = self._heads.get(len(said))
        return head + said if head is not None else self._new(said)

    def _new(self, said: bytes) -> bytes:
        whole = _part(9, _key(self._name) + _part(2, _part(1, said)))
        if len(said) < 128:  # noqa: PLR2004 - so that there are few
            self._heads[len(said)] = whole[: len(whole) - len(said)]
        return whole


class Amounts:
    """An attribute of spans that is a number with a fraction."""

    def __init__(self, name: str) -> None:
        self._head = attributes_of({name: 0.0})[:-8]

    def of(self, value: float) -> bytes:
        """With its value."""
        return self._head + _double(value)


class Count:
    """An attribute of spans that is a number of something."""

    def __init__(self, name: str) -> None:
        wholes = [_part(9, _key(name) + _part(2, b"\x18" + bytes(size))) for size in range(11)]
        self._heads = [whole[: len(whole) - size] for size, whole in enumerate(wholes)]
        self._small = [self._heads[1] + bytes((number,)) for number in range(128)]

    def of(self, number: int) -> bytes:
        """With its value."""
        if 0 <= number < 128:  # noqa: PLR2004 - seven bits
            return self._small[number]
        said = _varint(number & _NUMBERS)
        return self._heads[len(said)] + said


def traces(spans: Iterable[bytes | bytearray], origin: Origin) -> bytes:
    """The body of an export of spans, each from its frame on, in pieces as large as you like."""
    told = b"".join(spans)
    return _part(1, _part(1, origin.resource()) + _part(2, _part(1, origin.scope()) + told))


def metrics(found: Iterable[Metric], origin: Origin, since: int, now: int) -> bytes:
    """The body of an export of metrics, counted from `since`; times in nanoseconds."""
    times = b"\x11" + _fixed(since) + b"\x19" + _fixed(now)
    told = b"".join(_part(2, _metric(metric, times)) for metric in found)
    return _part(1, _part(1, origin.resource()) + _part(2, _part(1, origin.scope()) + told))


def span_id(number: int) -> bytes:
    """The id of a span by its number, which isn't 0: that is none."""
    return number.to_bytes(8, "little")


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
            return b"\x18" + _varint(value & _NUMBERS)
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
    if 128 <= number < 16384:  # noqa: PLR2004 - twice seven bits, as most are
        return _two(number & 0x7F | 0x80, number >> 7)
    said = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits
        said.append(number & 0x7F | 0x80)
        number >>= 7
    said.append(number)
    return bytes(said)


_SECONDS = attributes_of({"antiphon.time_to_first_token": 0.0})[:-8]
_first = struct.Struct(f"<{len(_SECONDS)}sd3sQ13s")
OWN, BELOW, FIRST_TOKEN = _own.size, _below.size, _first.size
"""Bytes of what spans have that most others have too."""
