"""Files that are uploaded as a form. Counterpart: `limits.py`, which reads the body. Source: RFC 7578."""

from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from antiphon.errors import InvalidRequest, UnsupportedMedia


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form; `filename` is None for one that isn't a file."""

    name: str
    filename: str | None
    data: bytes


def read_form(content_type: str, body: bytes) -> list[Field]:
    """The fields of a `multipart/form-data` body. Raises `UnsupportedMedia`, `InvalidRequest`."""
    media = Message()
    media["content-type"] = content_type
    boundary = media.get_boundary()
    if media.get_content_type() != "multipart/form-data" or not boundary:
        raise UnsupportedMedia(f"Send the file as multipart/form-data, not as '{content_type}'.")
    _, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode())
    if not parts or not parts[-1].startswith(b"--"):
        raise InvalidRequest("The form isn't whole: its last boundary is missing.")
    return [_field(part.removeprefix(b"\r\n")) for part in parts[:-1]]


def _field(part: bytes) -> Field:
    head, _, data = part.partition(b"\r\n\r\n")
    headers = HeaderParser().parsestr(head.decode(errors="replace"))
    name = headers.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        raise InvalidRequest("A field of the form has no name.")
    return Field(name, headers.get_filename(), data)
