"""Input for a response that is under way, without a network."""

import json
from typing import Any

import msgspec
import pytest

from antiphon.server.sockets.steering import MOST, Steering
from antiphon.sources import live
from antiphon.wire.sockets import SteerAccepted, SteerFailed, SteerPending, SteerRequest

STUBS: list[dict[str, Any]] = [{"type": "function_call_output", "call_id": "c", "name": "f"}]


def steer(given: Any = "Shorter.", response_id: str = "resp_1") -> SteerRequest:
    return SteerRequest(previous_response_id=response_id, input=msgspec.Raw(json.dumps(given).encode()))


def active() -> Steering:
    steering = Steering(live())
    steering.begin("resp_1")
    return steering


def test_accepted_input_is_used_once_in_its_order() -> None:
    steering = active()
    for words in ("One.", "Two."):
        (event,) = steering.take(steer(words), known=False, required=None)
        assert isinstance(event, SteerAccepted)
        assert event.steer.id
    assert steering.ended("resp_1", None) == []
    assert [one.messages[0]["content"] for one in steering.use("resp_1")] == ["One.", "Two."]
    assert steering.use("resp_1") == []


def test_input_waits_for_the_clients() -> None:
    steering = active()
    steering.take(steer(), known=False, required=None)
    (pending,) = steering.ended("resp_1", STUBS)
    assert isinstance(pending, SteerPending)
    assert pending.required_input == STUBS
    late = steering.take(steer("Late."), known=True, required=STUBS)
    assert [type(event) for event in late] == [SteerAccepted, SteerPending]
    assert len(steering.use("resp_1")) == 2


def test_input_for_a_response_that_came_to_nothing_goes_back() -> None:
    steering = active()
    steering.take(steer(), known=False, required=None)
    (failed,) = steering.lost("resp_1")
    assert isinstance(failed, SteerFailed)
    assert (failed.error.code, bytes(failed.steer.input or b"")) == ("response_not_active", b'"Shorter."')
    assert failed.steer.id


def test_too_many_wait() -> None:
    steering = active()
    events = [steering.take(steer(), known=False, required=None)[0] for _ in range(MOST + 1)]
    assert isinstance(events[-1], SteerFailed)
    assert events[-1].error.code == "too_many_pending_steers"
    assert [event.sequence_number for event in events] == list(range(MOST + 1))


@pytest.mark.parametrize(
    "given",
    [
        7,
        None,
        [],
        {},
        ["x"],
        [{"role": "system", "content": "x"}],
        [{"role": "user"}],
        [{"role": "user", "content": []}],
        [{"role": "user", "content": [{"type": "output_text", "text": "x"}]}],
        [{"role": "user", "content": "x", "id": "msg_1"}],
        [{"type": "function_call_output", "role": "user", "content": "x"}],
    ],
)
def test_what_may_not_be_submitted(given: Any) -> None:
    (failed,) = active().take(steer(given), known=False, required=None)
    assert isinstance(failed, SteerFailed)
    assert failed.error.code == "invalid_input"


def test_messages_of_parts() -> None:
    steering = active()
    message = {"role": "user", "content": [{"type": "input_image", "image_url": "data:,"}]}
    steering.take(steer([message]), known=False, required=None)
    assert steering.use("resp_1")[0].messages == [{"type": "message", **message}]
