"""When a call is sent again: the policy as a table, the driver with a scripted transport."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.errors import AntiphonError, CassetteMiss, UpstreamTimeout, UpstreamUnavailable
from antiphon.transport import HttpAnswer, HttpRequest
from antiphon.upstream.retry import Failure, Policy, Retry, asked_wait

REQUEST = HttpRequest("POST", "http://up/v1", "up")
NOON = 784_111_777.0  # Sun, 06 Nov 1994 08:49:37 GMT


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    closed: bool = False
    last: bool = False

    async def chunks(self) -> AsyncIterator[bytes]:
        yield b"body"

    async def close(self) -> None:
        self.closed = True


@dataclass
class Plan:
    """A transport that answers as planned, and a clock on which every wait is noted."""

    steps: list[Answer | AntiphonError]
    waits: list[float] = field(default_factory=list)

    async def send(self, request: HttpRequest) -> HttpAnswer:
        assert request is REQUEST
        step = self.steps.pop(0)
        if isinstance(step, AntiphonError):
            raise step
        return step

    async def close(self) -> None: ...

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def run(self, policy: Policy | None = None) -> HttpAnswer:
        retry = Retry(policy or Policy(), lambda: 1.0, self.sleep, lambda: sum(self.waits), lambda: NOON)
        return await retry.send(self, REQUEST)


def refused() -> UpstreamUnavailable:
    fault = UpstreamUnavailable("refused")
    fault.__cause__ = ConnectionRefusedError()
    return fault


@pytest.mark.parametrize("status", [429, 502, 503, 504, 529])
async def test_overload_is_tried_again(status: int) -> None:
    bad, good = Answer(status), Answer(200)
    plan = Plan([bad, good])
    assert await plan.run() is good
    assert (bad.closed, good.closed, plan.waits) == (True, False, [0.5])


async def test_what_a_tape_has_no_other_answer_for_stands() -> None:
    bad = Answer(429, last=True)
    plan = Plan([bad])
    assert await plan.run() is bad
    assert not bad.closed


@pytest.mark.parametrize("status", [200, 302, 400, 401, 404, 408, 500, 501])
async def test_other_answers_stand(status: int) -> None:
    plan = Plan([Answer(status)])
    assert (await plan.run()).status == status
    assert plan.waits == []


async def test_the_last_answer_is_handed_on_open() -> None:
    last = Answer(503)
    plan = Plan([Answer(429), Answer(502), last, Answer(200)])
    assert await plan.run() is last
    assert not last.closed
    assert plan.waits == [0.5, 1.0]


async def test_a_refused_connection_is_tried_again_quickly() -> None:
    plan = Plan([refused(), refused(), Answer(200)])
    assert (await plan.run()).status == 200
    assert plan.waits == [0.03, 0.06]


async def test_a_refused_connection_is_reported_in_the_end() -> None:
    plan = Plan([refused(), refused(), refused(), Answer(200)])
    with pytest.raises(UpstreamUnavailable):
        await plan.run()
    assert len(plan.steps) == 1


@pytest.mark.parametrize("fault", [CassetteMiss("x"), UpstreamTimeout("x"), UpstreamUnavailable("hung up")])
async def test_what_is_never_tried_again(fault: AntiphonError) -> None:
    plan = Plan([fault, Answer(200)])
    with pytest.raises(type(fault)):
        await plan.run()
    assert plan.waits == []


async def test_retry_after_is_honoured() -> None:
    plan = Plan([Answer(429, {"retry-after": "3"}), Answer(200)])
    assert (await plan.run()).status == 200
    assert plan.waits == [3]


@pytest.mark.parametrize(
    ("failure", "seconds"),
    [
        (Failure(1, 0), 0.5),
        (Failure(2, 0), 1.0),
        (Failure(3, 0), None),
        (Failure(1, 0, refused=True), 0.03),
        (Failure(1, 0, asked=7), 7),
        (Failure(1, 0, asked=0), 0.5),
        (Failure(1, 0, asked=11), None),
        (Failure(1, 25, asked=4), 4),
        (Failure(1, 25, asked=6), None),
        (Failure(1, 29.9), None),
        (Failure(1, 0, asked=inf), None),
    ],
)
def test_the_policy(failure: Failure, seconds: float | None) -> None:
    assert Policy().wait(failure, draw=1.0) == seconds


def test_the_wait_is_never_longer_than_allowed() -> None:
    assert Policy(attempts=100).wait(Failure(50, 0), draw=1.0) == Policy().longest


@given(attempt=st.integers(1, 20), draw=st.floats(0, 1))
def test_the_jitter_is_full(attempt: int, draw: float) -> None:
    wait = Policy(attempts=100).wait(Failure(attempt, 0), draw)
    assert wait is not None
    assert 0 <= wait <= min(10.0, 0.5 * 2 ** (attempt - 1))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": " 2 "}, 2),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:47 GMT"}, 10),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:27 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "2 minutes"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after-ms": "x"}, None),
    ],
)
def test_retry_after_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_wait(headers, NOON) == seconds
