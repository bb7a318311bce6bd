"""Which URL opens which store."""

import subprocess
import sys
from pathlib import Path

import pytest
from sample_rows import PROJECT, Make

from antiphon.errors import ConfigFault, StoreFault
from antiphon.store.memory import MemoryStore
from antiphon.store.migrate import available
from antiphon.store.open import open_store, pending
from antiphon.store.sql_store import SqlStore


async def test_a_store_in_memory() -> None:
    assert isinstance(await open_store("memory://"), MemoryStore)


async def test_a_file_by_its_full_path_or_from_the_working_directory(
    tmp_path: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    one = await open_store("sqlite:///store.db")
    other = await open_store(f"sqlite:///{tmp_path}/store.db")
    assert isinstance(one, SqlStore)
    await one.save_answer(PROJECT, made := make.answer("resp_1"))
    assert (await other.get_answer(PROJECT, "resp_1")).output == made.output
    await one.close()
    await other.close()


@pytest.mark.parametrize(
    "url", ["", "sqlite:///", "sqlite://store.db", "store.db", "mysql://u@h/d", "memory", "http://x"]
)
async def test_any_other_url_is_refused_by_name(url: str) -> None:
    with pytest.raises(ConfigFault, match="sqlite:///PATH, postgresql://USER@HOST/NAME or memory://") as caught:
        await open_store(url)
    assert f"'{url}'" in caught.value.message
    with pytest.raises(ConfigFault):
        await pending(url)


async def test_what_is_pending_can_be_asked_without_doing_it(store_url: str) -> None:
    due = [] if store_url == "memory://" else [str(step) for step in available("sqlite")]
    assert [str(step) for step in await pending(store_url)] == due
    assert [str(step) for step in await pending(store_url)] == due
    if store_url.startswith("sqlite"):
        assert not any(Path(store_url.removeprefix("sqlite:///")).parent.iterdir())
    await (await open_store(store_url)).close()
    assert await pending(store_url) == []


async def test_a_closed_store_says_so_and_closes_twice(store_url: str, make: Make) -> None:
    store = await open_store(store_url)
    await store.close()
    await store.close()
    if store_url == "memory://":
        return
    with pytest.raises(StoreFault, match="closed"):
        await store.save_answer(PROJECT, make.answer("resp_1"))
    with pytest.raises(StoreFault, match="closed"):
        await store.get_answer(PROJECT, "resp_1")


def test_without_the_extra_its_name_is_said() -> None:
    """In a process of its own, where asyncpg can't be imported."""
    program = (
        "import asyncio, sys; sys.modules['asyncpg'] = None\n"
        "from antiphon.store.open import open_store\n"
        "asyncio.run(open_store('postgresql://u@h/d'))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "ConfigFault: PostgreSQL needs the package asyncpg" in done.stderr
    assert "antiphon[postgres]" in done.stderr


def test_the_driver_is_not_imported_unless_it_is_needed() -> None:
    program = "import sys; import antiphon.store.open; print('asyncpg' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
