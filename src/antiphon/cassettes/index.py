"""An index beside a large cassette, so that it opens at once and its requests stay on the disk until they are needed.

`tape.jsonl.idx` says where each interaction stands and which keys lead to it, for one way of comparing. It is made by
reading the whole file once, is read again while size and time of the file are those it was made for, goes on from where
it ended when the file has only grown, and is made anew else. A damaged one is passed over, and so is one that can't be
written: it holds nothing that isn't in the cassette. Not here: what stands in a file (`format.py`). Counterparts:
`open.py`, and `cassette.py`, which looks keys up in an `IndexedFile`.
"""

import contextlib
import hashlib
import mmap
import os
import struct
import zlib
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import overload

import msgspec

from antiphon.cassettes.bodies import Bodies
from antiphon.cassettes.canonical import KEY_BYTES
from antiphon.cassettes.format import CassetteFile, Found, Scan, Span, read_answer, read_body, read_header
from antiphon.cassettes.interaction import Asked, End, Interaction, Origin
from antiphon.cassettes.matcher import Matcher

INDEXED = 4 * 1024 * 1024
"""Bytes from which on a cassette gets an index; reading less takes no time worth saving."""

SUFFIX = ".idx"
VERSION = 1
BLOCK = 1024 * 1024

_ROW = struct.Struct("<16sQIQIIIIIB")
"""A request's key, the places of its line and of its answer's lines, number, take, line, facts, end."""
_KEY = struct.Struct(f"<{KEY_BYTES}sI")
"""A key and the row it leads to; sorted, so that equal keys lie together in the order of rows."""
_ENDS = list(End)

Facts = tuple[str, str, str, str, str, dict[str, str]]
"""Method, URL, path, upstream, scope and headers, which many requests have in common."""


class Head(msgspec.Struct, kw_only=True):
    """What an index begins with: a line of JSON.

    `size` and `mtime` (nanoseconds) are the cassette's, `compared` is how its keys were made, `whole` and `lines` are
    how far it was read, `digest` is that of these bytes; `rows`, `keys` and `facts` are sizes of what follows, in this
    order; `samples` are rows that show every address and model, and that model. `check` is a checksum of what follows.
    """

    antiphon: str = "index"
    version: int = VERSION
    size: int
    mtime: int
    compared: str
    whole: int
    lines: int
    digest: str
    rows: int
    keys: int
    facts: int
    last_take: int
    samples: list[tuple[int, str]]
    notes: list[str]
    check: int


class StoredAsked(Asked):
    """A request whose body is read when it is asked for."""

    __slots__ = ("_body", "read")

    _body: bytes
    read: Callable[[], bytes]

    @property
    def body(self) -> bytes:
        """The body. Raises `CassetteInvalid` if it is gone."""
        return self._body or self.read()

    @body.setter
    def body(self, body: bytes) -> None:
        object.__setattr__(self, "_body", body)


class IndexedFile(Sequence[Interaction]):
    """The interactions of a file by its index, each made when it is first asked for.

    `data` is what stands after the head.
    """

    def __init__(self, path: Path, name: str, head: Head, data: "bytes | mmap.mmap", at: int) -> None:
        self.last_take = head.last_take
        self.samples = [row for row, _ in head.samples]
        self._path = path
        self._name = name
        self._data = data
        self._count = head.rows // _ROW.size
        self._at = at
        self._keys = _Keys(data, at + head.rows, head.keys // _KEY.size)
        facts = at + head.rows + head.keys
        self._facts = msgspec.json.decode(data[facts : facts + head.facts], type=list[Facts])
        self._made: dict[int, Interaction] = {}

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Interaction: ...
    @overload
    def __getitem__(self, index: slice) -> list[Interaction]: ...
    def __getitem__(self, index: int | slice) -> Interaction | list[Interaction]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(self._count))]
        number = index + self._count if index < 0 else index
        if not 0 <= number < self._count:
            raise IndexError(index)
        made = self._made.get(number)
        if made is None:
            made = self._made[number] = self._make(number)
        return made

    def having(self, key: bytes) -> Iterator[int]:
        """The numbers of the interactions that a key leads to, in order."""
        at = bisect_left(self._keys, key)
        while at < len(self._keys) and self._keys[at] == key:
            yield self._keys.row(at)
            at += 1

    def _make(self, number: int) -> Interaction:
        key, *places, arrived, take, line, facts, end = _ROW.unpack_from(self._data, self._at + number * _ROW.size)
        request, answer = Span(*places[:2]), Span(*places[2:])
        method, url, path, upstream, scope, headers = self._facts[facts]
        asked = StoredAsked(method, url, path, upstream, key, headers)
        origin = Origin(self._name, line)
        object.__setattr__(asked, "read", partial(read_body, self._path, origin, request))
        load = partial(read_answer, self._path, origin, answer)
        return Interaction(arrived, asked, _ENDS[end], origin, load, take, scope)


class _Keys(Sequence[bytes]):
    """The keys of an index, for `bisect`."""

    def __init__(self, data: "bytes | mmap.mmap", at: int, count: int) -> None:
        self._data = data
        self._at = at
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> list[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | list[bytes]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(self._count))]
        at = self._at + index * _KEY.size
        return self._data[at : at + KEY_BYTES]

    def row(self, index: int) -> int:
        """The row that a key leads to."""
        row: int = _KEY.unpack_from(self._data, self._at + index * _KEY.size)[1]
        return row


def read_indexed(path: Path, name: str, matcher: Matcher) -> CassetteFile:
    """A cassette by its index, which is made, or made longer, where that is needed.

    Raises `CassetteInvalid` as `read_file` does.
    """
    with path.open("rb") as file:
        header = read_header(file, name)
        begin = file.tell()
    known, compared = _read(path), _compared(matcher)
    state = path.stat()
    if known and (known[0].size, known[0].mtime, known[0].compared) == (state.st_size, state.st_mtime_ns, compared):
        head, data, at = known
    else:
        grown = known if known and known[0].compared == compared else None
        head, data, at = _made(path, name, matcher, begin, grown)
    indexed = IndexedFile(path, name, head, data, at)
    return CassetteFile(
        header.start, header.match, header.rules, header.faults, indexed, list(head.notes), head.whole, header.version
    )


Known = tuple[Head, "bytes | mmap.mmap", int]
"""A head, the data of an index, and where it goes on after the head."""


def index_of(path: Path) -> Path:
    """Where the index of a cassette is."""
    return path.with_name(path.name + SUFFIX)


def _compared(matcher: Matcher) -> str:
    return "\n".join([matcher.kind, *(rule.text for rule in matcher.rules)])


def _read(path: Path) -> Known | None:
    """The index beside a cassette; None if there is none, or none that is whole."""
    try:
        with index_of(path).open("rb") as file:
            line = file.readline(BLOCK)
            head = msgspec.json.decode(line, type=Head)
            check, rest = 0, 0
            while block := file.read(BLOCK):
                check, rest = zlib.crc32(block, check), rest + len(block)
            if (head.version, head.check, head.rows + head.keys + head.facts) != (VERSION, check, rest):
                return None
            return head, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), len(line)
    except (OSError, ValueError, msgspec.MsgspecError):
        return None


class _Making:
    """An index while it grows."""

    def __init__(self, matcher: Matcher) -> None:
        self.rows: list[tuple[int, bytes]] = []
        self.keys: list[tuple[bytes, int]] = []
        self.facts: dict[bytes, int] = {}
        self.samples: dict[tuple[int, str], int] = {}
        self.last_take = 0
        self._matcher = matcher

    def resume(self, known: Known) -> None:
        """Begin with what an index has."""
        head, data, at = known
        for start in range(at, at + head.rows, _ROW.size):
            row = data[start : start + _ROW.size]
            self.rows.append((_ROW.unpack(row)[5], row))
        for start in range(at + head.rows, at + head.rows + head.keys, _KEY.size):
            self.keys.append(_KEY.unpack_from(data, start))
        facts = at + head.rows + head.keys
        for one in msgspec.json.decode(data[facts : facts + head.facts], type=list[Facts]):
            self.facts[msgspec.json.encode(one)] = len(self.facts)
        for number, model in head.samples:
            self.samples[_ROW.unpack(self.rows[number][1])[8], model] = number
        self.last_take = head.last_take

    def keep(self, found: Found) -> None:
        """Take in an interaction."""
        asked, number = found.asked, len(self.rows)
        one = msgspec.json.encode((asked.method, asked.url, asked.path, asked.upstream, found.scope, asked.headers))
        facts = self.facts.setdefault(one, len(self.facts))
        places = (found.request.offset, found.request.length, found.answer.offset, found.answer.length)
        row = _ROW.pack(asked.key, *places, found.number, found.take, found.origin.line, facts, _ENDS.index(found.end))
        self.rows.append((found.number, row))
        self.keys += [(key, number) for key in (self._matcher.key(asked), self._matcher.alike(asked)) if key]
        self.samples.setdefault((facts, _model(asked.body)), number)
        self.last_take = max(self.last_take, found.take)

    def packed(self) -> tuple[bytes, bytes, bytes, list[tuple[int, str]]]:
        """Rows in the order of arrival, sorted keys, facts, and samples."""
        order = sorted(range(len(self.rows)), key=lambda number: self.rows[number][0])
        places = {number: place for place, number in enumerate(order)}
        rows = b"".join(self.rows[number][1] for number in order)
        keys = b"".join(_KEY.pack(key, row) for key, row in sorted((key, places[row]) for key, row in self.keys))
        facts = b"[" + b",".join(self.facts) + b"]"
        return rows, keys, facts, sorted((places[number], model) for (_, model), number in self.samples.items())


def _made(path: Path, name: str, matcher: Matcher, begin: int, known: Known | None) -> Known:
    making, digest = _Making(matcher), hashlib.blake2b()
    state = path.stat()
    with path.open("rb") as file:
        if known and _is_prefix(file.fileno(), known[0], digest):
            making.resume(known)
            begin, lines = known[0].whole, known[0].lines
        else:
            digest, lines = hashlib.blake2b(file.read(begin)), 1
        scan = Scan(name, making.keep, begin, lines, bodies=Bodies.of(path))
        file.seek(begin)
        whole, pending = (scan.whole, scan.number), list[bytes]()
        for raw in file:
            scan.feed(raw)
            pending.append(raw)
            if scan.whole > whole[0]:
                digest.update(b"".join(pending))
                whole, pending = (scan.whole, scan.number), []
        scan.finish()
    rows, keys, facts, samples = making.packed()
    head = Head(
        size=state.st_size, mtime=state.st_mtime_ns, compared=_compared(matcher), whole=whole[0], lines=whole[1],
        digest=digest.hexdigest(), rows=len(rows), keys=len(keys), facts=len(facts), last_take=making.last_take,
        samples=samples, notes=scan.notes, check=zlib.crc32(facts, zlib.crc32(keys, zlib.crc32(rows))),
    )  # fmt: skip
    return _written(path, head, rows + keys + facts)


def _is_prefix(file: int, head: Head, digest: "hashlib.blake2b") -> bool:
    """Whether a file begins with all that was read when an index was made; `digest` takes it in."""
    at = 0
    while at < head.whole and (block := os.pread(file, min(BLOCK, head.whole - at), at)):
        digest.update(block)
        at += len(block)
    return at == head.whole and digest.hexdigest() == head.digest


def _written(path: Path, head: Head, data: bytes) -> Known:
    """Put an index beside its cassette, where that can be done; in memory else."""
    line = msgspec.json.encode(head) + b"\n"
    part = path.with_name(f"{path.name}{SUFFIX}.{os.getpid()}.part")
    with contextlib.suppress(OSError):
        try:
            part.write_bytes(line + data)
            part.replace(index_of(path))
            with index_of(path).open("rb") as file:
                return head, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), len(line)
        finally:
            part.unlink(missing_ok=True)
    return head, data, 0


def _model(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Asked).model
    except msgspec.MsgspecError:
        return ""


class _Asked(msgspec.Struct):
    model: str = ""
