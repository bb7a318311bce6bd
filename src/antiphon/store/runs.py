"""Runs that outlive their request: the face of `store.runs`, its rows, and what a save of them holds.

A run's row says how far it came (`state`, whose form is the engine's business), who is at work on it until when, and
a fencing number that rises with every taking. Whoever writes shows the lease it was given; a stale one is refused
with `LeaseLost`. Beside it stands a log of the events that clients may see, kept for a time after the run's end.
Not here: what a state means (`engine/run_state.py`), when runs are taken up (`runner/worker.py`). Implementations:
`sql_runs.py`, `memory_runs.py`.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from msgspec import Struct

from antiphon.errors import AntiphonError, LeaseLost, NotFound
from antiphon.store.deliveries import Delivery
from antiphon.wire.answers import Answer, StoredItem

MANY = 2**31
"""More runs than there are."""
FOREVER = 1e9
"""Seconds for which a conversation is held by a run: until it ends, whoever carries it out."""


class Lease(Struct, frozen=True):
    """The right to write for a run: the number under which it was taken last."""

    project: str
    id: str
    fence: int


class Batch(Struct, frozen=True):
    """Events that follow each other: the numbers of the first and the last, and their JSON, one a line."""

    first: int
    last: int
    lines: bytes


class NewRun(Struct, frozen=True, kw_only=True):
    """A run to be kept. `answer` is its response as it stands at the start, with its input; `events` tell of it.

    `request` is what was asked, kept as it is; `secrets` is sealed, and forgotten when the run ends. What has a higher
    `priority` is taken up earlier; `upstream` names where the model lives; `caller` is the public id of the key that
    asked.
    """

    answer: Answer
    events: Batch
    request: bytes
    state: bytes
    secrets: str | None = None
    priority: int = 0
    upstream: str = ""
    caller: str | None = None


class StoredRun(Struct, frozen=True, kw_only=True):
    """A run as it stands. `expires` (Unix seconds) is when `owner` may lose it; `cancel`: its end is wished."""

    project: str
    id: str
    request: bytes
    state: bytes
    secrets: str | None
    priority: int
    upstream: str
    owner: str | None
    expires: float
    fence: int
    cancel: bool
    ended: bool
    caller: str | None = None

    @property
    def lease(self) -> Lease:
        """For whoever just took it."""
        return Lease(self.project, self.id, self.fence)


class Unfinished(NamedTuple):
    """How many runs haven't ended: of a project, of all, and of one key of the project; 0 for no key."""

    of_project: int
    of_all: int
    of_key: int


class Step(Struct, frozen=True, kw_only=True):
    """What is kept at once: how far the run came, the items that are new since, and the events that tell of it.

    `place` is where the first of `items` stands in the output; `status` and `body` renew the response.
    """

    state: bytes
    items: Sequence[StoredItem] = ()
    place: int = 0
    events: Batch | None = None
    status: str = "in_progress"
    body: bytes | None = None


class Log(Struct, frozen=True):
    """Batches in order; `ended` says that the run has, so that nothing follows once all of them are read."""

    batches: list[Batch]
    ended: bool


class Quota(Struct, frozen=True):
    """The most runs that may be under way at once, of a project and to an upstream, by all processes together."""

    of_project: int = MANY
    to_upstream: int = MANY


ANY = Quota()
"""No limit."""


class Standing(Struct, frozen=True):
    """What a worker learns of its runs: those that it lost, and those that are to be cancelled; by project and id."""

    lost: list[tuple[str, str]]
    cancelled: list[tuple[str, str]]


class Runs(Protocol):
    """The runs of all projects. Errors beside those named: `StoreFault`."""

    async def create(self, project: str, run: NewRun, owner: str | None, seconds: float) -> Lease:
        """Keep a new run with its response and first events; its conversation is held until it ends.

        With an `owner` it is taken at once, for so many seconds. Raises `ConversationLocked`, and `InvalidRequest`
        where there is a run with this id.
        """

    async def claim(self, owner: str, seconds: float, limit: int, quota: Quota = ANY) -> list[StoredRun]:
        """Take runs that nobody holds, or whose time is over, as many as the quota leaves.

        Those of the highest priority first; among them a project that has fewer under way goes before one that has
        more, and an older run before a younger one.
        """

    async def seize(self, project: str, run_id: str, owner: str, seconds: float) -> StoredRun | None:
        """Take this run, whoever holds it; None where it has ended. Raises `NotFound`."""

    async def renew(self, leases: Sequence[Lease], seconds: float) -> Standing:
        """Hold these runs for longer, those at least whose time is a third over; what became of all of them."""

    async def release(self, leases: Sequence[Lease]) -> None:
        """Give runs back: anybody may claim them from now on."""

    async def append(self, batches: Sequence[tuple[Lease, Batch]]) -> list[AntiphonError | None]:
        """Put events into the logs of many runs in one transaction; for each None, or why it was refused."""

    async def save(self, lease: Lease, step: Step) -> None:
        """Keep a step, all of it or nothing. Raises `LeaseLost`."""

    async def finish(self, lease: Lease, answer: Answer, events: Batch, deliveries: Sequence[Delivery] = ()) -> None:
        """Keep the answer as `Store.save_answer` does, with the last events; the run has ended.

        `deliveries` are the webhooks that tell of it.

        Raises `LeaseLost`, and what `save_answer` raises: nothing is kept then.
        """

    async def cancel(self, project: str, run_id: str) -> None:
        """Wish the run's end; without effect where it has ended. Raises `NotFound`."""

    async def get(self, project: str, run_id: str) -> StoredRun:
        """The run as it stands. Raises `NotFound` where there is none, or its log was swept."""

    async def events_after(self, project: str, run_id: str, after: int, limit: int = 200) -> Log:
        """At most `limit` batches, from the one that holds the event behind number `after`. Raises `NotFound`."""

    async def unfinished(self, project: str, caller: str | None = None) -> "Unfinished":
        """How many runs haven't ended: of this project, of all, and of this key of the project."""

    async def sweep(self, before: float, limit: int) -> int:
        """Forget at most `limit` runs that ended before `before` (Unix seconds), with their logs; how many."""


def no_run(run_id: str) -> NotFound:
    """No such run in this project, or none any more."""
    return NotFound(
        f"The events of response '{run_id}' aren't here: it wasn't made in the background, or ended too long ago.",
        param="response_id",
    )


def lease_lost(run_id: str) -> LeaseLost:
    """Somebody else has taken the run since."""
    return LeaseLost(f"Response '{run_id}' was taken up by another worker; what this one wrote is refused.")
