"""A small form that is whole in memory. Counterparts: `limits.py`, which reads the body; `uploading.py`, for files."""

from dataclasses import dataclass

from antiphon.server.form_reader import FieldBegan, FieldData, FormReader


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form; `filename` is None for one that isn't a file."""

    name: str
    filename: str | None
    data: bytes


def read_form(content_type: str, body: bytes) -> list[Field]:
    """The fields of a `multipart/form-data` body. Raises `UnsupportedMedia`, `InvalidRequest`."""
    reader = FormReader(content_type)
    found: list[tuple[FieldBegan, list[bytes]]] = []
    for happening in reader.feed(body):
        match happening:
            case FieldBegan():
                found.append((happening, []))
            case FieldData(data):
                found[-1][1].append(data)
    reader.finish()
    return [Field(head.name, head.filename, b"".join(data)) for head, data in found]
