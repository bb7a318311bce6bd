"""Keys in a file outlive the process. What every store does is in `operations/test_keys.py`."""

from pathlib import Path

from antiphon.store.keys import Act, StoredKey
from antiphon.store.open import open_store


async def test_keys_are_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    key = StoredKey(id="a", project="p", name="", digest=b"d", scopes=frozenset(), models=None, created_at=1)
    first = await open_store(url)
    await first.keys.create(key, Act(at=1, kind="api_key.created", project="p", subject="a", actor="me"))
    await first.close()
    second = await open_store(url)
    assert (await second.keys.all(), await second.keys.changes()) == ([key], 1)
    await second.close()
