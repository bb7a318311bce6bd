"""Webhooks: who is to be told of the end of a run in the background, in which words, and signed how.

Pure. Not here: sending and sending again (`delivering.py`), where messages wait (`store/deliveries.py`). Sources: API
reference, "Webhook events"; the Standard Webhooks specification, by which the official client verifies
(`client.webhooks.unwrap`).
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import msgspec

from antiphon.errors import ConfigFault
from antiphon.network.message import PORTS
from antiphon.sources import Sources
from antiphon.store.deliveries import Delivery
from antiphon.transport import HttpRequest

Kind = Literal["response.completed", "response.failed", "response.cancelled", "response.incomplete"]
PREFIX = "whsec_"
UPSTREAM = "webhooks"
"""The name under which the network knows these calls."""


class WebhookSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One endpoint. `secret_env` names the variable that holds its secrets, the newest first, parted by spaces.

    Without `projects` it is told of all. `allow_private`: it may stand in this machine's own network.
    """

    url: str
    secret_env: str
    events: tuple[Kind, ...] = get_args(Kind)
    projects: tuple[str, ...] = ()
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Who is told, of what, and the keys that sign for it."""

    url: str = field(repr=False)
    keys: tuple[bytes, ...] = field(repr=False)
    events: frozenset[str] = frozenset(get_args(Kind))
    projects: frozenset[str] = frozenset()
    allow_private: bool = False

    def wants(self, project: str, kind: str) -> bool:
        """Whether it is to be told."""
        return kind in self.events and (not self.projects or project in self.projects)


def make_endpoints(settings: Mapping[str, WebhookSettings], key: Callable[[str, str], str]) -> dict[str, Endpoint]:
    """Endpoints by name; `key` gives the value of a variable, or raises. Raises `ConfigFault`."""
    return {name: _endpoint(name, said, key(said.secret_env, name)) for name, said in settings.items()}


def messages(endpoints: Mapping[str, Endpoint], project: str, run: tuple[str, str], sources: Sources) -> list[Delivery]:
    """What is to be sent now that a run ended: `run` is its id and its status."""
    run_id, status = run
    kind, now = f"response.{status}", sources.now()
    told = [name for name, endpoint in endpoints.items() if endpoint.wants(project, kind)]
    return [
        Delivery(project=project, id=event_id, endpoint=name, body=body, created_at=now, due=now)
        for name in told
        for event_id in [sources.ids("evt")]
        for body in [_body(event_id, kind, now, run_id)]
    ]


def request_of(endpoint: Endpoint, delivery: Delivery, now: int) -> HttpRequest:
    """The request that delivers a message; it is good for five minutes from `now` (Unix seconds)."""
    headers = {
        "content-type": "application/json",
        "user-agent": "antiphon",
        "webhook-id": delivery.id,
        "webhook-timestamp": str(now),
        "webhook-signature": " ".join(f"v1,{_signature(key, delivery, now)}" for key in endpoint.keys),
    }
    return HttpRequest("POST", endpoint.url, UPSTREAM, headers, delivery.body)


def _body(event_id: str, kind: str, now: int, run_id: str) -> bytes:
    return msgspec.json.encode(
        {"id": event_id, "object": "event", "created_at": now, "type": kind, "data": {"id": run_id}}
    )


def _signature(key: bytes, delivery: Delivery, now: int) -> str:
    signed = b"%b.%d.%b" % (delivery.id.encode(), now, delivery.body)
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _endpoint(name: str, said: WebhookSettings, secrets: str) -> Endpoint:
    scheme, colons, rest = said.url.partition("://")
    if scheme not in PORTS or not colons or not rest:
        raise ConfigFault(f"[webhooks.{name}]: the url must begin with http:// or https:// and name a host.")
    keys = tuple(_key(name, secret) for secret in secrets.split())
    return Endpoint(said.url, keys, frozenset(said.events), frozenset(said.projects), said.allow_private)


def _key(name: str, secret: str) -> bytes:
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ConfigFault(f"[webhooks.{name}]: its secret begins with {PREFIX} and isn't base64 after that.") from None
