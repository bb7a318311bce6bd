"""Blobs on a server that speaks S3: nothing half, nothing left, and no word of a key."""

import hashlib
import os
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

import pytest
from s3_server import KEY, S3, SECRET, s3_server
from stored_files import stream

from antiphon.errors import AntiphonError, ConfigFault, InvalidRequest, StoreFault, TooLarge
from antiphon.store.s3_blobs import PART, S3Blobs

ONCE = {"max_retries": 0}


@pytest.fixture
def s3() -> Iterator[S3]:
    with s3_server() as server:
        yield server


def blobs(s3: S3, home: str = "h0", **variables: str) -> S3Blobs:
    return S3Blobs("s3://bucket/some/files", home, s3.variables | variables, ONCE)


async def read(store: S3Blobs, place: str, start: int = 0, end: int | None = None) -> bytes:
    async with aclosing(store.open(place, start, end)) as content:
        return b"".join([data async for data in content])


async def places(store: S3Blobs) -> list[str]:
    return sorted([found.place async for batch in store.places() for found in batch])


async def test_a_small_blob_goes_in_one_request(s3: S3) -> None:
    store = blobs(s3)
    kept = await store.put(stream(b"hel", b"lo"), 5)
    assert (kept.hash, kept.bytes) == (hashlib.sha256(b"hello").hexdigest(), 5)
    assert s3.objects == {f"bucket/some/files/{kept.place}": b"hello"}
    assert len(s3.requests) == 1
    assert await read(store, kept.place) == b"hello"
    assert await read(store, kept.place, 1, 3) == b"el"
    assert await read(store, kept.place, 3) == b"lo"
    assert await read(store, kept.place, 2, 2) == b""
    await store.delete(kept.place)
    await store.delete(kept.place)
    assert not s3.objects
    with pytest.raises(StoreFault, match="moved along"):
        await read(store, kept.place)
    empty = await store.put(stream(), 5)
    assert await read(store, empty.place) == b""


async def test_a_large_blob_goes_in_parts(s3: S3) -> None:
    store, content = blobs(s3), os.urandom(2 * PART + 5)
    kept = await store.put(
        stream(*(content[at : at + 100_000] for at in range(0, len(content), 100_000))), len(content)
    )
    assert await read(store, kept.place) == content
    assert kept.hash == hashlib.sha256(content).hexdigest()
    assert any("uploads" in request for request in s3.requests)
    assert not s3.uploads


async def test_nothing_is_left_of_what_fails(s3: S3) -> None:
    async def broken() -> AsyncGenerator[bytes, None]:
        for _ in range(3):
            yield b"x" * PART
        raise InvalidRequest("enough")

    store = blobs(s3)
    with pytest.raises(TooLarge, match="larger than"):
        await store.put(stream(*[b"x" * PART] * 3), 2 * PART)
    with pytest.raises(InvalidRequest, match="enough"):
        await store.put(broken(), 1 << 30)
    assert (s3.objects, s3.uploads) == ({}, {})


async def test_places_are_those_of_this_database_alone(s3: S3) -> None:
    store, other = blobs(s3), blobs(s3, "h1")
    mine = [(await store.put(stream(bytes([number])), 1)).place for number in range(5)]
    await other.put(stream(b"x"), 1)
    assert await places(store) == sorted(mine)


@pytest.mark.parametrize("place", ["../secret", "h0/../../secret", "h0", ""])
async def test_no_place_leads_out_of_the_prefix(s3: S3, place: str) -> None:
    store = blobs(s3)
    with pytest.raises(StoreFault, match="moved along"):
        await read(store, place)
    await store.delete(place)
    assert not s3.requests


@pytest.mark.parametrize(
    ("status", "variables", "said"),
    [
        (403, {}, "credentials in the environment are refused"),
        (500, {}, "can't be reached, or doesn't do"),
        (None, {"AWS_ACCESS_KEY_ID": "wrong"}, "credentials in the environment are refused"),
        (None, {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "can't be reached"),
    ],
)
async def test_faults_are_the_stores_and_name_no_key(
    s3: S3, status: int | None, variables: dict[str, str], said: str
) -> None:
    store = blobs(s3, **variables)
    s3.fail = status
    calls = [store.put(stream(b"a"), 1), read(store, "h0/00"), store.delete("h0/00"), places(store)]
    for call in calls:
        with pytest.raises(StoreFault, match=said) as fault:
            await call
        assert not {KEY, SECRET, "wrong"} & set(str(fault.value).split())
        assert fault.value.__suppress_context__


@pytest.mark.parametrize("url", ["s3://", "bucket", "http://bucket/a"])
def test_what_is_no_bucket_is_the_settings_fault(url: str) -> None:
    with pytest.raises(ConfigFault, match="s3://BUCKET"):
        S3Blobs(url, "h0", {})


def test_half_of_the_credentials_are_the_settings_fault() -> None:
    with pytest.raises(AntiphonError) as fault:
        S3Blobs("s3://bucket", "h0", {"AWS_SECRET_ACCESS_KEY": SECRET})
    assert SECRET not in fault.value.message
