"""`antiphon doctor`: what was found, what is wrong, how to mend it. Starts nothing and changes nothing."""

import asyncio
import platform
import socket

from antiphon import __version__
from antiphon.config import Config, Environment
from antiphon.errors import AntiphonError
from antiphon.server.services import Services, open_services
from antiphon.terminal.serving import models_of, nothing_found, say

GOOD, BAD = "ok ", "BAD"


def doctor(config: Config, environment: Environment) -> int:
    """Look at everything that `serve` needs. Returns 1 when something is wrong."""
    say(f"Antiphon {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    wrong = _port(config)
    try:
        wrong += asyncio.run(_services(config, environment))
    except AntiphonError as error:
        say(f"{BAD} {error.message}")
        wrong += 1
    say("\nAll is well." if not wrong else f"\n{wrong} thing{'' if wrong == 1 else 's'} to mend.")
    return int(wrong > 0)


def _port(config: Config) -> int:
    if not config.port:
        say(f"{GOOD} a free port of {config.host} will be taken")
        return 0
    with socket.socket() as probe:
        taken = probe.connect_ex((config.host, config.port)) == 0
    if taken:
        say(f"{BAD} port {config.port} of {config.host} is in use, perhaps by a running Antiphon; --port takes another")
        return 1
    say(f"{GOOD} port {config.port} of {config.host} is free")
    return 0


async def _services(config: Config, environment: Environment) -> int:
    async with open_services(config, environment) as services:
        say(f"{GOOD} answers are kept in {config.store_url}")
        if config.cassette:
            say(f"{GOOD} cassette {config.cassette} ({config.cassette_mode})")
        return await _upstreams(services)


async def _upstreams(services: Services) -> int:
    if not services.catalog.upstreams:
        first, *rest = nothing_found(services.found)
        say("\n".join([f"{BAD} {first.strip()}", *rest]))
        return 1
    wrong = 0
    for health in await services.catalog.health():
        wrong += health.error is not None
        found = f"{health.upstream.name} at {health.upstream.base_url}: {models_of(health)}"
        say(f"{BAD} {health.error}" if health.error else f"{GOOD} {found}")
    return wrong
