"""The webhooks of a server: its endpoints by the settings, and the door they are reached through.

Not here: what is sent and when (`runner/webhooks.py`, `runner/delivering.py`).
"""

from msgspec.structs import replace

from antiphon.config import Config, Environment
from antiphon.network.reach import Reach
from antiphon.runner.delivering import Door
from antiphon.runner.webhooks import Endpoint, make_endpoints
from antiphon.server.front import is_loopback
from antiphon.transport import HttpAnswer, HttpRequest, Transport


def endpoints_of(config: Config, environment: Environment) -> dict[str, Endpoint]:
    """Endpoints by name; none where nothing but a cassette answers. Raises `ConfigFault`."""
    if config.cassette_mode == "replay":
        return {}
    return make_endpoints(config.webhooks, lambda variable, name: environment.key(variable, name, "The webhook"))


def guarded(network: Transport, config: Config) -> Door:
    """The network, to addresses that are public, or allowed to be others; to any port, as the operator names it."""
    anywhere = config.allow_private_urls or is_loopback(config.host)

    async def send(endpoint: Endpoint, request: HttpRequest) -> HttpAnswer:
        reach = Reach(private=anywhere or endpoint.allow_private, ports=None)
        reach.check(request.url)
        return await network.send(replace(request, public=not reach.private))

    return send
