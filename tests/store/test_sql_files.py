"""The rows of files are durable: another connection sees them. What they do is in `operations/`."""

from stored_files import file, upload

from antiphon.store.files import Files
from antiphon.store.open import open_store


async def test_another_process_sees_what_was_kept(store_url: str) -> None:
    first = await open_store(store_url)
    files: Files = first.files
    await files.create("p", file("a"))
    await files.create_upload("p", upload("u", 5))
    second = first if store_url == "memory://" else await open_store(store_url)
    assert await second.files.get("p", "a") == file("a")
    assert (await second.files.get_upload("p", "u")).bytes == 5
    await second.close()
    await first.close()
