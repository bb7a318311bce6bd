"""`Uses` in memory: of one server alone. Counterpart: `sql_uses.py`."""

from collections import Counter
from collections.abc import Sequence

from antiphon.store.uses import Holding, Told, Use


class MemoryUses:
    """The counts of a store in memory."""

    def __init__(self) -> None:
        self._uses: Counter[tuple[str, str, int]] = Counter()
        self._holdings: dict[str, Holding] = {}

    async def exchange(self, uses: Sequence[Use], holding: Holding, began: int, now: float) -> Told:
        for use in uses:
            self._uses[use.subject, use.kind, use.began] += use.amount
        for key in [key for key in self._uses if key[2] < began]:
            del self._uses[key]
        self._holdings[holding.holder] = holding
        others: Counter[str] = Counter()
        for name, told in self._holdings.items():
            if name != holding.holder and told.expires > now:
                others.update(dict(told.held))
        return Told([Use(*key, amount) for key, amount in self._uses.items()], sorted(others.items()))

    async def stored_bytes(self, project: str) -> int:
        del project
        return 0
