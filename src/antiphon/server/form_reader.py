"""A form that is being uploaded: bytes, split anywhere, to its fields. No I/O.

A machine over python-multipart's parser, which is loaded with the first form; its errors are `ValueError`s.
Not here: where the bytes come from and go to (`uploading.py`, `forms.py`).
Source: RFC 7578.
"""

import logging
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from importlib import import_module

from antiphon.errors import InvalidRequest, UnsupportedMedia

MOST_FIELDS = 100
SILENT = logging.getLogger("antiphon.forms")
"""For the parser, which would log what is raised already."""
SILENT.disabled = True


@dataclass(frozen=True, slots=True)
class FieldBegan:
    """A field's head; `filename` is None for one that isn't a file, `media_type` what the client says it is."""

    name: str
    filename: str | None = None
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class FieldData:
    """Bytes of the field that began last."""

    data: bytes


@dataclass(frozen=True, slots=True)
class FieldEnded:
    """The field that began last is whole."""


Happening = FieldBegan | FieldData | FieldEnded


class FormReader:
    """Feed it the body; it answers with what came. All methods raise `InvalidRequest` for what isn't a form."""

    def __init__(self, content_type: str) -> None:
        """Raises `UnsupportedMedia`, also for a form that has no boundary."""
        media = Message()
        media["content-type"] = content_type
        boundary = media.get_boundary()
        if media.get_content_type() != "multipart/form-data" or not boundary:
            raise UnsupportedMedia(f"Send the file as multipart/form-data, not as '{content_type or 'nothing'}'.")
        self._happened: list[Happening] = []
        self._head: list[bytes] = []
        self._fields = 0
        self._ended = False
        try:
            self._parser = import_module("python_multipart.multipart").MultipartParser(
                boundary.encode("latin-1", "replace"),
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._note,
                    "on_header_value": self._value,
                    "on_header_end": self._end_line,
                    "on_headers_finished": self._begun,
                    "on_part_data": self._data,
                    "on_part_end": self._end,
                    "on_end": self._over,
                },
            )
        except ValueError as error:
            raise unreadable(error) from None
        self._parser.logger = SILENT
        self._in_value = False

    def feed(self, data: bytes) -> list[Happening]:
        """What these bytes bring."""
        try:
            self._parser.write(data)
        except ValueError as error:
            raise unreadable(error) from None
        happened, self._happened = self._happened, []
        return happened

    def finish(self) -> None:
        """Say that there are no more bytes. Raises `InvalidRequest` when there should be."""
        if not self._ended:
            raise InvalidRequest("The form isn't whole: its last boundary is missing.")

    def _begin(self) -> None:
        self._fields += 1
        if self._fields > MOST_FIELDS:
            raise InvalidRequest(f"The form has more than {MOST_FIELDS} fields.")
        self._head = []
        self._in_value = False

    def _note(self, data: bytes, start: int, end: int) -> None:
        self._head.append(data[start:end])

    def _value(self, data: bytes, start: int, end: int) -> None:
        if not self._in_value:
            self._head.append(b": ")
            self._in_value = True
        self._head.append(data[start:end])

    def _end_line(self) -> None:
        self._head.append(b"\r\n")
        self._in_value = False

    def _begun(self) -> None:
        headers = HeaderParser().parsestr(b"".join(self._head).decode(errors="replace"))
        name = headers.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            raise InvalidRequest("A field of the form has no name.")
        self._happened.append(FieldBegan(name, headers.get_filename(), headers.get("content-type", "")))

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._happened.append(FieldData(data[start:end]))

    def _end(self) -> None:
        self._happened.append(FieldEnded())

    def _over(self) -> None:
        self._ended = True


def unreadable(error: ValueError) -> InvalidRequest:
    """The bytes are no form."""
    return InvalidRequest(f"The form can't be read: {error}.")
