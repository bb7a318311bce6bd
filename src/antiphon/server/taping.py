"""A server with a cassette: what is opened of the settings, and what upstreams and models the tape stands in for.

Loaded by the servers that have one, for it brings all that is known of cassettes. Not here: what a tape does
(`cassettes/`). Counterpart: `services.py`, which puts it before the network.
"""

import shlex
from collections.abc import Sequence
from pathlib import Path

from antiphon.cassettes.matcher import Matching
from antiphon.cassettes.matching import Remedy
from antiphon.cassettes.occurrences import Occurrences
from antiphon.cassettes.open import Equality, open_cassette
from antiphon.cassettes.transport import CassetteTransport, Mode
from antiphon.cassettes.upstreams import KnownUpstream, upstreams
from antiphon.config import Config
from antiphon.sources import live
from antiphon.transport import Transport
from antiphon.upstream.addresses import Upstream
from antiphon.upstream.listing import Listing, list_models
from antiphon.wire.models import Model


def open_tape(config: Config, network: Transport) -> CassetteTransport:
    """The cassette of the settings, as they say. Raises `ConfigFault` and `CassetteInvalid`."""
    return open_cassette(
        Path(config.cassette or ""),
        Mode(config.cassette_mode),
        network,
        repeats=config.repeats,
        speed=config.pace,
        equality=Equality(Matching(config.match) if config.match else None, tuple(config.rules)),
        faults=config.faults,
        redact=config.redact,
        clock=live().clock,
    )


class Taped:
    """The tape of the settings, and what a server takes from it beside answers.

    Its misses say how to record what is lacking. Raises `ConfigFault` and `CassetteInvalid`.
    """

    def __init__(self, config: Config, network: Transport) -> None:
        self.tape = open_tape(config, network)
        self.sources = Occurrences(self.tape.cassette.start).sources
        self._known = upstreams(self.tape.cassette)
        self._models = {each.name: [_model(name, each.name) for name in each.models] for each in self._known}
        self.tape.remedy = Remedy(_remedy(self._known, config.cassette or ""))

    @property
    def upstreams(self) -> list[Upstream]:
        """The upstreams that a replay has without naming any."""
        return [Upstream.at(each.name, each.base_url) for each in self._known] if self.tape.replays else []

    async def models(self, transport: Transport, upstream: Upstream) -> Listing:
        """Models from the tape: all there are in replay, a stand-in for an upstream that is down in auto mode."""
        listing = Listing([]) if self.tape.replays else await list_models(transport, upstream)
        taped = self._models.get(upstream.name, [])
        return Listing(taped) if self.tape.replays or (listing.fault and taped) else listing


def _remedy(known: Sequence[KnownUpstream], path: str) -> str:
    said = [word for each in known for word in ("--upstream", f"{each.name}={each.base_url}")]
    return f"`{shlex.join(['antiphon', 'serve', *said, '--cassette', path, '--mode', 'auto'])}`"


def _model(name: str, upstream: str) -> Model:
    return Model(id=name, created=0, owned_by=upstream)
