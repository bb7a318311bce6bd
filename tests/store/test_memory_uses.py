"""The counts of a store in memory. What every store does is in `operations/test_uses.py`."""

from antiphon.store.memory_uses import MemoryUses


async def test_how_much_is_kept_isnt_counted() -> None:
    assert await MemoryUses().stored_bytes("blue") == 0
