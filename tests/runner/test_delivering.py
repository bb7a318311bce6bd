"""Webhooks on their way: a real receiver that verifies with the official client, and what becomes of the rest."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import openai
import pytest

from antiphon.errors import InvalidRequest
from antiphon.network import Network
from antiphon.runner.delivering import Delivering
from antiphon.runner.webhooks import Endpoint
from antiphon.sources import live
from antiphon.store.memory import MemoryStore
from antiphon.testing import Reply, Request, ScriptedUpstream, hang_up, status
from antiphon.transport import HttpAnswer, HttpRequest

KEY = b"a key of some length"
WAITS = (5.0, 30.0)


class Clock:
    """The real time, and what was added to it."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return live().clock() + self.ahead


class Post:
    """A receiver, and deliveries to it."""

    def __init__(self, receiver: ScriptedUpstream, network: Network) -> None:
        self.receiver = receiver
        self.clock = Clock()
        self.store = MemoryStore(self.clock)
        # The one path whose answers a script gives.
        self.endpoint = Endpoint(f"{receiver.url}/chat/completions", (KEY,))
        self._network = network
        self.delivering = Delivering(self.store.deliveries, {"shop": self.endpoint}, self.door, self.clock, WAITS)

    async def door(self, _: Endpoint, request: HttpRequest) -> HttpAnswer:
        return await self._network.send(request)

    async def end(self, run_id: str) -> None:
        """A run ends."""
        made = self.delivering.messages("default", (run_id, "completed"), live())
        await self.store.deliveries.add(made)

    @property
    def told(self) -> list[str]:
        """The ids of the runs that the receiver was told of, each verified."""
        return [verified(request).data.id for request in self.receiver.requests]


def verified(request: Request) -> Any:
    with openai.OpenAI(api_key="none", webhook_secret=KEY.decode()) as client:
        return client.webhooks.unwrap(request.body, request.headers)


@pytest.fixture
async def post() -> AsyncIterator[Callable[..., Post]]:
    network, receivers = Network(), list[ScriptedUpstream]()

    def make(*script: Reply) -> Post:
        receiver = ScriptedUpstream(*script)
        receiver.__enter__()
        receivers.append(receiver)
        return Post(receiver, network)

    yield make
    await network.close()
    for receiver in receivers:
        receiver.__exit__(None, None, None)


async def test_it_is_told_once(post: Callable[..., Post]) -> None:
    to = post(status(200), status(202))
    await to.end("resp_1")
    await to.end("resp_2")
    assert await to.delivering.deliver_due() == 2
    assert sorted(to.told) == ["resp_1", "resp_2"]
    assert await to.delivering.deliver_due() == 0
    assert await to.store.deliveries.next_due() is None


@pytest.mark.parametrize("failure", [status(500), status(302, headers={"location": "/elsewhere"}), hang_up()])
async def test_what_was_not_taken_is_sent_again_under_its_id(post: Callable[..., Post], failure: Reply) -> None:
    to = post(failure, status(200))
    await to.end("resp_1")
    await to.delivering.deliver_due()
    assert await to.delivering.deliver_due() == 0
    to.clock.ahead += WAITS[0] + 1
    # The receiver's clock is the real one: the signature is of now.
    assert await to.delivering.deliver_due() == 1
    assert len({request.headers["webhook-id"] for request in to.receiver.requests}) == 1
    assert to.told == ["resp_1"] * len(to.receiver.requests)
    assert await to.store.deliveries.next_due() is None


async def test_in_the_end_it_is_given_up(post: Callable[..., Post]) -> None:
    to = post(status(500), status(500), status(500))
    await to.end("resp_1")
    for wait in (*WAITS, 0.0):
        assert await to.delivering.deliver_due() == 1
        to.clock.ahead += wait
    assert await to.store.deliveries.next_due() is None


async def test_an_endpoint_that_is_gone_is_asked_once(post: Callable[..., Post]) -> None:
    to = post(status(410))
    await to.end("resp_1")
    await to.delivering.deliver_due()
    assert await to.store.deliveries.next_due() is None


async def test_an_endpoint_that_the_settings_no_longer_have(post: Callable[..., Post]) -> None:
    to = post()
    await to.end("resp_1")
    await Delivering(to.store.deliveries, {}, to.door, to.clock).deliver_due()
    assert await to.store.deliveries.next_due() is None
    assert to.receiver.requests == []


async def test_an_address_that_is_not_allowed_is_a_failed_attempt(post: Callable[..., Post]) -> None:
    to = post()

    async def door(*_: object) -> HttpAnswer:
        raise InvalidRequest("not public")

    await to.end("resp_1")
    await Delivering(to.store.deliveries, {"shop": to.endpoint}, door, to.clock).deliver_due()
    assert await to.store.deliveries.next_due() is not None


async def test_it_runs_until_it_is_cancelled_and_wakes_when_it_is_rung(post: Callable[..., Post]) -> None:
    to = post(status(200))
    task = asyncio.create_task(to.delivering.run())
    await to.end("resp_1")
    to.delivering.ring()
    await to.receiver.until(lambda: bool(to.receiver.requests))
    task.cancel()
    await asyncio.wait({task})
    assert to.told == ["resp_1"]
