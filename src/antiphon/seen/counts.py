"""What is counted of runs since the process began, in plain numbers: once, for whoever has words for it.

A value costs an answer a place at the end of a list; values are put into buckets some thousand at a time, or when they
are asked for. Labels are bounded: a model or tool is one of the first hundred, any further is `other`. Not here: the
words of Prometheus (`metrics.py`) and of a collector (`figures.py`).
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, pairwise

from antiphon.runner.timeline import Span
from antiphon.seen.account import Account, fault_of

SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
SOON = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Bounds of the buckets that Prometheus is given, in seconds: of what takes long, and of what is to be quick."""
OPERATION = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
FIRST = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
TOKENS = tuple(float(4**power) for power in range(14))
"""Those that the conventions for generative AI ask for: seconds of a call, seconds to its first token, and tokens."""
MOST_LABELS = 100
OTHER = "other"
MOST_WAITING = 4096
"""Runs whose values may wait to be put into buckets: some 30 bytes each."""


class Bounded:
    """The values of one label: the first hundred are themselves, later ones `other`."""

    def __init__(self, most: int = MOST_LABELS) -> None:
        self._most = most
        self._known: set[str] = set()

    def of(self, value: str) -> str:
        """The value that stands for this one."""
        if value in self._known:
            return value
        if len(self._known) >= self._most:
            return OTHER
        self._known.add(value)
        return value


class Values:
    """How the values of one thing are spread: `add` one."""

    __slots__ = ("_bounds", "_counts", "_total", "_waiting", "add")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._total = 0.0
        self._waiting: list[float] = []
        self.add: Callable[[float], None] = self._waiting.append

    def settle(self) -> None:
        """Put what waits into buckets."""
        values, below = self._waiting, 0
        if not values:
            return
        values.sort()
        for place, bound in enumerate(self._bounds):
            at_most = bisect_right(values, bound)
            self._counts[place] += at_most - below
            below = at_most
        self._counts[-1] += len(values) - below
        self._total += sum(values)
        values.clear()

    def buckets(self, bounds: Sequence[float]) -> list[int]:
        """So many up to each of these bounds and above the one before, and at last those above all.

        The bounds must be among those that it was made with.
        """
        self.settle()
        places = [0, *(self._bounds.index(bound) + 1 for bound in bounds), len(self._counts)]
        return [sum(self._counts[low:high]) for low, high in pairwise(places)]

    @property
    def total(self) -> float:
        """Their sum."""
        self.settle()
        return self._total

    @property
    def count(self) -> int:
        """How many there were."""
        return len(self._waiting) + sum(self._counts)


class OfModel:
    """What is counted of one model. `turns` are seconds of its calls, by what they failed with.

    `fresh` are tokens that it was given and hadn't cached, counted by the answer: an upstream that says it had cached
    more than it was given takes nothing from others, and no count ever goes down.
    """

    __slots__ = ("cached", "cost", "first", "fresh", "given", "made", "outcomes", "seconds", "turns")

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.seconds, self.first = Values(SECONDS), Values(_either(SOON, FIRST))
        self.turns: dict[str | None, Values] = {None: Values(CALLS)}
        self.given, self.made = Values(TOKENS), Values(TOKENS)
        self.fresh, self.cached, self.cost = 0, 0, 0

    @property
    def tokens(self) -> dict[str, float]:
        """Tokens by what they were; those that an upstream says it had cached aren't `input`."""
        return {"input": self.fresh, "cached": self.cached, "output": self.made.total}

    @property
    def values(self) -> Iterator[Values]:
        """All of it that is spread."""
        return chain((self.seconds, self.first, self.given, self.made), self.turns.values())


class OfTool:
    """What is counted of one tool."""

    __slots__ = ("faults", "seconds")

    def __init__(self) -> None:
        self.seconds, self.faults = Values(SECONDS), 0


class Counts:
    """What was counted: of each model, of each tool, and of saves. `take` is told accounts."""

    def __init__(self) -> None:
        self.models: dict[str, OfModel] = {}
        self.tools: dict[str, OfTool] = {}
        self.saves, self.save_faults = Values(SOON), 0
        self._model_names, self._tool_names = Bounded(), Bounded()
        self._waiting = 0

    def take(self, accounts: Sequence[Account]) -> None:
        """Runs are over."""
        for account in accounts:
            of, began, usage = self._of_model(account.model), account.began, account.usage
            of.outcomes[account.outcome] += 1
            of.seconds.add(account.ended - began)
            if account.first is not None:
                of.first.add(account.first - began)
            if usage is not None:
                given, cached = usage.input_tokens, usage.input_tokens_details.cached_tokens
                of.given.add(given)
                of.made.add(usage.output_tokens)
                of.cached += cached
                if given > cached:
                    of.fresh += given - cached
                of.cost += account.cost
            for span in account.spans:
                self._part(span, account, of)
        self._waiting += len(accounts)
        if self._waiting >= MOST_WAITING:
            self._settle()

    def _part(self, span: Span, account: Account, of: OfModel) -> None:
        """A part of a run, whose model has these counts."""
        kind, end, fault = span.kind, span.end, fault_of(span)
        seconds = (account.ended if end is None else end) - span.start
        if kind == "turn":
            turns = (of if span.name == account.model else self._of_model(span.name)).turns
            if fault not in turns:
                turns[fault] = Values(CALLS)
            turns[fault].add(seconds)
        elif kind == "save":
            self.saves.add(seconds)
            self.save_faults += fault is not None
        elif kind == "tool":
            tool = self.tools.setdefault(self._tool_names.of(span.name), OfTool())
            tool.seconds.add(seconds)
            tool.faults += fault is not None

    def _settle(self) -> None:
        self._waiting = 0
        spread = chain.from_iterable(of.values for of in self.models.values())
        for values in chain(spread, (tool.seconds for tool in self.tools.values()), (self.saves,)):
            values.settle()

    def _of_model(self, name: str) -> OfModel:
        found = self.models.get(name)
        if found is None:
            found = self.models.setdefault(self._model_names.of(name), OfModel())
        return found


def _either(*bounds: Sequence[float]) -> tuple[float, ...]:
    """Bounds that serve all of these."""
    return tuple(sorted({bound for some in bounds for bound in some}))


CALLS = _either(SECONDS, OPERATION)
