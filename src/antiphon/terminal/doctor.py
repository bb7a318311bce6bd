"""`antiphon doctor`: what was found, what is wrong, how to mend it. Starts nothing and changes nothing."""

import asyncio
import os
import platform
import socket
from pathlib import Path

import msgspec

from antiphon import __version__
from antiphon.cassettes.open import read_cassette
from antiphon.config import Config, Environment
from antiphon.errors import AntiphonError
from antiphon.server.services import Services, open_services
from antiphon.store.open import SQLITE, pending
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
    wrong = await _database(config)
    # Nothing is made: neither a database nor a cassette that isn't there.
    harmless = msgspec.structs.replace(config, db="memory://")
    if config.cassette and config.cassette_mode != "replay":
        harmless = msgspec.structs.replace(harmless, cassette=None, mode=None)
        _cassette(Path(config.cassette), config.cassette_mode)
    async with open_services(harmless, environment) as services:
        if services.replays:
            say(f"{GOOD} cassette {config.cassette} (replay)")
        if services.tools:
            say(f"{GOOD} tools are set up: {', '.join(sorted(services.tools))}")
        return wrong + await _upstreams(services)


async def _database(config: Config) -> int:
    """Whether answers can be kept."""
    url = config.store_url
    outdated = await pending(url)
    if url.startswith(SQLITE) and (hindrance := _hindrance(Path(url.removeprefix(SQLITE)), given=bool(config.db))):
        say(f"{BAD} answers can't be kept in {url}: {hindrance}; --db names another place")
        return 1
    say(f"{GOOD} answers are kept in {url}{', made or brought up to date at the next start' if outdated else ''}")
    return 0


def _hindrance(path: Path, *, given: bool) -> str | None:
    """Why a database file can't be written; the folder of one that wasn't `given` is made when it is needed."""
    if path.exists():
        return None if os.access(path, os.W_OK) else "the file is read-only"
    folder = path.parent.absolute()
    while not given and not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        return f"there is no folder {folder}"
    return None if os.access(folder, os.W_OK) else f"the folder {folder} is read-only"


def _cassette(path: Path, mode: str) -> None:
    """Say what is on a cassette that is to be recorded to. Raises what reading it raises."""
    found = f"{len(read_cassette(path))} interactions" if path.exists() else "it isn't there yet and will be made"
    say(f"{GOOD} cassette {path} ({mode}): {found}")


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
