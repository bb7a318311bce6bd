"""`/v1/files`: ranges, headers and refusals. Its operations on every store are tried in `state/test_files.py`."""

import os
from pathlib import Path
from typing import Any

import openai
import pytest
from running_server import RunningServer, run, running_server

from antiphon.server.routes.files import base_name
from antiphon.testing import ScriptedUpstream

CONTENT = bytes(range(256)) * 5


@pytest.fixture(scope="module")
def file(shared_server: RunningServer) -> str:
    return shared_server.client.files.create(file=("page.html", CONTENT, "text/html"), purpose="user_data").id


@pytest.mark.parametrize(
    ("asked", "status", "place", "said"),
    [
        ("bytes=0-9", 206, slice(10), "bytes 0-9/1280"),
        ("bytes=-10", 206, slice(-10, None), "bytes 1270-1279/1280"),
        ("bytes=1000-", 206, slice(1000, None), "bytes 1000-1279/1280"),
        ("bytes=0-1,5-6", 200, slice(None), None),
    ],
)
def test_ranges(shared_server: RunningServer, file: str, *, asked: str, status: int, place: slice, said: str) -> None:
    answer = shared_server.get(f"/files/{file}/content", {"range": asked})
    assert (answer.status, answer.headers.get("content-range"), answer.body) == (status, said, CONTENT[place])


def test_a_range_behind_the_end(shared_server: RunningServer, file: str) -> None:
    answer = shared_server.get(f"/files/{file}/content", {"range": "bytes=1280-"})
    assert (answer.status, answer.headers["content-range"]) == (416, "bytes */1280")


def test_a_browser_saves_it_and_runs_none_of_it(shared_server: RunningServer, file: str) -> None:
    answer = shared_server.get(f"/files/{file}/content")
    headers = answer.headers
    assert (headers["content-type"], headers["content-length"]) == ("text/html", "1280")
    assert headers["content-disposition"] == 'attachment; filename="page.html"'
    assert (headers["x-content-type-options"], headers["accept-ranges"]) == ("nosniff", "bytes")
    assert "sandbox" in headers["content-security-policy"]
    tag = headers["etag"]
    again = shared_server.get(f"/files/{file}/content", {"if-none-match": tag})
    assert (again.status, again.body) == (304, b"")
    part = shared_server.get(f"/files/{file}/content", {"if-range": tag, "range": "bytes=0-0"})
    assert part.status == 206
    other = shared_server.get(f"/files/{file}/content", {"if-range": '"x"', "range": "bytes=0-0"})
    assert other.status == 200


def test_its_head_alone(shared_server: RunningServer, file: str) -> None:
    answer = shared_server.http.head(f"/files/{file}/content")
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, "1280", b"")


def test_a_form_is_needed(shared_server: RunningServer) -> None:
    answer = shared_server.post({"purpose": "vision"}, "/files")
    assert (answer.status, answer.error["code"]) == (415, "unsupported_media_type")
    headers = {"content-type": "multipart/form-data; boundary=X"}
    empty = shared_server.post(
        b'--X\r\ncontent-disposition: form-data; name="purpose"\r\n\r\na\r\n--X--', "/files", headers
    )
    assert (empty.status, empty.error["param"]) == (400, "purpose")
    whole = b'--X\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nvision\r\n--X--'
    assert shared_server.post(whole, "/files", headers).error["param"] == "file"
    assert shared_server.post(whole[:-5], "/files", headers).error["message"].startswith("The form isn't whole")


def test_a_folder_in_a_name_is_nothing() -> None:
    assert [base_name(name) for name in ("a", "../b", "c:\\d\\e", "/", "")] == ["a", "b", "e", "file", "file"]


def test_bytes_lie_beside_the_database_once_and_no_longer_than_their_file(tmp_path: Path) -> None:
    with running_server("--max-file", "1000", folder=tmp_path) as server:
        content = os.urandom(1000)
        made = [server.client.files.create(file=("a", content), purpose="vision").id for _ in range(2)]
        [kept] = [path for path in (tmp_path / "kept.files").rglob("*") if path.is_file()]
        assert kept.read_bytes() == content
        with pytest.raises(openai.APIStatusError, match="larger than 1000 bytes") as refused:
            server.client.files.create(file=("a", content + b"x"), purpose="vision")
        assert (refused.value.status_code, refused.value.param) == (413, "file")
        for file in made:
            server.client.files.delete(file)
        assert not [path for path in (tmp_path / "kept.files").rglob("*") if path.is_file()]


def test_bytes_lie_where_it_is_said_and_outlive_the_server(tmp_path: Path) -> None:
    flags = ("--files", "elsewhere")
    with running_server(*flags, folder=tmp_path) as server:
        file = server.client.files.create(file=("a", b"hello"), purpose="vision").id
    with running_server(*flags, folder=tmp_path) as server:
        assert server.client.files.content(file).content == b"hello"
    assert [path.name for path in (tmp_path / "elsewhere").rglob("*") if path.is_file()]


def test_another_project_has_no_such_file(tmp_path: Path) -> None:
    keys = [
        run("keys", "create", "--project", name, "--db", "sqlite:///kept.db", folder=tmp_path).stdout.strip()
        for name in ("one", "two")
    ]
    with (
        ScriptedUpstream(models=["m"]) as upstream,
        running_server("--upstream", f"up={upstream.url}", folder=tmp_path) as server,
    ):
        one, two = (server.client.with_options(api_key=key) for key in keys)
        file = one.files.create(file=("a", b"hello"), purpose="user_data").id
        upload = one.uploads.create(bytes=1, filename="a", mime_type="a/b", purpose="vision").id
        assert two.files.list().data == []
        asked: Any = [{"role": "user", "content": [{"type": "input_file", "file_id": file}]}]
        for call in (
            lambda: two.files.retrieve(file),
            lambda: two.files.content(file),
            lambda: two.files.delete(file),
            lambda: two.uploads.parts.create(upload, data=b"a"),
            lambda: two.uploads.cancel(upload),
            lambda: two.responses.create(model="up/m", input=asked),
        ):
            with pytest.raises(openai.NotFoundError):
                call()
        two.files.create(file=("a", b"hello"), purpose="user_data")
        assert len([path for path in (tmp_path / "kept.files").rglob("*") if path.is_file()]) == 2
        assert one.files.content(file).content == b"hello"


def test_a_scope_of_a_cassette_has_files_of_its_own(tmp_path: Path) -> None:
    with (
        ScriptedUpstream(models=["m"]) as upstream,
        running_server(
            "--upstream",
            f"up={upstream.url}",
            "--cassette",
            str(tmp_path / "tape"),
            "--mode",
            "record",
            folder=tmp_path,
        ) as server,
    ):
        clients = [server.client.with_options(default_headers={"x-antiphon-scope": name}) for name in ("a", "b")]
        made = [
            client.files.create(file=("a", name), purpose="vision").id
            for client, name in zip(clients, (b"1", b"2"), strict=True)
        ]
        for client, file, content in zip(clients, made, (b"1", b"2"), strict=True):
            assert client.files.content(file).content == content
            assert [one.id for one in client.files.list()] == [file]
        assert server.client.files.list().data == []


def test_a_file_that_is_deleted_is_in_no_vector_store(shared_server: RunningServer) -> None:
    client = shared_server.client
    gone, kept = (client.files.create(file=("a.md", text), purpose="assistants").id for text in (b"Cats.", b"Dogs."))
    stores = [client.vector_stores.create(file_ids=[gone, kept]).id for _ in range(2)]
    client.vector_stores.create()
    client.files.delete(gone)
    for store in stores:
        assert [file.id for file in client.vector_stores.files.list(store)] == [kept]
