"""What a caller may use: counts by hand, with a clock that stands still until it is moved."""

import pytest

from antiphon.errors import LimitReached
from antiphon.runner.quotas import SPENDER, Quota, Quotas, QuotaSettings, Spender, spending
from antiphon.store.uses import Use

BLUE, RED, CI = Spender("blue"), Spender("red"), Spender("blue", "ci")


class Clock:
    time = 120.0

    def __call__(self) -> float:
        return self.time


def quotas(clock: Clock, **said: object) -> Quotas:
    return Quotas(QuotaSettings(**said), clock)  # type: ignore[arg-type] # by name


def refused(made: Quotas, spender: Spender, *, streams: bool = False) -> tuple[str, float, str]:
    with pytest.raises(LimitReached) as over:
        made.enter(spender, streams=streams)
    assert (over.value.http_status, over.value.code) == (429, "rate_limit_exceeded")
    return over.value.kind, over.value.retry_after, over.value.headers["retry-after"]


def shown(made: Quotas, spender: Spender) -> dict[str, str]:
    return {name.decode().removeprefix("x-ratelimit-"): value.decode() for name, value in made.headers(spender)}


def test_requests_of_a_project_in_a_window() -> None:
    clock = Clock()
    made = quotas(clock, project=Quota(requests=2))
    made.enter(BLUE, streams=False)
    clock.time = 150
    made.enter(CI, streams=False)
    assert refused(made, BLUE) == ("requests", 30.0, "30")
    assert shown(made, CI) == {"limit-requests": "2", "remaining-requests": "0", "reset-requests": "30.000s"}
    made.enter(RED, streams=False)
    clock.time = 180
    made.enter(BLUE, streams=False)


def test_a_key_has_its_own_within_its_project() -> None:
    clock = Clock()
    made = quotas(clock, project=Quota(requests=5), key=Quota(requests=1), keys={"big": Quota(requests=3)})
    made.enter(CI, streams=False)
    assert refused(made, CI)[0] == "requests"
    for _ in range(3):
        made.enter(Spender("blue", "big"), streams=False)
    made.enter(BLUE, streams=False)
    # Whoever was refused has used nothing.
    assert refused(made, BLUE)[0] == "requests"
    assert shown(made, Spender("blue", "big"))["remaining-requests"] == "0"


def test_tokens_are_counted_when_an_answer_has_ended() -> None:
    clock = Clock()
    made = quotas(clock, project=Quota(tokens=100), projects={"red": Quota()}, window=10)
    made.enter(BLUE, streams=True)()
    made.spend(BLUE, 99)
    made.enter(BLUE, streams=True)()
    made.spend(BLUE, 50)
    assert refused(made, BLUE)[0] == "tokens"
    assert shown(made, BLUE) == {"limit-tokens": "100", "remaining-tokens": "0", "reset-tokens": "10.000s"}
    made.spend(RED, 1000)
    made.enter(RED, streams=True)
    assert shown(made, RED) == {}


def test_answers_at_the_same_time() -> None:
    made = quotas(Clock(), project=Quota(streams=1))
    leave = made.enter(CI, streams=True)
    assert refused(made, BLUE, streams=True) == ("streams", 1.0, "1")
    made.enter(BLUE, streams=False)
    leave()
    made.told([], [("project:blue", 1)])
    assert refused(made, BLUE, streams=True)[0] == "streams"
    made.told([], [])
    made.enter(BLUE, streams=True)


def test_what_others_used_counts_and_is_told_once() -> None:
    made = quotas(Clock(), project=Quota(requests=3))
    made.enter(BLUE, streams=False)
    assert made.take() == ([Use("project:blue", "requests", 120, 1)], [])
    made.enter(BLUE, streams=False)
    made.untold()
    assert made.take()[0] == [Use("project:blue", "requests", 120, 2)]
    made.told([Use("project:blue", "requests", 120, 3)], [])
    assert refused(made, BLUE)[0] == "requests"
    assert made.take()[0] == []


def test_storage_is_of_the_project() -> None:
    made = quotas(Clock(), project=Quota(storage=5), projects={"red": Quota(storage=7)})
    assert (made.storage(CI), made.storage(RED)) == (5, 7)
    assert SPENDER.get() is None


def test_runs_of_a_project_and_of_a_key() -> None:
    made = quotas(Clock(), project=Quota(runs=3), keys={"ci": Quota(runs=1)})
    made.check_runs(BLUE, 2, 0)
    made.check_runs(CI, 2, 0)
    for spender, of_project, of_key, who in ((BLUE, 3, 0, "project"), (CI, 3, 0, "project"), (CI, 1, 1, "key")):
        with pytest.raises(LimitReached, match=f"This {who} has") as over:
            made.check_runs(spender, of_project, of_key)
        assert over.value.kind == "runs"


def test_what_begins_inside_counts_for_its_spender() -> None:
    with spending(CI):
        assert SPENDER.get() == CI
    assert SPENDER.get() is None
