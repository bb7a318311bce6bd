"""Uploads in parts on every store: until they are completed, cancelled or expired."""

import pytest
from sample_rows import PROJECT, Clock
from stored_files import file, part, upload

from antiphon.errors import InvalidRequest, NotFound
from antiphon.store import faults
from antiphon.store.base import OpenStore
from antiphon.store.files import Swept, Usage


async def test_an_upload_becomes_a_file(store: OpenStore) -> None:
    await store.files.create_upload(PROJECT, upload("u", 6, keep_seconds=7200))
    assert await store.files.get_upload(PROJECT, "u") == upload("u", 6, keep_seconds=7200)
    parts = [part("p1", b"abc"), part("p2", b"def")]
    for one in parts:
        await store.files.add_part(PROJECT, "u", one)
    assert await store.files.parts(PROJECT, "u") == parts
    assert await store.files.usage(PROJECT) == Usage(0, 6)
    assert await store.files.known(["place of p1", "place of f"]) == ["place of p1"]
    kept, places = await store.files.complete(PROJECT, "u", file("f", b"abcdef"))
    assert kept == await store.files.get(PROJECT, "f")
    assert places == ["place of p1", "place of p2"]
    assert await store.files.parts(PROJECT, "u") == []
    ended = await store.files.get_upload(PROJECT, "u")
    assert (ended.status, ended.file_id) == ("completed", "f")
    for made in (
        store.files.complete(PROJECT, "u", file("g")),
        store.files.add_part(PROJECT, "u", part("p3", b"")),
        store.files.cancel(PROJECT, "u"),
    ):
        with pytest.raises(InvalidRequest, match="is completed"):
            await made
    with pytest.raises(NotFound):
        await store.files.get(PROJECT, "g")


async def test_an_upload_is_cancelled_with_its_parts(store: OpenStore) -> None:
    await store.files.create_upload(PROJECT, upload("u", 6))
    await store.files.add_part(PROJECT, "u", part("p1", b"abc"))
    cancelled, places = await store.files.cancel(PROJECT, "u")
    assert (cancelled.status, places) == ("cancelled", ["place of p1"])
    assert (await store.files.cancel(PROJECT, "u"))[1] == []
    with pytest.raises(InvalidRequest, match="is cancelled"):
        await store.files.add_part(PROJECT, "u", part("p2", b"abc"))


async def test_parts_have_no_more_bytes_than_were_announced(store: OpenStore) -> None:
    await store.files.create_upload(PROJECT, upload("u", 5))
    await store.files.add_part(PROJECT, "u", part("p1", b"abc"))
    with pytest.raises(InvalidRequest, match="more than the 5 bytes") as fault:
        await store.files.add_part(PROJECT, "u", part("p2", b"abc"))
    assert fault.value.param == "data"
    await store.files.add_part(PROJECT, "u", part("p3", b"ab"))


async def test_what_is_not_there_or_anothers_is_not_found(store: OpenStore) -> None:
    await store.files.create_upload("other", upload("u", 5))
    for name in ("u", "v", "\x00"):
        for made in (
            store.files.get_upload(PROJECT, name),
            store.files.parts(PROJECT, name),
            store.files.add_part(PROJECT, name, part("p", b"")),
            store.files.complete(PROJECT, name, file("f")),
            store.files.cancel(PROJECT, name),
        ):
            with pytest.raises(NotFound, match="not found"):
                await made
    with pytest.raises(InvalidRequest, match="already an upload"):
        await store.files.create_upload("other", upload("u", 5))
    with pytest.raises(InvalidRequest, match="NUL"):
        await store.files.create_upload(PROJECT, upload("w", 5, filename="\x00"))


async def test_an_upload_expires_and_is_forgotten_later(store: OpenStore, clock: Clock) -> None:
    await store.files.create_upload(PROJECT, upload("u", 6))
    await store.files.add_part(PROJECT, "u", part("p1", b"abc"))
    clock.time += 3600
    assert (await store.files.get_upload(PROJECT, "u")).status == "expired"
    with pytest.raises(InvalidRequest, match="is expired"):
        await store.files.complete(PROJECT, "u", file("f"))
    assert await store.files.sweep(10) == Swept(1, ["place of p1"])
    assert await store.files.sweep(10) == Swept(0, [])
    assert (await store.files.get_upload(PROJECT, "u")).status == "expired"
    clock.time += 86400
    await store.files.sweep(10)
    with pytest.raises(NotFound):
        await store.files.get_upload(PROJECT, "u")


def test_too_many_parts_are_told_of() -> None:
    assert str(faults.MAX_PARTS) in faults.too_many_parts("u").message
