"""Forms, as the client of the API's SDK writes them, and as nobody should."""

import httpx2
import pytest

from antiphon.errors import InvalidRequest, UnsupportedMedia
from antiphon.server.forms import Field, read_form

TYPE = "multipart/form-data; boundary=edge"


@pytest.mark.parametrize("data", [b"", b"abc", b"\r\n", b"a\r\n--ed", b"\0\xff" * 1000, b"--"])
def test_a_clients_form_is_read(data: bytes) -> None:
    request = httpx2.Request("POST", "http://x", data={"purpose": "ä"}, files={"file": ("ü b.txt", data)})
    fields = read_form(request.headers["content-type"], request.read())
    assert fields == [Field("purpose", None, "ä".encode()), Field("file", "ü b.txt", data)]


@pytest.mark.parametrize("media", ["", "application/json", "multipart/form-data", "text/plain; boundary=edge"])
def test_what_is_no_form_is_refused(media: str) -> None:
    with pytest.raises(UnsupportedMedia, match="multipart/form-data"):
        read_form(media, b"")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"edge", b"--edge\r\n", b'--edge\r\ncontent-disposition: form-data; name="a"\r\n\r\nx',
        b"--edge\r\n\r\nx\r\n--edge--\r\n", b"--edge\r\ncontent-disposition: form-data\r\n\r\nx\r\n--edge--",
    ],
)  # fmt: skip
def test_a_broken_form_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest, match=r"isn't whole|no name|can't be read"):
        read_form(TYPE, body)
