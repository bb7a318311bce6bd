"""`antiphon serve`: starts the server and says how to use it. Counterpart: `server/serve.py`, which serves."""

import json
import sys

from antiphon import __version__
from antiphon.config import Config, Environment
from antiphon.console.door import routes
from antiphon.server.front import is_loopback
from antiphon.server.serve import serve
from antiphon.server.services import Services
from antiphon.upstream.catalog import UpstreamHealth
from antiphon.upstream.discovery import Discovery


def serve_here(config: Config, environment: Environment) -> int:
    """Serve until stopped."""
    serve(config, environment, announce, routes)
    return 0


async def announce(services: Services, port: int) -> None:
    """Say where the server is, what it found, and a first request to paste."""
    config = services.config
    base = f"http://{address(config.host)}:{port}/v1"
    say(f"Antiphon {__version__} at {base}")
    if services.access.open and not is_loopback(config.host):
        say(f"  INSECURE: everyone who can reach {config.host} is let in (--insecure). Make a key to end that:")
        say("  antiphon keys create --project NAME")
    elif not services.access.open:
        say("  keys          needed: send 'Authorization: Bearer KEY' with each request")
    say(f"  answers in    {config.store_url}")
    if config.cassette:
        only = ": answers what was recorded, nothing else" if services.replays else ""
        say(f"  cassette      {config.cassette} ({config.cassette_mode}{only})")
    if config.console:
        say(f"  console       http://{address(config.host)}:{port}/")
    if services.tools:
        say(f"  tools         {', '.join(sorted(services.tools))}")
    await _upstreams(services)
    if not services.catalog.upstreams:
        return
    models = [model.id for model in await services.catalog.models()]
    body = json.dumps({"model": models[0] if models else "MODEL", "input": "Say hello."})
    say(f"\nTry:\n  curl {base}/responses -H 'content-type: application/json' -d '{body}'")


async def _upstreams(services: Services) -> None:
    if not services.catalog.upstreams:
        for line in nothing_found(services.found):
            say(line)
        return
    for health in await services.catalog.health():
        # The error names the address itself.
        state = health.error or f"{health.upstream.base_url}  {models_of(health)}"
        say(f"  {health.upstream.name:<13} {state}")


def models_of(health: UpstreamHealth) -> str:
    """How many models an upstream has."""
    return f"{health.models} model{'' if health.models == 1 else 's'}"


def nothing_found(found: Discovery | None) -> list[str]:
    """What was looked for, and how to name an upstream."""
    looked = [f"    {place}" for place in found.looked_for] if found else []
    return [
        "  No model server was found. Looked for:",
        *looked,
        "  Start one of them and then this again, or name yours: antiphon serve --upstream NAME=URL",
    ]


def say(line: str) -> None:
    """A line for a person, at once."""
    print(line, flush=True, file=sys.stdout)


def address(host: str) -> str:
    """A host as it is written into a URL that reaches it."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - shown, not bound
    return f"[{shown}]" if ":" in shown and not shown.startswith("[") else shown
