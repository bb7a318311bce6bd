"""The keys of a store in memory. What every store does is in `operations/test_keys.py`."""

from antiphon.store.keys import Act
from antiphon.store.memory_keys import MemoryKeys


async def test_acts_are_numbered() -> None:
    keys = MemoryKeys()
    for _ in range(2):
        await keys.note(Act(at=1, kind="k", project="p", subject="s", actor="me"))
    assert [act.number for act in (await keys.acts(9)).items] == [2, 1]
