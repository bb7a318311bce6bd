"""Uploads in parts through the official clients, on every kind of store."""

import hashlib
import os

import openai
import pytest
from official import Client


async def test_parts_in_any_order_make_a_file(client: Client) -> None:
    content = os.urandom(300_000)
    upload = await client(
        client.sdk.uploads.create(bytes=300_000, filename="a.txt", mime_type="text/plain", purpose="user_data")
    )
    assert (upload.status, upload.bytes, upload.expires_at) == ("pending", 300_000, upload.created_at + 3600)
    pieces = [content[:100_000], content[100_000:100_001], content[100_001:]]
    parts = [await client(client.sdk.uploads.parts.create(upload.id, data=piece)) for piece in reversed(pieces)]
    assert {part.upload_id for part in parts} == {upload.id}
    part_ids = [part.id for part in reversed(parts)]
    with pytest.raises(openai.BadRequestError, match="MD5"):
        await client(client.sdk.uploads.complete(upload.id, part_ids=part_ids, md5="0" * 32))
    md5 = hashlib.md5(content).hexdigest()  # noqa: S324 - the API's own checksum
    done = await client(client.sdk.uploads.complete(upload.id, part_ids=part_ids, md5=md5))
    assert (done.status, done.file.bytes, done.file.filename) == ("completed", 300_000, "a.txt")
    assert (await client(client.sdk.files.content(done.file.id))).content == content
    with pytest.raises(openai.BadRequestError, match="is completed"):
        await client(client.sdk.uploads.complete(upload.id, part_ids=part_ids))
    await client(client.sdk.files.delete(done.file.id))


async def test_an_upload_is_cancelled(client: Client) -> None:
    upload = await client(client.sdk.uploads.create(bytes=3, filename="a", mime_type="a/b", purpose="vision"))
    await client(client.sdk.uploads.parts.create(upload.id, data=b"abc"))
    assert (await client(client.sdk.uploads.cancel(upload.id))).status == "cancelled"
    with pytest.raises(openai.BadRequestError, match="is cancelled"):
        await client(client.sdk.uploads.parts.create(upload.id, data=b""))


async def test_the_clients_own_way_to_send_a_large_file(client: Client) -> None:
    content = os.urandom(250_000)
    sent = {"bytes": len(content), "filename": "b.bin", "mime_type": "application/octet-stream", "part_size": 100_000}
    done = await client(client.sdk.uploads.upload_file_chunked(file=content, purpose="user_data", **sent))
    assert (await client(client.sdk.files.content(done.file.id))).content == content
    await client(client.sdk.files.delete(done.file.id))
