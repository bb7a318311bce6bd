"""Two servers of one database together hold a caller to its limit."""

import pytest

from antiphon.errors import LimitReached, StoreFault
from antiphon.runner.quota_sharing import FORGOTTEN, QuotaSharing
from antiphon.runner.quotas import Quota, Quotas, QuotaSettings, Spender
from antiphon.store.memory_uses import MemoryUses
from antiphon.store.uses import Told

BLUE = Spender("blue")
SETTINGS = QuotaSettings(project=Quota(requests=3, streams=2))


class Broken(MemoryUses):
    async def exchange(self, *_: object) -> Told:
        raise StoreFault("gone")


async def test_two_servers_share_what_was_used_and_what_is_held(caplog: pytest.LogCaptureFixture) -> None:
    store, now = MemoryUses(), 120.0
    first, second = (Quotas(SETTINGS, lambda: now) for _ in range(2))
    ways = [QuotaSharing(quotas, store, name, lambda: now) for quotas, name in ((first, "a"), (second, "b"))]
    first.enter(BLUE, streams=True)
    leave = second.enter(BLUE, streams=True)
    for way in (*ways, ways[0]):
        await way.share()
    for quotas in (first, second):
        with pytest.raises(LimitReached, match="2 answers under way"):
            quotas.enter(BLUE, streams=True)
    leave()
    first.enter(BLUE, streams=False)
    for way in (*ways, ways[1]):
        await way.share()
    with pytest.raises(LimitReached, match="Rate limit reached for requests"):
        second.enter(BLUE, streams=True)
    now += FORGOTTEN + 60
    await ways[1].share()
    second.enter(BLUE, streams=True)
    await QuotaSharing(second, Broken(), "b", lambda: now).share()
    assert "isn't shared" in caplog.text
    await ways[1].share()
    await ways[0].share()
    assert dict(first.headers(BLUE))[b"x-ratelimit-remaining-requests"] == b"2"
