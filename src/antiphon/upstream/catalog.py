"""Which model lives where: turns the model a client asks for into an upstream and the model's name there.

Ids are `upstream/model`. Not here: asking an upstream for its list (`listing.py`), finding upstreams on this
machine (`discovery.py`). Counterpart: `server/routes/models.py`, which shows the list.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from math import inf

import msgspec

from antiphon.errors import ConfigFault, InvalidRequest, NotFound
from antiphon.transport import Transport
from antiphon.upstream.addresses import Target, Upstream
from antiphon.upstream.listing import Listing, list_models
from antiphon.wire.models import Model

__all__ = ["Catalog", "Target", "Upstream", "UpstreamHealth"]

LIFETIME = 30.0
# A model that isn't in the list may have been pulled a moment ago, so a miss asks again, but not at every request.
LIFETIME_ON_MISS = 1.0
NEAREST = 3
LATEST = ":latest"

Lister = Callable[[Transport, Upstream], Awaitable[Listing]]


@dataclass(frozen=True, slots=True)
class UpstreamHealth:
    """How an upstream is: how many models it lists, or what is wrong with it; `asked` once that is known."""

    upstream: Upstream
    models: int
    error: str | None
    asked: bool = True


class Catalog:
    """The upstreams of this server and their models. Lists are kept for 30 s.

    With `any_holder` a bare id that several have goes to the first of them: a tape doesn't compare hosts.
    `aliases` are pairs of a glob over the asked id and the id to use instead; the first that matches counts.
    `default_model` stands in for ids that nobody has. `clock` gives seconds that only rise, `lister` the models
    of one upstream.
    """

    def __init__(  # noqa: PLR0913 - the last two have defaults that only replay and tests replace
        self,
        upstreams: Iterable[Upstream],
        transport: Transport,
        aliases: Sequence[tuple[str, str]] = (),
        default_model: str | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        lister: Lister = list_models,
        any_holder: bool = False,
    ) -> None:
        self._upstreams: dict[str, Upstream] = {}
        for upstream in upstreams:
            if upstream.name in self._upstreams:
                raise ConfigFault(f"Two upstreams are named {upstream.name!r}. Rename one of them.")
            self._upstreams[upstream.name] = upstream
        self._transport = transport
        self._aliases = aliases
        self._default_model = default_model
        self._clock = clock
        self._lister = lister
        self._any_holder = any_holder
        self._listings: dict[str, Listing] = {}
        self._holders: dict[str, list[Upstream]] = {}
        self._listed_at = -inf
        self._asking = asyncio.Lock()
        self._refresh: asyncio.Task[None] | None = None

    @property
    def upstreams(self) -> list[Upstream]:
        """All upstreams, in the order they were given."""
        return list(self._upstreams.values())

    def upstream(self, name: str) -> Upstream:
        """The upstream of this name. Raises `NotFound`."""
        if name not in self._upstreams:
            raise NotFound(f"No upstream is named {name!r} any more. {self._how_to_add()}", code="upstream_not_found")
        return self._upstreams[name]

    async def resolve(self, model: str) -> Target:
        """Where a request for `model` goes.

        Raises `NotFound` when nobody has it and `InvalidRequest` when several have it.
        """
        wanted = self._unaliased(model)
        target = await self._find(wanted)
        if target is None and self._default_model:
            target = await self._find(self._default_model)
        if target is None:
            raise NotFound(self._nobody_has(wanted), code="model_not_found", param="model")
        return target

    async def named(self, model: str) -> Target | None:
        """Where a model goes that an upstream lists, or that is named with its upstream; None for any other.

        Nothing stands in for it. Raises `InvalidRequest` when several have it.
        """
        return await self._find(self._unaliased(model), sure=True)

    def window(self, target: Target) -> int | None:
        """The model's context window in tokens, where the list that is known tells it."""
        listing = self._listings.get(target.upstream.name)
        return listing.windows.get(target.model) if listing else None

    async def models(self) -> list[Model]:
        """The models of all upstreams, with their full ids."""
        await self._ask_all(older_than=LIFETIME)
        return self._models()

    def known_models(self) -> list[Model]:
        """The same as far as it is known now. Lists that are old are asked for, and nobody waits."""
        self._refresh_soon()
        return self._models()

    def _models(self) -> list[Model]:
        return [
            msgspec.structs.replace(model, id=Target(upstream, model.id).full_id)
            for upstream in self._upstreams.values()
            if upstream.name in self._listings
            for model in self._listings[upstream.name].models
        ]

    async def health(self) -> list[UpstreamHealth]:
        """How the upstreams are now."""
        await self._ask_all(older_than=0)
        return self._health()

    def known_health(self) -> list[UpstreamHealth]:
        """How they were when they were last asked. That is done again where it is long ago, and nobody waits."""
        self._refresh_soon()
        return self._health()

    def _health(self) -> list[UpstreamHealth]:
        return [
            UpstreamHealth(upstream, len(listing.models), listing.fault.message if listing.fault else None)
            if (listing := self._listings.get(upstream.name))
            else UpstreamHealth(upstream, 0, None, asked=False)
            for upstream in self._upstreams.values()
        ]

    async def close(self) -> None:
        """Give up what is still being asked."""
        if self._refresh:
            self._refresh.cancel()
            await asyncio.wait([self._refresh])

    def _unaliased(self, model: str) -> str:
        return next((target for pattern, target in self._aliases if fnmatchcase(model, pattern)), model)

    async def _find(self, model: str, *, sure: bool = False) -> Target | None:
        name, _, rest = model.partition("/")
        if rest and name in self._upstreams:
            return Target(self._upstreams[name], rest)
        if model in self._holders:
            self._refresh_soon()
        else:
            await self._ask_all(older_than=LIFETIME_ON_MISS)
        holders = self._holders.get(model, [])
        if len(holders) > 1 and not self._any_holder:
            ids = " or ".join(repr(Target(holder, model).full_id) for holder in holders)
            raise InvalidRequest(f"Several upstreams have the model {model!r}. Ask for {ids}.", param="model")
        if holders:
            return Target(holders[0], model)
        return None if sure else self._the_only_one(model)

    def _the_only_one(self, model: str) -> Target | None:
        """With one upstream that doesn't list its models there is nobody else to ask."""
        faults = [listing.fault for listing in self._listings.values()]
        return Target(self.upstreams[0], model) if len(faults) == 1 and faults[0] else None

    def _refresh_soon(self) -> None:
        """Nobody waits for a list that is merely old: an upstream that hangs would hold up the others' requests."""
        idle = self._refresh is None or self._refresh.done()
        if idle and self._clock() - self._listed_at > LIFETIME:
            self._refresh = asyncio.create_task(self._ask_all(older_than=LIFETIME))

    async def _ask_all(self, older_than: float) -> None:
        async with self._asking:
            if self._clock() - self._listed_at < older_than:
                return
            upstreams = self.upstreams
            listings = await asyncio.gather(*(self._lister(self._transport, upstream) for upstream in upstreams))
            for upstream, listing in zip(upstreams, listings, strict=True):
                self._listings[upstream.name] = self._remembering(upstream, listing)
            self._holders = self._by_model()
            self._listed_at = self._clock()

    def _remembering(self, upstream: Upstream, listing: Listing) -> Listing:
        """An upstream that is down keeps its models: they aren't unknown, they can't be reached."""
        known = self._listings.get(upstream.name)
        return Listing(known.models, listing.fault, known.windows) if known and listing.fault else listing

    def _by_model(self) -> dict[str, list[Upstream]]:
        holders: dict[str, list[Upstream]] = {}
        for upstream in self._upstreams.values():
            ids = {model.id for model in self._listings[upstream.name].models}
            # Ollama serves `name:latest` under `name` as well.
            for bare in ids | {bare.removesuffix(LATEST) for bare in ids}:
                holders.setdefault(bare, []).append(upstream)
        return holders

    def _nobody_has(self, model: str) -> str:
        full = [Target(holder, bare).full_id for bare, holders in self._holders.items() for holder in holders]
        near = get_close_matches(model, [*self._holders, *full], n=NEAREST, cutoff=0.5)
        silent = [name for name, listing in self._listings.items() if listing.fault]
        sentences = [
            f"No upstream has the model {model!r}.",
            f"The nearest: {', '.join(repr(name) for name in near)}." if near else "",
            f"Not asked, because they don't answer: {', '.join(silent)}." if silent else "",
            self._how_to_add(),
        ]
        return " ".join(filter(None, sentences))

    def _how_to_add(self) -> str:
        if not self._upstreams:
            return "This server has no upstream: start it with --upstream NAME=URL."
        names = ", ".join(f"{name}/…" for name in self._upstreams)
        return (
            f"An id that begins with an upstream's name ({names}) is sent there as it is; --upstream NAME=URL adds one."
        )
