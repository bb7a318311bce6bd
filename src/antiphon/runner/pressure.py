"""How much goes on at once, of each project and in all, and who is refused for it.

Pure counting in one process. Not here: HTTP (`server/pressure.py`), runs that wait in the database (`store.runs`).
"""

from collections import Counter
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from antiphon.errors import Overloaded, ProjectOverloaded
from antiphon.store.runs import MANY, Quota

Count = Annotated[int, Meta(ge=1)]


class PressureLimits(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The most at once, of one process: requests being answered, and bytes of their bodies; times in seconds.

    `queued_runs` are runs in the background that haven't ended, in the whole database; of those, `project_running_runs`
    and `upstream_running_runs` are carried out at a time. Each with `project_` is of one project. A client that takes
    nothing of a stream for `slow_reader` is let go, and so is one whose head isn't whole after `slow_head`, or whose
    body brings less than `least_body` bytes in `slow_body`.
    """

    open_answers: Count = 4_000
    project_open_answers: Count = 2_000
    queued_runs: Count = 20_000
    project_queued_runs: Count = 5_000
    project_running_runs: Count | None = None
    upstream_running_runs: Count | None = None
    held_bytes: Count = 1024 * 1024 * 1024
    project_held_bytes: Count = 512 * 1024 * 1024
    slow_reader: Annotated[float, Meta(gt=0)] = 60.0
    connections: Count = 10_000
    head_bytes: Count = 64 * 1024
    slow_head: Annotated[float, Meta(gt=0)] = 20.0
    slow_body: Annotated[float, Meta(gt=0)] = 30.0
    least_body: Count = 4096

    @property
    def quota(self) -> Quota:
        """The runs that may be carried out at a time."""
        return Quota(self.project_running_runs or MANY, self.upstream_running_runs or MANY)


@dataclass(frozen=True, slots=True)
class Measure:
    """What is counted, in words, and how much of it one project and all together may have."""

    words: str
    of_one: int
    of_all: int

    def check(self, one: int, every: int) -> None:
        """Raise `ProjectOverloaded` or `Overloaded` where that is too much; a project that is alone is told first."""
        if one > self.of_one:
            raise ProjectOverloaded(
                f"This project has {self.of_one:,} {self.words} already, the most at once. Try again soon."
            )
        if every > self.of_all:
            raise Overloaded(f"The server has {self.of_all:,} {self.words} already, the most at once. Try again soon.")


class Pressure:
    """Counts of what goes on. `enter` for each request, `leave` the share that it gives."""

    def __init__(self, limits: PressureLimits) -> None:
        self.limits = limits
        self.answers = Measure("open answers", limits.project_open_answers, limits.open_answers)
        self.bytes = Measure("bytes of requests", limits.project_held_bytes, limits.held_bytes)
        self.runs = Measure("unfinished background responses", limits.project_queued_runs, limits.queued_runs)
        self._answers: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()
        self._all_bytes = 0
        self._all_answers = 0

    @property
    def open(self) -> int:
        """Requests that are being answered."""
        return self._all_answers

    def enter(self, project: str) -> "Share":
        """One more request. Raises `ProjectOverloaded`, `Overloaded`."""
        self.answers.check(self._answers[project] + 1, self._all_answers + 1)
        self._answers[project] += 1
        self._all_answers += 1
        return Share(self, project)

    def hold(self, project: str, size: int) -> None:
        """So many bytes more of a request's body. Raises `ProjectOverloaded`, `Overloaded`."""
        self.bytes.check(self._bytes[project] + size, self._all_bytes + size)
        self._bytes[project] += size
        self._all_bytes += size

    def leave(self, project: str, size: int) -> None:
        """One request less, which held so many bytes."""
        for counts, less in ((self._answers, 1), (self._bytes, size)):
            counts[project] -= less
            if not counts[project]:
                del counts[project]
        self._all_answers -= 1
        self._all_bytes -= size


class Share:
    """What one request has of it."""

    def __init__(self, pressure: Pressure, project: str) -> None:
        self._pressure = pressure
        self._project = project
        self._size = 0

    def hold(self, size: int) -> None:
        """So many bytes more. Raises `ProjectOverloaded`, `Overloaded`."""
        self._pressure.hold(self._project, size)
        self._size += size

    def leave(self) -> None:
        """The request is answered."""
        self._pressure.leave(self._project, self._size)
