"""A call as another program wrote it down, and the interaction that it is: whole bodies, hardly any times.

Compressed bodies are opened, streams are cut into their events, secrets are taken out. Pure. Not here: the files
of those programs (`har.py`, `vcr.py`).
"""

import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from antiphon.cassettes.interaction import Answered, Chunk, End, Interaction, Origin
from antiphon.cassettes.redaction import own_secrets, redact_answer, redact_request
from antiphon.cassettes.upstreams import upstream_name
from antiphon.transport import HttpRequest

REDIRECTS = frozenset({301, 302, 303, 307, 308})
GZIP = b"\x1f\x8b"

_EVENT_END = re.compile(rb"(?<=\n\n)|(?<=\r\n\r\n)|(?<=\r\r)")
_LINE_END = re.compile(rb"(?<=\n)")


class NoInteraction(ValueError):
    """A call that is none of a cassette's; the message says why."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `first` and `last` are milliseconds from the request to the first byte and to the end of the answer."""

    method: str
    url: str
    request_headers: Mapping[str, str]
    request_body: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes
    first: int = 0
    last: int = 0


@dataclass(slots=True)
class Foreign:
    """What a file of another program holds: interactions, and what a reader should be told."""

    interactions: list[Interaction] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, number: int, call: Callable[[], Call]) -> None:
        """Take in the call with this number, or a note why it is left out."""
        try:
            self.interactions.append(interaction_of(call(), Origin(name, number), number))
        except NoInteraction as error:
            self.notes.append(f"{name}: call {number} is left out: {error}.")


def interaction_of(call: Call, origin: Origin, number: int) -> Interaction:
    """A call as an interaction without secrets. Raises `NoInteraction`."""
    if call.status in REDIRECTS:
        raise NoInteraction("it is a redirect")
    if urlsplit(call.url).scheme not in {"http", "https"}:
        raise NoInteraction("its address isn't one of HTTP")
    request = HttpRequest(
        call.method.upper(), call.url, upstream_name(call.url), lowered(call.request_headers), call.request_body
    )
    known = own_secrets(request)
    answered = redact_answer(_answered(call), known)
    return Interaction(number, redact_request(request), answered.end, origin, lambda: answered)


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers by lower-case names, without those of HTTP/2 that are none."""
    return {name.lower(): value for name, value in headers.items() if not name.startswith(":")}


def _answered(call: Call) -> Answered:
    headers = lowered(call.headers)
    coding = headers.get("content-encoding", "").strip().lower()
    body = _opened(call.body, coding)
    if body is not None:
        headers.pop("content-encoding", None)
    whole = Answered(call.status, headers, (), End.COMPLETE, call.last)
    return replace(whole, chunks=tuple(_chunks(call, headers, call.body if body is None else body)))


def _opened(body: bytes, coding: str) -> bytes | None:
    """A body without its compression, None where that isn't known here; most programs have taken it off before."""
    if body.startswith(GZIP):
        return _inflated(body, 31)
    if coding == "deflate" and not _is_text(body):
        return _inflated(body, 15, -15)
    if coding not in {"", "identity"} and not _is_text(body):
        return None
    return body


def _inflated(body: bytes, *forms: int) -> bytes:
    """A body inflated in the first of these forms of zlib that fits it."""
    for form in forms:
        with suppress(zlib.error):
            return zlib.decompress(body, form)
    raise NoInteraction("its compressed answer is damaged")


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _chunks(call: Call, headers: Mapping[str, str], body: bytes) -> Iterator[Chunk]:
    """A stream's events, spread evenly between its first byte and its end; any other body in one piece."""
    kind = headers.get("content-type", "")
    ends = _EVENT_END if "event-stream" in kind else _LINE_END if "ndjson" in kind else None
    pieces = [piece for piece in (ends.split(body) if ends else [body]) if piece]
    for number, piece in enumerate(pieces):
        share = number / (len(pieces) - 1) if len(pieces) > 1 else 0
        yield Chunk(call.first + round((call.last - call.first) * share), piece)
