"""One short answer of a service, within a time and a size."""

import logging
from collections.abc import AsyncIterator

import pytest

from antiphon.errors import CassetteMiss, ToolFailed
from antiphon.network import Network
from antiphon.testing import Reply, ScriptedUpstream, never, raw, status
from antiphon.testing.scripted_reply import Ending, hang_up
from antiphon.tools.fetch import Limits, fetch_json
from antiphon.transport import HttpAnswer, HttpRequest

LIMITS = Limits("The service", 0.5, most_bytes=1024 * 1024)


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    made = Network()
    yield made
    await made.close()


async def got(network: Network, answer: Reply) -> object:
    async with ScriptedUpstream(paths={"GET /x": answer}) as service:
        url = service.url.removesuffix("/v1") + "/x?key=secret-1"
        return await fetch_json(network, HttpRequest("GET", url, "s"), LIMITS)


async def test_json_is_decoded(network: Network) -> None:
    assert await got(network, status(200, {"a": [1]})) == {"a": [1]}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (never(), "longer than 0.5 s"),
        (raw([b"{", Ending.STALL]), "longer than 0.5 s"),
        (raw([b"{", Ending.RESET]), "broke its answer off"),
        (hang_up(), "can't be reached"),
        (raw([b"x" * 600_000] * 2), "more than 1 MiB"),
        (status(200, b"\xff"), "isn't JSON"),
        (status(200, "[" * 100_000), "isn't JSON"),
        (status(302, "", headers={"location": "http://elsewhere/"}), "status 302"),
        (status(500, "secret-2"), "status 500"),
    ],
)  # fmt: skip
async def test_what_goes_wrong_is_said_without_a_secret(
    network: Network, answer: Reply, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "antiphon")
    with pytest.raises(ToolFailed, match="The service") as failed:
        await got(network, answer)
    assert why in failed.value.message
    assert "secret" not in failed.value.message + caplog.text


class Tape:
    """A replay that has nothing."""

    async def send(self, request: HttpRequest) -> HttpAnswer:
        raise CassetteMiss(f"no such interaction: {request.url}")

    async def close(self) -> None:
        return


async def test_a_replay_that_lacks_the_call_is_no_fault_of_the_service() -> None:
    with pytest.raises(CassetteMiss):
        await fetch_json(Tape(), HttpRequest("GET", "http://127.0.0.1/x", "s"), LIMITS)
