"""What a caller may use in a time, and how much of it has been used: by project, and by key within it.

Windows begin at whole multiples of their length. Tokens are counted when an answer has ended, so that the last one of a
window may go beyond. Pure counting; what other processes have used is told to it (`quota_sharing.py`). Not here: HTTP
(`server/metering.py`), what one process bears in all (`pressure.py`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from antiphon.engine.commands import Command, Finish
from antiphon.engine.replies import Reply
from antiphon.engine.run import Run
from antiphon.errors import LimitReached
from antiphon.store.uses import Use

Count = Annotated[int, Meta(ge=1)]
REQUESTS, TOKENS, STREAMS = "requests", "tokens", "streams"
WINDOWED = (REQUESTS, TOKENS)
SOON = 1.0
"""Seconds after which somebody who has too many answers under way may look again."""


class Quota(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The most of each in a window; `streams` are answers that are made at once, `storage` bytes. None: any number.

    `runs` are responses in the background that haven't ended. `storage` is counted of projects alone.
    """

    requests: Count | None = None
    tokens: Count | None = None
    streams: Count | None = None
    storage: Count | None = None
    runs: Count | None = None


class QuotaSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """`[quotas]`: of each project and each key, and of some instead. `window` in seconds."""

    window: Count = 60
    project: Quota = Quota()
    key: Quota = Quota()
    projects: dict[str, Quota] = {}
    keys: dict[str, Quota] = {}


@dataclass(frozen=True, slots=True)
class Spender:
    """Who uses something: a project, and the key it came with, if any."""

    project: str
    key: str | None = None


SPENDER: ContextVar[Spender | None] = ContextVar("spender", default=None)
"""Who sent the request that a task belongs to; what it begins takes it along."""


@contextmanager
def spending(spender: Spender) -> Iterator[None]:
    """What begins inside counts for this one."""
    token = SPENDER.set(spender)
    try:
        yield
    finally:
        SPENDER.reset(token)


Subject = tuple[str, Quota]


class Quotas:
    """The counts of one process. `clock` gives Unix seconds."""

    def __init__(self, settings: QuotaSettings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._shared: Mapping[tuple[str, str, int], int] = {}
        self._sending: Counter[tuple[str, str, int]] = Counter()
        self._own: Counter[tuple[str, str, int]] = Counter()
        self._held: Counter[str] = Counter()
        self._others: Mapping[str, int] = {}

    @property
    def began(self) -> int:
        """When the window began that it is now."""
        window = self._settings.window
        return int(self._clock() // window) * window

    def enter(self, spender: Spender, *, streams: bool) -> Callable[[], None]:
        """One request; gives what is called at its end. Raises `LimitReached`, and nothing is counted then."""
        subjects = self._subjects(spender)
        for name, quota in subjects:
            for kind in WINDOWED:
                self._check(name, quota, kind)
            if streams and quota.streams is not None and self._held[name] + self._others.get(name, 0) >= quota.streams:
                raise LimitReached(
                    f"{_who(name)} has {quota.streams} answers under way, the most.", kind=STREAMS, retry_after=SOON
                )
        self._count(subjects, REQUESTS, 1)
        if not streams:
            return _nothing
        self._held.update(name for name, _ in subjects)
        return lambda: self._let_go(subjects)

    def spend(self, spender: Spender, tokens: int) -> None:
        """So many tokens were used."""
        self._count(self._subjects(spender), TOKENS, tokens)

    def watch(self, run: Run, project: str) -> "Spending":
        """Count what a run of a project uses."""
        spender = SPENDER.get()
        return Spending(self, run, spender if spender is not None and spender.project == project else Spender(project))

    def storage(self, spender: Spender) -> int | None:
        """The bytes that the spender's project may keep."""
        return self._of(self._settings.projects, spender.project, self._settings.project).storage

    def check_runs(self, spender: Spender, of_project: int, of_key: int) -> None:
        """Raise `LimitReached` where a project, or its key, has as many in the background as it may."""
        whose = zip(("project", "key"), (of_project, of_key), self._subjects(spender), strict=False)
        for who, unfinished, (_, quota) in whose:
            if quota.runs is not None and unfinished >= quota.runs:
                raise LimitReached(
                    f"This {who} has {unfinished} responses in the background that haven't ended, and may have "
                    f"{quota.runs}. Wait until one has ended, or cancel one.",
                    kind="runs",
                    retry_after=SOON,
                )

    def headers(self, spender: Spender) -> list[tuple[bytes, bytes]]:
        """What is left, as OpenAI says it; of several limits the one of which the least is left."""
        said: list[tuple[str, str]] = []
        subjects = self._subjects(spender)
        for kind in WINDOWED:
            known = [
                (most - self._used(name, kind), most)
                for name, quota in subjects
                if (most := _most(quota, kind)) is not None
            ]
            if known:
                left, most = min(known)
                said += [(f"limit-{kind}", str(most)), (f"remaining-{kind}", str(max(0, left)))]
                said += [(f"reset-{kind}", f"{self._left():.3f}s")]
        return [(f"x-ratelimit-{name}".encode(), value.encode()) for name, value in said]

    def take(self) -> tuple[list[Use], list[tuple[str, int]]]:
        """What was used since it was last told to the others, and what is held now."""
        self._sending, self._own = self._own, Counter()
        return [Use(*key, amount) for key, amount in sorted(self._sending.items())], sorted(self._held.items())

    def told(self, uses: Iterable[Use], others: Iterable[tuple[str, int]]) -> None:
        """What all have used together, ours with it that was taken, and what others hold."""
        self._shared = {(use.subject, use.kind, use.began): use.amount for use in uses}
        self._others = dict(others)
        self._sending = Counter()

    def untold(self) -> None:
        """What was taken couldn't be told: it is told the next time."""
        self._own += self._sending
        self._sending = Counter()

    def _subjects(self, spender: Spender) -> list[Subject]:
        settings = self._settings
        project = (f"project:{spender.project}", self._of(settings.projects, spender.project, settings.project))
        if spender.key is None:
            return [project]
        return [project, (f"key:{spender.key}", self._of(settings.keys, spender.key, settings.key))]

    @staticmethod
    def _of(named: Mapping[str, Quota], name: str, usual: Quota) -> Quota:
        return named.get(name, usual)

    def _count(self, subjects: Sequence[Subject], kind: str, amount: int) -> None:
        began = self.began
        for name, quota in subjects:
            if _most(quota, kind) is not None:
                self._own[name, kind, began] += amount

    def _let_go(self, subjects: Sequence[Subject]) -> None:
        for name, _ in subjects:
            self._held[name] -= 1
            if not self._held[name]:
                del self._held[name]

    def _used(self, name: str, kind: str) -> int:
        key = (name, kind, self.began)
        return self._shared.get(key, 0) + self._sending[key] + self._own[key]

    def _check(self, name: str, quota: Quota, kind: str) -> None:
        most = _most(quota, kind)
        if most is not None and self._used(name, kind) >= most:
            raise LimitReached(
                f"Rate limit reached for {kind}: {_who(name).lower()} may use {most} in {self._settings.window:g} s. "
                f"Try again in {self._left():.1f} s.",
                kind=kind,
                retry_after=self._left(),
            )

    def _left(self) -> float:
        return max(0.0, self.began + self._settings.window - self._clock())


class Spending:
    """Looks on at a run and counts its tokens when it ends."""

    def __init__(self, quotas: Quotas, run: Run, spender: Spender) -> None:
        self._quotas = quotas
        self._run = run
        self._spender = spender

    def asked(self, command: Command) -> None:
        if isinstance(command, Finish) and self._run.usage is not None:
            self._quotas.spend(self._spender, self._run.usage.total_tokens)

    def told(self, reply: Reply) -> None:
        del reply


def _most(quota: Quota, kind: str) -> int | None:
    most: int | None = getattr(quota, kind)
    return most


def _who(name: str) -> str:
    return "This project" if name.startswith("project:") else "This key"


def _nothing() -> None:
    """Nothing is held."""
