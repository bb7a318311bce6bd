"""What was used, in memory. What every store does is shown in `test_usage.py`."""

from antiphon.store.memory_usage import MemoryUsage
from antiphon.store.usage import Asked, Used


async def test_each_has_its_own() -> None:
    one, other = MemoryUsage(), MemoryUsage()
    await one.add([Used(project="p", day="2026-03-09", model="m", turns=1)])
    assert len(await one.read("p", Asked())) == 1
    assert await other.read("p", Asked()) == []
