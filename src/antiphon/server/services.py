"""What the routes work with, built once from the settings and closed at the end.

The one place where rooms are put together: transport, cassette, catalog, client, store. Not here: HTTP.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from antiphon.config import Config, Environment, key_in_file
from antiphon.engine.own import Own
from antiphon.errors import ConfigFault
from antiphon.network import Network
from antiphon.network.outward import Outward
from antiphon.network.reach import USUAL_PORTS, Reach
from antiphon.retrieval.extracting import Extractor
from antiphon.runner.delivering import Delivering, Door
from antiphon.runner.observing import Watch
from antiphon.runner.open_runs import OpenRuns
from antiphon.runner.pressure import Pressure, PressureLimits
from antiphon.runner.quota_sharing import QuotaSharing
from antiphon.runner.quotas import Quotas
from antiphon.runner.timeline import RecentRuns
from antiphon.runner.webhooks import Endpoint
from antiphon.runner.worker import Worker
from antiphon.sealing import Sealing
from antiphon.server.access import Access, Clocks
from antiphon.server.attaching import Attaching
from antiphon.server.document_texts import DocumentTexts
from antiphon.server.front import is_loopback
from antiphon.server.keeping import open_kept, stop
from antiphon.server.metering import Meter
from antiphon.server.retrieval import Asking, Kept, Retrieval, open_retrieval
from antiphon.server.seals import ItemStamp, ReasoningSeal, sealing_of, vault_of
from antiphon.server.seen import NOTHING, Around, Seen, open_seen, traced
from antiphon.server.tokens import IssuerTokens
from antiphon.server.webhooks import endpoints_of, guarded
from antiphon.sources import Sources, chance, live
from antiphon.store.base import OpenStore
from antiphon.store.filing import Filing
from antiphon.store.open import in_memory
from antiphon.tools.checker import Checker
from antiphon.tools.code.service import with_containers
from antiphon.tools.connectors import Connector, make_connectors
from antiphon.tools.mcp import McpClient
from antiphon.tools.mcp_calls import McpCalls
from antiphon.tools.mcp_greeting import Greeting
from antiphon.tools.mcp_long_stream import LongStreams
from antiphon.tools.server_tools import Aids, RunOf, ServerTools
from antiphon.tools.table import Workshop, make_tools
from antiphon.tools.tool import Tool
from antiphon.transport import Timeouts, Transport
from antiphon.upstream.addresses import Upstream
from antiphon.upstream.catalog import Catalog
from antiphon.upstream.client import UpstreamClient
from antiphon.upstream.discovery import PROBE_TIMEOUTS, Discovery, discover
from antiphon.upstream.guarded import GuardedClient
from antiphon.upstream.judging import Judges
from antiphon.upstream.listing import list_models
from antiphon.upstream.measuring import Measurer
from antiphon.upstream.retry import Retry

if TYPE_CHECKING:
    from antiphon.cassettes.transport import CassetteTransport
    from antiphon.server.taping import Taped

Closed = TypeVar("Closed", McpClient, Catalog)


class SourcesFor(Protocol):
    """Gives time and ids for a request by its method, path and body, and its scope."""

    def __call__(self, method: str, path: str, body: bytes, scope: str = "", /) -> Sources:
        """The sources of this one request."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """One server's rooms.

    `found` says what was looked for on this machine, None where the upstreams were named. `tape` is the cassette
    in use; `replays` is true when nothing but that answers. `tools` are those of this server that are set up.
    `recent` remembers the newest runs, None without a console.
    """

    config: Config
    store: OpenStore
    files: Filing
    catalog: Catalog
    client: UpstreamClient
    sources_for: SourcesFor
    found: Discovery | None
    replays: bool
    mcp: McpClient
    sealing: Sealing
    vault: Sealing
    access: Access
    aids: Aids
    outward: Outward
    texts: DocumentTexts
    delivering: Delivering
    retrieval: Retrieval
    worker: Worker
    tools: Mapping[str, Tool] = field(default_factory=dict)
    connectors: Mapping[str, Connector] = field(default_factory=dict)
    scope: str = ""
    tape: "CassetteTransport | None" = None
    open_runs: OpenRuns = field(default_factory=OpenRuns)
    pressure: Pressure = field(default_factory=lambda: Pressure(PressureLimits()))
    recent: RecentRuns | None = None
    seen: Seen = NOTHING
    meter: Meter | None = None

    @property
    def watches(self) -> tuple[Watch, ...]:
        """Who looks on at each run."""
        # Whoever sees runs shares the timelines that the console has.
        watch = self.seen.watch or (self.recent.watch if self.recent else None)
        seen: tuple[Watch, ...] = (watch,) if watch else ()
        return (*seen, self.meter.quotas.watch) if self.meter else seen

    def tap(self, project: str, run_id: str) -> Callable[[bytes], None] | None:
        """What is shown the bytes that a run's client is sent; None where nobody wants them."""
        return self.recent.tap(project, run_id) if self.recent else None

    def tools_of(self, project: str, run_id: str) -> ServerTools:
        """The tools that this server runs for one run of a project."""
        calls = McpCalls(self.mcp, self.connectors, self.outward.reach)
        return ServerTools(calls, self.tools, self.aids, RunOf(run_id, project, self.scope))

    @property
    def attaching(self) -> Attaching:
        """What has the files that requests name."""
        return Attaching(self.files, self.outward, self.texts, self.scope)

    def own(self, project: str) -> Own:
        """What the engine is to know of this server, for a project."""
        again = frozenset(self.config.tools.repeatable)
        return Own(frozenset(self.tools), frozenset(self.connectors), ItemStamp(self.sealing, project), again)

    def seal(self, project: str) -> ReasoningSeal:
        """What seals reasoning for a project."""
        return ReasoningSeal(self.sealing, project)

    def in_scope(self, scope: str) -> "Services":
        """The same for one scope of the cassette, with an empty store of its own, so that equal ids never meet."""

        def sources(method: str, path: str, body: bytes, _: str = "") -> Sources:
            return self.sources_for(method, path, body, scope)

        store, client, aids = in_memory(), self.client.in_scope(scope), self.aids.in_scope(scope)
        files = self.files.aside(store.files)
        retrieval = self.retrieval.over(Kept(store, files), Asking(client, self.catalog))
        return replace(
            self,
            store=store,
            files=files,
            client=client,
            aids=aids,
            retrieval=retrieval,
            tools=retrieval.among(self.tools),
            worker=self.worker.beside(store.runs, store.signals, client.ask),
            sources_for=sources,
            scope=scope,
        )


@asynccontextmanager
async def open_services(
    config: Config, environment: Environment, *, network: Transport | None = None
) -> AsyncIterator[Services]:
    """Build everything and close it in the end, or raise `ConfigFault`. `network` stands in for the real one."""
    async with AsyncExitStack() as stack:
        network = _wrapped(traced(network or Network(_timeouts(config)), config), config, environment)
        stack.push_async_callback(network.close)
        taped = _taped(config, network)
        tape = taped.tape if taped else None
        named, replays = named_upstreams(config, environment), bool(tape and tape.replays)
        found = None if named or replays else await _search(environment)
        upstream = named or (taped.upstreams if taped else []) or (found.found if found else [])
        catalog = _closed(stack, _catalog(config, upstream, network, taped))
        store, files = await open_kept(stack, config, environment.variables)
        retry, recent = Retry(sleep=_no_wait) if replays else Retry(), _recent(config)
        sealing, open_runs, access = sealing_of(config), OpenRuns(), await _access(stack, config, store, network)
        around = Around(store, sealing, network, open_runs.count, recent.watch if recent else None)
        seen = await open_seen(stack, config, environment, around)
        key = _keys(environment, "The tool", replays=replays)
        tools = _closed_in(stack, make_tools(Workshop(tape or network, config.tools, key, catalog, replays, retry)))
        client = _client(config, tape or network, catalog, retry if replays else None)
        retrieval = open_retrieval(stack, config, Kept(store, files), Asking(client, catalog), _clock(tape))
        yield Services(
            config=config,
            store=store,
            files=files,
            catalog=catalog,
            client=client,
            sources_for=taped.sources if taped else _live_sources,
            found=found,
            replays=replays,
            mcp=_closed(stack, McpClient(tape or network, clock=time.monotonic)),
            access=access,
            sealing=sealing,
            vault=vault_of(config) if tape else sealing,
            open_runs=open_runs,
            meter=_meter(stack, config, store),
            seen=seen,
            aids=_aids(stack, tape or network, catalog, Judges(client, catalog, config.guardrails)),
            texts=_texts(stack),
            outward=Outward(tape or network, reaching(config, access)),
            delivering=_delivering(stack, store, guarded(network, config), endpoints_of(config, environment)),
            retrieval=retrieval,
            worker=_worker(stack, store, client, config),
            tools=retrieval.among(tools),
            connectors=make_connectors(config.connectors, _keys(environment, "The connector", replays=replays)),
            tape=tape,
            pressure=Pressure(config.limits),
            recent=recent,
        )


def _taped(config: Config, network: Transport) -> "Taped | None":
    """The cassette, where there is one; others don't load what is known of cassettes."""
    if not config.cassette:
        return None
    taped: Taped = import_module("antiphon.server.taping").Taped(config, network)
    return taped


def _recent(config: Config) -> RecentRuns | None:
    return RecentRuns(live().clock) if config.console else None


def _clock(tape: "CassetteTransport | None") -> Callable[[], float]:
    """The time by which stores expire: that of the tape stands still."""
    return partial(float, tape.cassette.start) if tape else live().clock


def _timeouts(config: Config) -> Timeouts:
    return Timeouts(config.connect_timeout, config.first_byte_timeout, config.idle_timeout)


def reaching(config: Config, access: Access) -> Callable[[], Reach]:
    """How far addresses of clients reach: into the own network by leave, or while this machine asks without keys."""
    ports, here = frozenset(config.public_ports) or USUAL_PORTS, is_loopback(config.host)
    keyed, unkeyed = Reach(config.allow_private_urls, ports), Reach(config.allow_private_urls or here, ports)
    return lambda: unkeyed if access.open else keyed


def _catalog(config: Config, upstream: Sequence[Upstream], network: Transport, taped: "Taped | None") -> Catalog:
    return Catalog(
        upstream,
        network,
        aliases=aliases(config),
        default_model=config.default_model,
        lister=taped.models if taped else list_models,
        any_holder=bool(taped and taped.tape.replays),
    )


def _texts(stack: AsyncExitStack) -> DocumentTexts:
    texts = DocumentTexts(Extractor())
    stack.push_async_callback(texts.extractor.close)
    return texts


def _aids(stack: AsyncExitStack, transport: Transport, catalog: Catalog, judges: Judges) -> Aids:
    aids = Aids(Checker(), Measurer(transport, catalog), judges)
    stack.push_async_callback(aids.checker.close)
    return aids


def _client(config: Config, transport: Transport, catalog: Catalog, retry: Retry | None) -> UpstreamClient:
    """What asks upstreams, within guardrails where there are any."""
    return GuardedClient(transport, catalog, config.guardrails, retry)


def _closed(stack: AsyncExitStack, thing: Closed) -> Closed:
    """The same, closed when the stack ends."""
    stack.push_async_callback(thing.close)
    return thing


def _closed_in(stack: AsyncExitStack, tools: dict[str, Tool]) -> dict[str, Tool]:
    for tool in tools.values():
        stack.push_async_callback(tool.close)
    return tools


def _worker(stack: AsyncExitStack, store: OpenStore, client: UpstreamClient, config: Config) -> Worker:
    """What carries out runs in the background; it looks for those of others once it is started."""
    worker = Worker(store.runs, store.signals, client.ask, live().ids("worker"))
    worker.quota = config.limits.quota
    stack.push_async_callback(worker.close)
    return worker


def _delivering(stack: AsyncExitStack, store: OpenStore, door: Door, endpoints: Mapping[str, Endpoint]) -> Delivering:
    """What delivers webhooks, at work where there is anybody to be told."""
    delivering = Delivering(store.deliveries, endpoints, door, live().clock)
    if endpoints:
        stack.push_async_callback(stop, asyncio.create_task(delivering.run()))
    return delivering


def _meter(stack: AsyncExitStack, config: Config, store: OpenStore) -> Meter | None:
    """What callers are held to, shared with the other servers of the database; None where nothing is said."""
    if config.quotas is None:
        return None
    quotas = Quotas(config.quotas, time.time)
    sharing = QuotaSharing(quotas, store.uses, chance(8).hex(), time.time)
    stack.push_async_callback(sharing.share)
    stack.push_async_callback(stop, asyncio.create_task(sharing.run()))
    return Meter(quotas, store.uses, time.monotonic)


async def _access(stack: AsyncExitStack, config: Config, store: OpenStore, network: Transport) -> Access:
    """Who may in, as the store knows it now."""
    open_here = is_loopback(config.host) or config.insecure
    # A replay asks nobody.
    issued = config.oidc if config.cassette_mode != "replay" else None
    tokens = IssuerTokens(issued, network, time.monotonic) if issued else None
    access = Access(store.keys, Clocks(time.time, time.monotonic), open_here=open_here, tokens=tokens)
    stack.push_async_callback(access.close)
    await access.refresh()
    return access


def named_upstreams(config: Config, environment: Environment) -> list[Upstream]:
    """The upstreams of `--upstream NAME=URL[,key-env=VAR][,key-file=FILE][,dialect=NAME]`. Raises `ConfigFault`."""
    return [_named_upstream(text, environment) for text in config.upstream]


def aliases(config: Config) -> list[tuple[str, str]]:
    """The pairs of `--alias PATTERN=MODEL`. Raises `ConfigFault`."""
    pairs = [tuple(map(str.strip, text.rpartition("=")[::2])) for text in config.alias]
    for text, pair in zip(config.alias, pairs, strict=True):
        if not all(pair):
            raise ConfigFault(f"--alias {text!r} isn't PATTERN=MODEL, such as 'gpt-5*=ollama/qwen3'.")
    return [(pattern, model) for pattern, model in pairs]


def _named_upstream(text: str, environment: Environment) -> Upstream:
    address, *options = text.split(",")
    name, equals, url = address.partition("=")
    if not equals or not url.strip():
        raise ConfigFault(f"--upstream {text!r} isn't NAME=URL, such as ollama=http://127.0.0.1:11434/v1.")
    said = dict(option.strip().partition("=")[::2] for option in options)
    if unknown := said.keys() - {"key-env", "key-file", "dialect"}:
        # What was said for it may be a key, and isn't repeated.
        raise ConfigFault(
            f"--upstream {name.strip()} has the unknown option {min(unknown)!r}: say key-env, key-file or dialect."
        )
    key = _upstream_key(name.strip(), said, environment)
    return Upstream.at(name.strip(), url.strip(), key, said.get("dialect"))


def _upstream_key(name: str, said: Mapping[str, str], environment: Environment) -> str | None:
    """An upstream's key, from where its options say. Raises `ConfigFault`."""
    if "key-env" in said and "key-file" in said:
        raise ConfigFault(f"--upstream {name} has a key-env and a key-file: say one of them.")
    if "key-file" in said:
        return key_in_file(Path(said["key-file"]), name)
    return environment.key(said["key-env"], name) if "key-env" in said else None


def _wrapped(network: Transport, config: Config, environment: Environment) -> Transport:
    """The network as it is recorded: each MCP request with its answer, servers that are greeted in any case."""
    return Greeting(LongStreams(_with_containers(network, config, environment)))


def _with_containers(network: Transport, config: Config, environment: Environment) -> Transport:
    """The network, with the containers that code runs in behind it: a cassette has them before it like the rest."""
    said = config.tools.code_interpreter
    if said is None or config.cassette_mode == "replay":
        return network
    token = environment.key(said.token_env, "code_interpreter", "The tool") if said.token_env else ""
    return with_containers(network, said, token)


def _keys(environment: Environment, what: str, *, replays: bool) -> Callable[[str, str], str]:
    """Keys of tools or connectors by their variables; a replay asks nobody and needs none."""

    def key(variable: str, name: str) -> str:
        return "" if replays else environment.key(variable, name, what)

    return key


async def _search(environment: Environment) -> Discovery:
    probes = Network(PROBE_TIMEOUTS)
    try:
        return await discover(probes, environment.openai_key, environment.openai_url)
    finally:
        await probes.close()


async def _no_wait(_: float) -> None:
    """A tape gives its next answer at once."""


def _live_sources(_method: str, _path: str, _body: bytes, _scope: str = "") -> Sources:
    return live()
