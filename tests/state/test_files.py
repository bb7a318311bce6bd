"""Files through the official clients, on every kind of store."""

import os
from pathlib import Path
from typing import Any

import openai
import pytest
from official import Client
from running_server import Scene, running_server
from s3_server import s3_server

Json = dict[str, Any]


async def test_a_file_comes_back_as_it_went(client: Client) -> None:
    sent = os.urandom(700_000)
    made = await client(client.sdk.files.create(file=("né 1.bin", sent), purpose="user_data"))
    assert (made.bytes, made.filename, made.purpose, made.status) == (700_000, "né 1.bin", "user_data", "processed")
    assert (made.id[:5], made.expires_at) == ("file-", None)
    assert await client(client.sdk.files.retrieve(made.id)) == made
    content = await client(client.sdk.files.content(made.id))
    assert content.content == sent
    gone = await client(client.sdk.files.delete(made.id))
    assert (gone.id, gone.deleted) == (made.id, True)
    for call in (client.sdk.files.retrieve, client.sdk.files.content, client.sdk.files.delete):
        with pytest.raises(openai.NotFoundError, match=f"No such File object: '{made.id}'") as missing:
            await client(call(made.id))
        assert missing.value.param == "file_id"


async def test_an_empty_file_and_a_short_life(client: Client) -> None:
    keep: Json = {"anchor": "created_at", "seconds": 3600}
    made = await client(client.sdk.files.create(file=("a.txt", b""), purpose="batch", expires_after=keep))
    assert (made.bytes, made.expires_at) == (0, made.created_at + 3600)
    assert (await client(client.sdk.files.content(made.id))).content == b""
    batch = await client(client.sdk.files.create(file=("a.txt", b""), purpose="batch"))
    assert batch.expires_at == batch.created_at + 30 * 86400


async def test_files_are_listed_page_by_page(client: Client, scene: Scene) -> None:
    for file in scene.server.client.files.list():
        scene.server.client.files.delete(file.id)
    made = []
    for number in range(5):
        purpose = "vision" if number % 2 else "user_data"
        made.append((await client(client.sdk.files.create(file=(f"{number}", b"x"), purpose=purpose))).id)
    assert [file.id for file in await client.every(client.sdk.files.list(limit=2))] == made[::-1]
    assert [file.id for file in await client.every(client.sdk.files.list(limit=2, order="asc"))] == made
    assert [file.id for file in await client.every(client.sdk.files.list(purpose="vision", order="asc"))] == made[1::2]
    page = await client(client.sdk.files.list(after=made[2], limit=1))
    assert ([file.id for file in page.data], page.has_more) == ([made[1]], True)
    with pytest.raises(openai.NotFoundError, match="'after'"):
        await client(client.sdk.files.list(after="file_x"))


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"purpose": "fun"}, "purpose"),
        ({"expires_after": {"anchor": "created_at", "seconds": 3599}}, "expires_after.seconds"),
        ({"expires_after": {"anchor": "created_at", "seconds": 2592001}}, "expires_after.seconds"),
        ({"expires_after": {"anchor": "last_used", "seconds": 3600}}, "expires_after.anchor"),
        ({"expires_after": {"anchor": "created_at", "seconds": "soon"}}, "expires_after.seconds"),
        ({"expires_after": {"anchor": "created_at"}}, "expires_after.seconds"),
    ],
)
async def test_what_a_form_may_not_say(client: Client, change: Json, param: str) -> None:
    said: Json = {"file": ("a.txt", b"a"), "purpose": "user_data"}
    with pytest.raises(openai.BadRequestError) as refused:
        await client(client.sdk.files.create(**(said | change)))
    assert refused.value.param == param


def test_files_are_kept_in_a_bucket(tmp_path: Path) -> None:
    content = os.urandom(10 << 20)
    with (
        s3_server() as s3,
        running_server("--files", "s3://bucket/a", folder=tmp_path, variables=s3.variables) as server,
    ):
        files = server.client.files
        made = [files.create(file=(name, content), purpose="user_data").id for name in ("a.bin", "b.bin")]
        assert files.content(made[0]).content == content
        answer = server.get(f"/files/{made[0]}/content", {"range": "bytes=5-8"})
        assert (answer.status, answer.body) == (206, content[5:9])
        assert list(s3.objects.values()) == [content]
        files.delete(made[0])
        assert files.content(made[1]).content == content
        files.delete(made[1])
        assert not s3.objects
        s3.fail = 403
        with pytest.raises(openai.InternalServerError, match="credentials in the environment are refused") as refused:
            files.create(file=("a.bin", b"a"), purpose="user_data")
        assert refused.value.status_code == 503
    assert not (tmp_path / "kept.files").exists()
