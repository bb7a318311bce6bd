"""What an error is in a response, and in its stream."""

import pytest

from antiphon.engine.endings import TERMINAL, error_event, response_error
from antiphon.engine.state import ENDS
from antiphon.errors import AntiphonError, ContextTooLong, InvalidRequest, UpstreamCut, UpstreamRefused


def test_every_end_has_its_event() -> None:
    assert TERMINAL.keys() == ENDS


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UpstreamCut("Cut."), "server_error"),
        (UpstreamRefused("Slow.", upstream_status=429), "rate_limit_exceeded"),
        (InvalidRequest("Slow.", code="rate_limit_exceeded"), "rate_limit_exceeded"),
        (ContextTooLong("Long."), "invalid_prompt"),
    ],
)
def test_the_response_has_the_nearest_code_of_the_list(error: AntiphonError, code: str) -> None:
    assert (response_error(error).code, response_error(error).message) == (code, error.message)


def test_the_event_has_its_own_code_twice() -> None:
    event = error_event(InvalidRequest("No.", param="input"))
    assert (event.code, event.param) == ("invalid_request_error", "input")
    assert event.error == {"type": "invalid_request_error", "code": event.code, "message": "No.", "param": "input"}
