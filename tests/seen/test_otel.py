"""What reaches a collector, and what is left out. A whole server: tests/server/test_seen.py."""

import contextlib
import logging
import time
from collections.abc import AsyncIterator
from random import Random

import pytest
from msgspec.structs import replace
from otel_collector import collecting
from seen_runs import account

from antiphon.network import Network
from antiphon.seen.account import Account
from antiphon.seen.context import OUTGOING, Trace
from antiphon.seen.counts import Counts
from antiphon.seen.otel import AT_ONCE, Otel
from antiphon.seen.settings import OtelSettings
from antiphon.transport import Timeouts


def traced(trace: Trace | None = None) -> Account:
    made = account(chance=Random())
    OUTGOING.set(None)
    return replace(made, trace=trace or made.trace)


async def sent(settings: OtelSettings, *accounts: Account) -> int:
    """How many traces arrive."""
    with collecting() as collector:
        async with network() as door:
            counts, place = Counts(), replace_endpoint(settings, collector.url)
            otel = Otel(place, {"x-key": "k"}, door, lambda *_: "", time.time, counts)
            for take in (counts.take, otel.take):
                take(accounts)
            await otel.close()
        assert all(headers["x-key"] == "k" for headers in collector.headers)
        assert bool(collector.metrics) == settings.metrics
    return len([span for span in collector.spans if span.kind == "server"])


@contextlib.asynccontextmanager
async def network() -> AsyncIterator[Network]:
    door = Network(Timeouts())
    try:
        yield door
    finally:
        await door.close()


def replace_endpoint(settings: OtelSettings, url: str) -> OtelSettings:
    members = {name: getattr(settings, name) for name in OtelSettings.__struct_fields__}
    return OtelSettings(**members | {"endpoint": url + "/"})


@pytest.mark.parametrize(("sample", "kept"), [(0.0, 0), (1.0, 3)])
async def test_so_many_of_all_traces_are_kept(sample: float, kept: int) -> None:
    assert await sent(OtelSettings(endpoint="", sample=sample, metrics=False), *[traced() for _ in range(3)]) == kept


async def test_who_began_a_trace_says_whether_it_is_kept() -> None:
    kept, left = (Trace(b"\x01" * 16, b"\x02" * 8, sampled) for sampled in (True, False))
    assert await sent(OtelSettings(endpoint="", sample=0.0), traced(kept), traced(left)) == 1


async def test_metrics_without_traces() -> None:
    assert await sent(OtelSettings(endpoint="", traces=False), traced()) == 0


async def test_a_collector_that_is_gone_costs_its_traces_and_is_complained_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with collecting() as collector:
        gone = collector.url
    async with network() as door:
        otel = Otel(OtelSettings(endpoint=gone), {}, door, lambda *_: "", time.time, Counts())
        with caplog.at_level(logging.WARNING, "antiphon"):
            for _ in range(3):
                otel.take([traced()])
                await otel.flush()
    assert [record.message.startswith("otel: the collector takes no traces") for record in caplog.records] == [True]


async def test_a_long_line_goes_in_several_parts() -> None:
    assert await sent(OtelSettings(endpoint="", metrics=False), *[traced() for _ in range(150)]) == 150


async def test_many_are_sent_some_hundred_at_a_time_and_all_arrive() -> None:
    many = AT_ONCE * 2 + 3
    with collecting() as collector:
        async with network() as door:
            otel = Otel(
                OtelSettings(endpoint=collector.url, metrics=False), {}, door, lambda *_: "", time.time, Counts()
            )
            for one in [traced()] * many:
                otel.take([one])
            await otel.flush()
            assert len(collector.headers) == 3
            otel.take([traced()])
            await otel.close()
        assert len(collector.headers) == 4
    assert len([span for span in collector.spans if span.kind == "server"]) == many + 1
