"""A file that came as base64: its bytes, and its text where it is any. Pure. Counterpart: `retrieval/`, for others."""

import base64

PDF = b"%PDF-"


def text_of(file_data: str) -> str | None:
    """What a file's base64 says, as text; None where it isn't any. Raises `ValueError` for what isn't base64."""
    return plain(decoded(file_data))


def plain(data: bytes) -> str | None:
    """The text that the bytes are; None where they are something else."""
    if data.startswith(PDF):
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return None if "\x00" in text else text


def decoded(file_data: str) -> bytes:
    """The bytes of a data URL or of bare base64. Raises `ValueError`."""
    encoded = file_data.partition(",")[2] if file_data.startswith("data:") else file_data
    return base64.b64decode(encoded, validate=True)
