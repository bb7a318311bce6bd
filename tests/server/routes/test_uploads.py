"""`/v1/uploads`: what is refused. Its operations on every store are tried in `state/test_uploads.py`."""

from typing import Any

import openai
import pytest
from running_server import RunningServer

from antiphon.server.routes.uploads import MAX_UPLOAD

Json = dict[str, Any]
UPLOAD: Json = {"bytes": 5, "filename": "a.txt", "mime_type": "text/plain", "purpose": "user_data"}


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"bytes": -1}, "bytes"),
        ({"bytes": MAX_UPLOAD + 1}, "bytes"),
        ({"bytes": "5"}, "bytes"),
        ({"purpose": "fun"}, "purpose"),
        ({"filename": None}, "filename"),
        ({"filename": "\x00"}, "filename"),
        ({"expires_after": {"anchor": "created_at", "seconds": 1}}, "expires_after.seconds"),
    ],
)
def test_uploads_that_do_not_begin(shared_server: RunningServer, change: Json, param: str) -> None:
    answer = shared_server.post(UPLOAD | change, "/uploads")
    assert (answer.status, answer.error["param"]) == (400, param)


def test_what_is_not_there(shared_server: RunningServer) -> None:
    for what in ("cancel", "complete"):
        answer = shared_server.post({"part_ids": []}, f"/uploads/upload_1/{what}")
        assert (answer.status, answer.error["param"]) == (404, "upload_id")
    with pytest.raises(openai.NotFoundError):
        shared_server.client.uploads.parts.create("upload_1", data=b"a")


def test_parts_that_do_not_fit(shared_server: RunningServer) -> None:
    client = shared_server.client
    upload = client.uploads.create(**UPLOAD)
    part = client.uploads.parts.create(upload.id, data=b"hel")
    with pytest.raises(openai.BadRequestError, match="more than the 5 bytes"):
        client.uploads.parts.create(upload.id, data=b"lo!")
    for part_ids, param in (([part.id], "part_ids"), ([part.id, "part_0"], "part_ids[1]")):
        with pytest.raises(openai.BadRequestError) as refused:
            client.uploads.complete(upload.id, part_ids=part_ids)
        assert refused.value.param == param
    answer = shared_server.post(b"", f"/uploads/{upload.id}/parts")
    assert answer.status == 415
