"""Where a client wants to follow; the streams themselves are in `tests/state/test_background.py`."""

import pytest
from starlette.requests import Request

from antiphon.errors import InvalidRequest
from antiphon.server.following import START, Place, place_of


def place(query: str) -> Place:
    scope = {"type": "http", "query_string": query.encode(), "headers": [], "path_params": {"id": "resp_1"}}
    return place_of(Request(scope), lambda: "pad")


def test_a_place_is_read_from_the_query() -> None:
    assert place("stream=true") == Place("resp_1", START)
    assert place("starting_after=7").after == 7
    pad = place("include_obfuscation=true").pad
    assert pad is not None
    assert pad() == "pad"


@pytest.mark.parametrize("said", ["-1", "x", "1.5", "9" * 40, "²"])
def test_what_is_no_number_is_refused(said: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        place(f"starting_after={said}")
    assert refused.value.param == "starting_after"
