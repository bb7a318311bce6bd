"""What is acknowledged is there: writers that are killed, several processes on one database, on both SQL stores."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from sample_rows import PROJECT, Make
from store_writer import answer

from antiphon.errors import NotFound
from antiphon.store.base import OpenStore
from antiphon.store.open import open_store
from antiphon.store.pages import PageQuery
from antiphon.wire.answers import StoredItem

WRITER = Path(__file__).parents[1] / "store_writer.py"
ON_DISK = pytest.mark.parametrize("store_url", ["sqlite", "postgres"], indirect=True)


def start_writer(url: str, name: str, *count: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, WRITER, url, name, *count], stdout=subprocess.PIPE)


def kill_after(writer: subprocess.Popen[bytes], lines: int) -> list[str]:
    """Everything it had acknowledged when it was killed, at least so many."""
    assert writer.stdout is not None
    told = [writer.stdout.readline() for _ in range(lines)]
    writer.kill()
    told += writer.stdout.read().splitlines(keepends=True)
    writer.stdout.close()
    writer.wait()
    return [line.decode().strip() for line in told if line.endswith(b"\n")]


async def assert_whole(store: OpenStore, name: str, told: list[str]) -> None:
    """Everything acknowledged is there, and of everything that is there, all of it."""
    numbers = sorted(int(answer_id.rpartition("-")[2]) for answer_id in told)
    context = await store.conversation_context(PROJECT, f"{name}-conv")
    in_conversation = [context[start : start + 4] for start in range(0, len(context), 4)]
    for number in range(numbers[-1] + 20):
        expected = answer(name, number)
        items = [*expected.input, *expected.output]
        try:
            saved = await store.get_answer(PROJECT, expected.id)
        except NotFound:
            assert number not in numbers
            assert items not in in_conversation
            continue
        assert (saved.body, saved.output) == (expected.body, expected.output)
        page = await store.input_items(PROJECT, expected.id, PageQuery(order="asc"))
        assert tuple(page.items) == expected.input
        assert in_conversation.count(items) == number % 2
    whole = [[*made.input, *made.output] for made in (answer(name, n) for n in range(1, numbers[-1] + 20, 2))]
    assert all(items in whole for items in in_conversation)


@ON_DISK
@pytest.mark.parametrize("lines", [1, 40, 150])
async def test_a_killed_writer_loses_nothing_it_acknowledged(store_url: str, lines: int) -> None:
    told = kill_after(start_writer(store_url, "w"), lines)
    assert len(told) >= lines
    store = await open_store(store_url)
    await assert_whole(store, "w", told)
    await store.close()


@pytest.mark.soak
@ON_DISK
async def test_fifty_killed_writers_lose_nothing_they_acknowledged(store_url: str) -> None:
    told = {f"w{number}": kill_after(start_writer(store_url, f"w{number}"), number * 7 + 1) for number in range(50)}
    store = await open_store(store_url)
    for name, acknowledged in told.items():
        await assert_whole(store, name, acknowledged)
    await store.close()


@ON_DISK
async def test_processes_that_start_and_write_at_once_do_not_disturb_each_other(store_url: str) -> None:
    writers = [start_writer(store_url, f"w{number}", "60") for number in range(3)]
    for writer in writers:
        out, _ = await asyncio.to_thread(writer.communicate)
        assert writer.returncode == 0
        assert len(out.splitlines()) == 60
    store = await open_store(store_url)
    for number in range(3):
        await assert_whole(store, f"w{number}", [f"w{number}-{n}" for n in range(60)])
    await store.close()


@ON_DISK
async def test_two_stores_on_one_database_see_each_other(store_url: str, make: Make) -> None:
    one, other = await open_store(store_url), await open_store(store_url)
    answers = [make.answer(f"resp_{number}", 2, 2) for number in range(40)]
    await asyncio.gather(*((one, other)[n % 2].save_answer(PROJECT, made) for n, made in enumerate(answers)))
    for n, made in enumerate(answers):
        assert (await (other, one)[n % 2].get_answer(PROJECT, made.id)).output == made.output
    same = [make.answer("same", 1, 1, body=b'{"n":%d}' % n) for n in range(20)]
    await asyncio.gather(*((one, other)[n % 2].save_answer(PROJECT, made) for n, made in enumerate(same)))
    saved = await one.get_answer(PROJECT, "same")
    assert saved.output == next(made.output for made in same if made.body == saved.body)
    await one.close()
    await other.close()


@ON_DISK
async def test_an_image_kept_and_removed_from_two_sides_at_once_is_never_lost(store_url: str, make: Make) -> None:
    one, other = await open_store(store_url), await open_store(store_url)
    image = StoredItem("img", b'{"image_url":"data:image/png;base64,' + b"Q" * 6000 + b'"}')

    async def keep_and_remove(store: OpenStore, name: str) -> None:
        for number in range(15):
            made = make.answer(f"{name}_{number}", output=(image,))
            await store.save_answer(PROJECT, made)
            assert (await store.get_answer(PROJECT, made.id)).output == (image,)
            await store.delete_answer(PROJECT, made.id)

    await asyncio.gather(*(keep_and_remove(store, f"{n}") for n, store in enumerate([one, other, one, other])))
    await one.save_answer(PROJECT, make.answer("resp_last", output=(image,)))
    assert (await other.get_answer(PROJECT, "resp_last")).output == (image,)
    await one.close()
    await other.close()
