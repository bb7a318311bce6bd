"""Reads HTTP archives (HAR 1.2), which browsers and proxies save. Source: http://www.softwareishard.com/blog/har-12-spec/.

Counterparts: `exporters/har.py`, which writes them; `open.py`, which finds the files.
"""

import base64
import binascii
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import msgspec

from antiphon.cassettes.importers.calls import Call, Foreign, NoInteraction
from antiphon.errors import CassetteInvalid


class Pair(msgspec.Struct):
    """A header or a field of a form."""

    name: str = ""
    value: str = ""


class PostData(msgspec.Struct):
    """A request's body: as text, or as the fields of a form."""

    mimeType: str = ""  # noqa: N815 - the format's spelling
    text: str | None = None
    params: list[Pair] = []
    encoding: str = ""


class Request(msgspec.Struct):
    """What was asked."""

    method: str = "GET"
    url: str = ""
    headers: list[Pair] = []
    postData: PostData | None = None  # noqa: N815 - the format's spelling


class Content(msgspec.Struct):
    """An answer's body; `encoding` is `base64` or nothing."""

    mimeType: str = ""  # noqa: N815 - the format's spelling
    text: str | None = None
    encoding: str = ""
    size: float | None = None


class Response(msgspec.Struct):
    """What came back; `status` is 0 where nothing did."""

    status: int = 0
    headers: list[Pair] = []
    content: Content = msgspec.field(default_factory=Content)


class Timings(msgspec.Struct):
    """Milliseconds; -1 where something didn't happen."""

    blocked: float | None = None
    dns: float | None = None
    connect: float | None = None
    send: float | None = None
    wait: float | None = None


class Entry(msgspec.Struct):
    """One call. `time` is the whole of it in milliseconds."""

    request: Request
    response: Response
    time: float | None = None
    timings: Timings = msgspec.field(default_factory=Timings)


class Log(msgspec.Struct):
    """All calls, in the order in which they began."""

    entries: list[Entry]


class Archive(msgspec.Struct):
    """The file."""

    log: Log


_decoder = msgspec.json.Decoder(Archive)


def read_har(path: Path, name: str) -> Foreign:
    """The calls in an archive. Raises `CassetteInvalid` if it is none."""
    found = Foreign()
    try:
        # Some programs put a byte order mark before it.
        archive = _decoder.decode(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError) as error:
        raise CassetteInvalid(
            f"{name} is no HTTP archive (HAR): {error}. Save it again, with the contents of the answers."
        ) from None
    for number, entry in enumerate(archive.log.entries, 1):
        found.add(name, number, partial(_call, entry))
    return found


def _call(entry: Entry) -> Call:
    request, response = entry.request, entry.response
    if response.status <= 0:
        raise NoInteraction("it got no answer")
    first, last = _first(entry.timings), max(entry.time or 0, 0)
    headers = {pair.name.lower(): pair.value for pair in response.headers}
    headers.setdefault("content-type", response.content.mimeType)
    return Call(
        method=request.method,
        url=request.url,
        request_headers={pair.name: pair.value for pair in request.headers},
        request_body=_asked(request.postData),
        status=response.status,
        headers=headers,
        body=_answered(response.content),
        first=round(min(first, last)),
        last=round(last),
    )


def _first(timings: Timings) -> float:
    # `connect` has what `ssl` says in it already.
    parts = (timings.blocked, timings.dns, timings.connect, timings.send, timings.wait)
    return sum(part for part in parts if part and part > 0)


def _asked(data: PostData | None) -> bytes:
    if data is None:
        return b""
    if data.text:
        return _bytes(data.text, data.encoding)
    return urlencode([(pair.name, pair.value) for pair in data.params]).encode()


def _answered(content: Content) -> bytes:
    if content.text is None and (content.size or 0) > 0:
        raise NoInteraction("the archive was saved without the content of its answer")
    return _bytes(content.text or "", content.encoding)


def _bytes(text: str, encoding: str) -> bytes:
    if encoding != "base64":
        return text.encode(errors="surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise NoInteraction(f"its base64 can't be read ({error})") from None
