"""The bytes of a file as an HTTP answer: ranges, type and name, and no word that a browser would carry out.

Not here: which file (`routes/files.py`). Counterparts: `ranges.py`, `store/filing.py`.
"""

import mimetypes
import re
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from antiphon.server.ranges import range_of
from antiphon.store.files import StoredFile
from antiphon.store.filing import Filing

UNKNOWN = "application/octet-stream"
MEDIA = re.compile(r"[\w!#$&^.+-]{1,100}/[\w!#$&^.+-]{1,100}(?:; ?[\w!#$&^.+-]{1,50}=[\w!#$&^.+-]{1,100})*")


def media_type(said: str, filename: str) -> str:
    """What a file is: as the client says, else by its name."""
    said = said.strip().lower()
    if MEDIA.fullmatch(said) and said != UNKNOWN:
        return said
    return mimetypes.guess_type(filename)[0] or UNKNOWN


def disposition(filename: str) -> str:
    """A header under which a browser saves a file and never shows it. Source: RFC 6266."""
    plain = re.sub(r"[^ !#-\[\]-~]", "_", filename)
    named = f'attachment; filename="{plain}"'
    return named if plain == filename else f"{named}; filename*=UTF-8''{quote(filename, safe='')}"


def content(request: Request, files: Filing, file: StoredFile) -> Response:
    """The file, or the range of it that is asked for. Raises `RangeNotSatisfiable`."""
    tag = f'"{file.blob.hash}"'
    headers = {
        "accept-ranges": "bytes",
        "content-disposition": disposition(file.filename),
        "etag": tag,
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
    }
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    asked = request.headers.get("range") if request.headers.get("if-range", tag) == tag else None
    part = range_of(asked, file.blob.bytes)
    start, end = part or (0, file.blob.bytes)
    headers["content-length"] = str(end - start)
    if part:
        headers["content-range"] = f"bytes {start}-{end - 1}/{file.blob.bytes}"
    return _answer(request, files, file, (start, end), headers)


def _answer(
    request: Request, files: Filing, file: StoredFile, part: tuple[int, int], headers: Mapping[str, str]
) -> Response:
    status = HTTPStatus.PARTIAL_CONTENT if "content-range" in headers else HTTPStatus.OK
    said = dict(headers) | {"content-type": file.media_type}
    if request.method == "HEAD":
        return Response(status_code=status, headers=said)
    return StreamingResponse(files.content(file, *part), status_code=status, headers=said)
