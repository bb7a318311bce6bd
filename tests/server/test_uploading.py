"""A form as it arrives: its file goes to a blob, and is gone again where the request is refused."""

from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from antiphon.errors import ClientFault, InvalidRequest, TooLarge
from antiphon.server.limits import ClientLeft
from antiphon.server.uploading import MOST_TEXT, uploaded
from antiphon.store.local_blobs import LocalBlobs

TEXT = b'--XX\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nvision\r\n'
FILE = b'--XX\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhello\r\n'
END = b"--XX--\r\n"


def request(*parts: bytes, left: bool = False, length: int | None = None) -> Request:
    """A request whose body comes in these parts; one that `left` breaks off."""
    sent: list[dict[str, Any]] = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    sent.append({"type": "http.disconnect"} if left else {"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> dict[str, Any]:
        return sent.pop(0)

    headers = [(b"content-type", b"multipart/form-data; boundary=XX")]
    headers += [] if length is None else [(b"content-length", str(length).encode())]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)


def lying(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("parts", [(TEXT, FILE, END), (FILE + TEXT + END,), (FILE[:40], FILE[40:], TEXT, END)])
async def test_fields_and_file_in_any_order(tmp_path: Path, parts: tuple[bytes, ...]) -> None:
    async with uploaded(request(*parts), "file", LocalBlobs(tmp_path), 5) as form:
        assert (form.fields, form.head.filename, form.blob.bytes) == ({"purpose": "vision"}, "a.txt", 5)
    assert len(lying(tmp_path)) == 1


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        (request(TEXT, FILE, FILE, END), "needs one file"),
        (request(FILE, TEXT.replace(b"vision", b"x" * (MOST_TEXT + 1)), END), "more than 65536 bytes"),
        (request(FILE, TEXT.replace(b"purpose", b"file"), END), "needs one file"),
        (request(FILE, TEXT), "isn't whole"),
        (request(FILE[:-3], left=True), "client left"),
        (request(FILE.replace(b"hello", b"hello!"), END), "larger than 5 bytes"),
        (request(FILE, END, length=1 << 40), "larger than 5 bytes"),
    ],
)
async def test_nothing_is_left_of_what_is_refused(tmp_path: Path, asked: Request, fault: str) -> None:
    with pytest.raises(ClientFault, match=fault) as raised:
        async with uploaded(asked, "file", LocalBlobs(tmp_path), 5):
            pass
    assert isinstance(raised.value, InvalidRequest | ClientLeft | TooLarge)
    assert lying(tmp_path) == []


async def test_a_block_that_refuses_leaves_nothing_either(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="no file"):
        async with uploaded(request(TEXT, END), "file", LocalBlobs(tmp_path), 5) as form:
            assert form.blob.bytes == 0
    with pytest.raises(InvalidRequest, match="not so"):
        async with uploaded(request(FILE, END), "file", LocalBlobs(tmp_path), 5):
            raise InvalidRequest("not so")
    assert lying(tmp_path) == []
