"""What the operator wants to see of this server, put together from the settings: usage, metrics, traces, logs.

Not here: each of them (`seen/`). Counterparts: `watched.py`, which sees HTTP requests; `routes/metrics.py`,
`routes/usage.py`.
"""

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random

from antiphon.config import Config, Environment
from antiphon.engine.run import Run
from antiphon.runner.observing import Watch
from antiphon.runner.timeline import Timeline
from antiphon.sealing import Sealing
from antiphon.seen.account import Accounts, Take
from antiphon.seen.counts import Counts
from antiphon.seen.later import Later
from antiphon.seen.logs import Say, log_json, logged
from antiphon.seen.metrics import Metrics
from antiphon.seen.otel import Otel
from antiphon.seen.outgoing import Traced
from antiphon.seen.prices import Prices
from antiphon.seen.usage import Counter
from antiphon.sources import chance, live
from antiphon.store.base import Store
from antiphon.transport import Transport

SHORT = 16
"""Characters of the word that stands for a user."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is set up of it; None for what isn't. `say` logs a request, `traced` says whether they are traced.

    What is to be told of requests is put into `later`.
    """

    counter: Counter | None = None
    metrics: Metrics | None = None
    watch: Watch | None = None
    say: Say | None = None
    traced: bool = False
    later: Later = field(default_factory=Later)

    @property
    def requests(self) -> bool:
        """Whether anybody looks at HTTP requests."""
        return self.say is not None or self.traced or self.metrics is not None


NOTHING = Seen()


def traced(network: Transport, config: Config) -> Transport:
    """The network, which hands traces on where there are any."""
    return Traced(network) if config.otel is not None else network


@dataclass(frozen=True, slots=True)
class Around:
    """What of the server is needed: where usage is kept, what hides names, a way out, how many answers go on.

    `timelines` begins the timeline of a run that the console has.
    """

    store: Store
    sealing: Sealing
    network: Transport
    open_runs: Callable[[], int] = int
    timelines: Callable[[Run, str], Timeline] | None = None

    def hashed(self, project: str, user: str) -> str:
        """A word that stands for a user of a project, always the same, and tells nobody else who it is."""
        return self.sealing.digest(project, "user", user.encode("utf-8", "surrogatepass"))[:SHORT]


async def open_seen(stack: AsyncExitStack, config: Config, environment: Environment, around: Around) -> Seen:
    """Set up what the settings ask for; `stack` ends it. Raises `ConfigFault`."""
    takers: list[Take] = []
    later, counts, prices = Later(), Counts(), Prices(config.prices)
    say: Say | None = None
    if config.log == "json":
        journal = log_json(sys.stderr)
        stack.callback(journal.flush)
        stack.callback(logging.getLogger().removeHandler, journal)
        say = journal.say
        later.then.append(journal.flush)
        takers.append(logged(say, around.hashed))
    metrics = Metrics(counts, around.open_runs, later.settle) if config.metrics else None
    if config.metrics or (config.otel is not None and config.otel.metrics):
        takers.append(counts.take)
    counter = Counter(around.store.usage, prices, later.settle) if config.usage else None
    if counter is not None:
        takers.append(counter.take)
        stack.push_async_callback(counter.flush)
        _at_work(stack, counter.run())
    otel = _otel(config, environment, around, counts)
    if otel is not None:
        takers.append(otel.take)
        stack.push_async_callback(otel.close)
        _at_work(stack, otel.run())
    stack.callback(later.settle)
    # Ids that nobody needs to be unable to foretell: the system is asked for chance once, not for each.
    tracing = Random(chance(32)) if otel is not None else None  # noqa: S311 - as said
    accounts = Accounts(live().clock, takers, later, prices, tracing, around.timelines)
    return Seen(counter, metrics, accounts.watch if takers else None, say, otel is not None, later)


def _otel(config: Config, environment: Environment, around: Around, counts: Counts) -> Otel | None:
    said = config.otel
    if said is None:
        return None
    headers = {name: environment.key(variable, name, "The header") for name, variable in said.headers_env.items()}
    return Otel(said, headers, around.network, around.hashed, live().clock, counts)


def _at_work(stack: AsyncExitStack, work: Coroutine[object, object, None]) -> None:
    """Have it done until the stack ends."""
    task = asyncio.create_task(work)

    async def end() -> None:
        task.cancel()
        await asyncio.wait({task})

    stack.push_async_callback(end)
