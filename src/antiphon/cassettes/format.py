"""The native format, version 2: JSON Lines, one stream event a line. `docs/cassette-format.md` specifies it.

Bytes in, interactions out, and back; positions in the file rather than bodies are kept in memory. Version 1 had no
bodies beside the file.
Not here: which files there are (`open.py`), when to write (`recorder.py`).
"""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec

from antiphon.cassettes.bodies import Bodies, belongs_beside
from antiphon.cassettes.canonical import NotJson, canonical_path, parse_json, request_key
from antiphon.cassettes.interaction import Answered, Asked, Chunk, End, Interaction, Origin
from antiphon.cassettes.matcher import Matching
from antiphon.cassettes.packing import unpack
from antiphon.errors import CassetteInvalid

VERSION = 2
BODIES_SINCE = 2
"""The version in which bodies may stand beside the file."""
MARK = "cassette"

BOM = b"\xef\xbb\xbf"
_EVENT_END = re.compile(rb"(?<=\n\n)|(?<=\r\n\r\n)|(?<=\r\r)")
_LINE_END = re.compile(rb"(?<=\n)")


class Line(msgspec.Struct, omit_defaults=True):
    """Any line of a cassette; which kind it is follows from which members it has."""

    antiphon: str | None = None
    version: int = 0
    start: int = 0
    match: Matching | None = None
    rules: list[str] = []
    faults: list[str] = []
    redact: list[str] = []
    n: int | None = None
    take: int = 1
    scope: str = ""
    method: str = ""
    url: str = ""
    path: str = ""
    upstream: str = ""
    status: int | None = None
    headers: dict[str, str] = {}
    source: msgspec.Raw = msgspec.Raw(b"")
    ms: int | None = None
    data: str | None = None
    json: msgspec.Raw = msgspec.Raw(b"")
    text: str | None = None
    base64: str | None = None
    sha256: str | None = None
    end: End | None = None


_decoder = msgspec.json.Decoder(Line)


@dataclass(slots=True)
class CassetteFile:
    """What a file holds.

    `match` and `rules` are what its first line says of comparing, `faults` what it says shall go wrong; `whole` is
    the length in bytes up to the end of the last whole interaction; `version` is the format's.
    """

    start: int
    match: Matching | None = None
    rules: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    interactions: Sequence[Interaction] = ()
    notes: list[str] = field(default_factory=list)
    whole: int = 0
    version: int = VERSION


class Span(NamedTuple):
    """Where something stands in a file, in bytes; under zstd, in the text of the frames in a part of the file."""

    offset: int
    length: int
    frames: tuple[int, int] | None = None


class Found(NamedTuple):
    """An interaction in a file: its members, the place of its request's line, and that of its answer's."""

    number: int
    asked: Asked
    end: End
    origin: Origin
    take: int
    scope: str
    request: Span
    answer: Span


def encode_header(
    start: int,
    match: Matching | None = None,
    rules: Sequence[str] = (),
    faults: Sequence[str] = (),
    redact: Sequence[str] = (),
) -> bytes:
    """The first line of a file whose clock stands at `start` (Unix seconds)."""
    lists = {"rules": list(rules), "faults": list(faults), "redact": list(redact)}
    how = {**({"match": match} if match else {}), **{name: said for name, said in lists.items() if said}}
    return _line({"antiphon": MARK, "version": VERSION, "start": start, **how})


def encode_interaction(  # noqa: PLR0913 - the last three are seldom said
    number: int, asked: Asked, answered: Answered, *, take: int = 1, scope: str = "", bodies: Bodies | None = None
) -> bytes:
    """The lines of one interaction, to be written in one piece; large bodies go to `bodies`, if there is a place.

    Raises `OSError` if that can't be written to.
    """
    request: dict[str, Any] = {"n": number}
    request |= {"take": take} if take > 1 else {}
    request |= {"scope": scope} if scope else {}
    request |= {"method": asked.method, "url": asked.url, "path": asked.path, "upstream": asked.upstream}
    request |= {"headers": dict(asked.headers), **_body(asked.body, bodies)}
    source = {"source": msgspec.Raw(answered.source)} if answered.source else {}
    lines = [_line(request), _line({"status": answered.status, "headers": dict(answered.headers), **source})]
    kind = answered.headers.get("content-type", "")
    lines += [_line(piece) for chunk in answered.chunks for piece in _pieces(chunk, kind, bodies)]
    return b"".join([*lines, _line({"end": answered.end, "ms": answered.ms})])


def read_header(file: BinaryIO, name: str) -> Line:
    """The first line. Raises `CassetteInvalid` if it isn't a cassette's, or a newer version's."""
    # Editors on Windows begin a file with a mark.
    line = _decode(file.readline().removeprefix(BOM), Origin(name))
    if line.antiphon != MARK:
        raise CassetteInvalid(f'{name} is not a cassette: its first line lacks {{"antiphon": "{MARK}"}}.')
    if line.version > VERSION:
        raise CassetteInvalid(
            f"{name} is a cassette of version {line.version}, and this antiphon reads up to version {VERSION}: "
            "update antiphon, or record the cassette again."
        )
    return line


def read_file(path: Path, name: str) -> CassetteFile:
    """All interactions of a file, in the order in which they arrived; `name` is what messages call it.

    An interaction that a crash tore is left out and noted. Raises `CassetteInvalid` on other damage,
    naming the line.
    """
    interactions, bodies = list[Interaction](), Bodies.of(path)
    with path.open("rb") as file:
        header = read_header(file, name)
        scan = Scan(name, lambda found: interactions.append(interaction_at(path, found)), file.tell(), bodies=bodies)
        for raw in file:
            scan.feed(raw)
    scan.finish()
    interactions.sort(key=lambda interaction: interaction.number)
    return CassetteFile(
        header.start, header.match, header.rules, header.faults, interactions, scan.notes, scan.whole, header.version
    )


def interaction_at(path: Path, found: Found) -> Interaction:
    """What was found in a file, its answer to be read when it is wanted."""
    load = partial(read_answer, path, found.origin, found.answer)
    return Interaction(found.number, found.asked, found.end, found.origin, load, found.take, found.scope)


def read_body(path: Path, origin: Origin, where: Span) -> bytes:
    """The body of the request whose line stands there. Raises `CassetteInvalid` if it is gone."""
    line = _decode(_bytes_at(path, origin, where), origin)
    if line.n is None:
        raise _changed(origin)
    try:
        return body_of(line, Bodies.of(path))
    except ValueError as error:
        raise CassetteInvalid(f"{origin} can't be read: {error}.") from None


def read_answer(path: Path, origin: Origin, where: Span) -> Answered:
    """The answer whose lines stand there. Raises `CassetteInvalid` if they are gone."""
    raw = _bytes_at(path, origin, where)
    lines = [_decode(line, origin) for line in raw.split(b"\n") if line.strip()]
    head, last = (lines[0], lines[-1]) if lines else (Line(), Line())
    if head.status is None or last.end is None:
        raise _changed(origin)
    try:
        chunks = tuple(_chunks(lines[1:-1], Bodies.of(path)))
    except ValueError as error:
        raise CassetteInvalid(f"The answer in {origin} can't be read: {error}.") from None
    return Answered(head.status, head.headers, chunks, last.end, last.ms or 0, bytes(head.source))


def _bytes_at(path: Path, origin: Origin, where: Span) -> bytes:
    try:
        with path.open("rb") as file:
            if where.frames is None:
                file.seek(where.offset)
                return file.read(where.length)
            start, stop = where.frames
            file.seek(start)
            return unpack(file.read(stop - start))[where.offset : where.offset + where.length]
    except ValueError:
        raise _changed(origin) from None
    except OSError as error:
        raise CassetteInvalid(f"{origin} can't be read any more: {error.strerror}.") from None


def _changed(origin: Origin) -> CassetteInvalid:
    return CassetteInvalid(f"{origin} was changed while it was in use: start again to read it anew.")


class Scan:
    """Finds the interactions among the lines of one file, and hands each to `keep`.

    It begins at `offset`, after the line `number`; `bodies` are those beside the file. `whole` is where the last whole
    interaction ends; `notes` says what was torn.
    """

    def __init__(
        self, name: str, keep: Callable[[Found], None], offset: int, number: int = 1, *, bodies: Bodies
    ) -> None:
        self.whole = offset
        self.number = number
        self.notes = list[str]()
        self._name = name
        self._keep_it = keep
        self._offset = offset
        self._bodies = bodies
        self._request: tuple[Line, Origin, Span] | None = None
        self._answer: int | None = None
        self._torn: CassetteInvalid | None = None

    def feed(self, raw: bytes) -> None:
        """Take the next line."""
        self.number += 1
        if self._torn:
            raise self._torn
        origin = Origin(self._name, self.number)
        try:
            line = _decode(raw, origin) if raw.strip() else None
        except CassetteInvalid as error:
            # Only the last line may be torn: the next one brings this up.
            self._torn, line = error, None
        if line:
            self._take(line, origin, len(raw))
        self._offset += len(raw)

    def finish(self) -> None:
        """The file is at its end."""
        if self._request or self._torn:
            self._note_torn()

    def _take(self, line: Line, origin: Origin, length: int) -> None:
        if line.n is not None:
            if self._request:
                self._note_torn()
            self._request, self._answer = (line, origin, Span(self._offset, length)), None
        elif self._request is None:
            raise CassetteInvalid(
                f"{origin}: a line outside of an interaction; each begins with a line that has a number `n`."
            )
        elif line.status is not None and self._answer is None:
            self._answer = self._offset
        elif self._answer is None:
            raise CassetteInvalid(f"{origin}: a response must begin with a line that has a `status`.")
        elif line.end is not None:
            self._keep(line.end, self._answer, self._offset + length)

    def _keep(self, end: End, offset: int, stop: int) -> None:
        if self._request is None:
            return
        line, origin, request = self._request
        try:
            asked = asked_from(line, self._bodies)
        except ValueError as error:
            raise CassetteInvalid(f"{origin} can't be read: {error}.") from None
        answer = Span(offset, stop - offset)
        self._keep_it(Found(line.n or 0, asked, end, origin, line.take, line.scope, request, answer))
        self.whole = stop
        self._request = self._answer = None

    def _note_torn(self) -> None:
        origin = self._request[1] if self._request else Origin(self._name, self.number)
        self.notes.append(
            f"{origin}: this interaction was never finished (the program that recorded it stopped); left out."
        )


def asked_from(line: Line, bodies: Bodies) -> Asked:
    """The request a line tells of. Raises `ValueError` for an address or base64 that is none, or a body gone."""
    body = body_of(line, bodies)
    method, path = line.method.upper(), canonical_path(line.path or line.url)
    key = request_key(method, path, body)
    return Asked(method, line.url, path, line.upstream, key, line.headers, body)


def body_of(line: Line, bodies: Bodies) -> bytes:
    """The body of a request's line. Raises `ValueError` for base64 that is none, or a body that is gone."""
    return bytes(line.json) or _bytes(line, line.text, bodies)


def _decode(raw: bytes, origin: Origin) -> Line:
    try:
        return _decoder.decode(raw)
    except (ValueError, RecursionError) as error:
        raise CassetteInvalid(f"{origin} can't be read: {error}.") from None


def _line(members: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(members) + b"\n"


def _body(body: bytes, bodies: Bodies | None) -> dict[str, Any]:
    try:
        text = json.dumps(parse_json(body), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    except (NotJson, UnicodeEncodeError):
        return _text(body, "text", bodies) if body else {}
    return {"sha256": bodies.put(text)} if bodies and belongs_beside(text) else {"json": msgspec.Raw(text)}


def _text(data: bytes, name: str, bodies: Bodies | None) -> dict[str, str]:
    if bodies and belongs_beside(data):
        return {"sha256": bodies.put(data)}
    try:
        return {name: data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def _bytes(line: Line, text: str | None, bodies: Bodies) -> bytes:
    if line.sha256 is not None:
        return bodies.get(line.sha256)
    return text.encode() if text is not None else base64.b64decode(line.base64 or "", validate=True)


def event_pieces(data: bytes, kind: str) -> list[bytes]:
    """The events in some bytes of a body of this content type, each with its end; all of them where it has none."""
    end = _EVENT_END if "event-stream" in kind else _LINE_END if "ndjson" in kind else None
    return list(filter(None, end.split(data) if end else [data]))


def _pieces(chunk: Chunk, kind: str, bodies: Bodies | None) -> Iterator[dict[str, Any]]:
    """One line for each event in a chunk; only the first has the time, and so begins the chunk."""
    for number, piece in enumerate(event_pieces(chunk.data, kind)):
        yield {**({"ms": chunk.ms} if number == 0 else {}), **_text(piece, "data", bodies)}


def _chunks(lines: list[Line], bodies: Bodies) -> Iterator[Chunk]:
    ms, pieces = 0, list[bytes]()
    for line in lines:
        if line.ms is not None and pieces:
            yield Chunk(ms, b"".join(pieces))
            pieces = []
        ms = ms if line.ms is None else line.ms
        pieces.append(_bytes(line, line.data, bodies))
    if pieces:
        yield Chunk(ms, b"".join(pieces))
