"""Files in a bucket of moto, a stand-in for S3 that others look after: what `s3_server.py` may have wrong, shows here."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import aclosing

import httpx2
import pytest
from client_environments import client_python
from stored_files import stream

from antiphon.errors import StoreFault, TooLarge
from antiphon.store.s3_blobs import PART, S3Blobs

SECONDS = 60
MIB = 1 << 20


@pytest.fixture(scope="module")
def variables() -> Iterator[dict[str, str]]:
    """The environment for a server that runs meanwhile, with a bucket in it."""
    python = client_python("moto", "3.11")
    command = [str(python), "-u", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        lines = iter(process.stderr.readline, "") if process.stderr else iter([])
        url = next(found[0] for line in lines if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))
        httpx2.put(f"{url}/bucket", timeout=SECONDS)
        yield {
            "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL": url, "AWS_REGION": "us-east-1",
        }  # fmt: skip
        process.kill()


async def read(store: S3Blobs, place: str, start: int = 0, end: int | None = None) -> bytes:
    async with aclosing(store.open(place, start, end)) as content:
        return b"".join([data async for data in content])


async def test_blobs_come_back_and_go(variables: dict[str, str]) -> None:
    store, content = S3Blobs("s3://bucket/some/files", "h0", variables), os.urandom(2 * PART + 5)
    small = await store.put(stream(b"hel", b"lo"), 5)
    large = await store.put(stream(*(content[at : at + MIB] for at in range(0, len(content), MIB))), len(content))
    assert await read(store, small.place) == b"hello"
    assert await read(store, large.place) == content
    assert await read(store, large.place, 5, 9) == content[5:9]
    with pytest.raises(TooLarge):
        await store.put(stream(*[b"x" * PART] * 3), 2 * PART)
    found = [one.place async for batch in store.places() for one in batch]
    assert sorted(found) == sorted([small.place, large.place])
    left = httpx2.get(f"{variables['AWS_ENDPOINT_URL']}/bucket?uploads", timeout=SECONDS)
    assert "<Upload>" not in left.text
    for place in (small.place, large.place, small.place):
        await store.delete(place)
    with pytest.raises(StoreFault, match="moved along"):
        await read(store, small.place)


async def test_a_bucket_that_is_not_there(variables: dict[str, str]) -> None:
    store = S3Blobs("s3://nobody", "h0", variables, {"max_retries": 0})
    with pytest.raises(StoreFault, match="there is no such bucket"):
        await store.put(stream(b"a"), 1)
