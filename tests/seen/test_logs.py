"""Lines of logs. What a server says: tests/server/test_seen.py."""

import io
import json
import logging

import pytest
from msgspec import UNSET
from seen_runs import account

from antiphon.seen.context import REQUEST
from antiphon.seen.logs import Journal, JsonLines, RequestLine, log_json, logged


def record(**more: object) -> logging.LogRecord:
    made = logging.LogRecord("antiphon", logging.WARNING, "x.py", 1, "it %s", ("broke",), None)
    vars(made).update(more)
    return made


def test_a_line_is_json_with_the_id_of_its_request() -> None:
    token = REQUEST.set({"antiphon.request_id": "req_1"})
    try:
        line = json.loads(JsonLines().format(record(more={"status": 500})))
    finally:
        REQUEST.reset(token)
    assert (line["level"], line["message"], line["request_id"], line["status"]) == ("warning", "it broke", "req_1", 500)
    assert line["time"].endswith("+00:00")
    assert "request_id" not in json.loads(JsonLines().format(record()))


@pytest.mark.parametrize("odd", ["\ud800", {1, 2}, object])
def test_whatever_a_line_holds_it_is_a_line(odd: object) -> None:
    assert json.loads(JsonLines().format(record(more={"odd": odd})))["message"] == "it broke"


def test_a_line_that_cant_be_encoded_is_written_all_the_same() -> None:
    to = io.StringIO()
    journal = Journal(to)
    journal.say(1.5, RequestLine(UNSET, "GET", "/\ud800", 404, 0.1, None))
    journal.flush()
    line = json.loads(to.getvalue())
    assert (line["time"], line["path"], line["level"]) == ("1970-01-01T00:00:01.500+00:00", "/\ud800", "info")
    assert "request_id" not in line


def test_lines_are_written_in_the_order_of_their_times() -> None:
    to = io.StringIO()
    journal = Journal(to)
    for at in (7.25, 2.0, 7.125, 1.9999):
        journal.say(at, RequestLine(UNSET, "GET", "/", 200, 0.1, None))
    journal.flush()
    assert [json.loads(line)["time"][17:23] for line in to.getvalue().splitlines()] == [
        "01.999", "02.000", "07.125", "07.250"
    ]  # fmt: skip


def test_a_fault_has_its_trace_in_the_same_line() -> None:
    with pytest.raises(ValueError, match="a") as raised:
        int("a\nb")
    line = JsonLines().format(record(exc_info=(ValueError, raised.value, raised.value.__traceback__)))
    assert "\n" not in line
    assert "ValueError: invalid literal" in json.loads(line)["exception"]


def test_a_run_is_a_line() -> None:
    to = io.StringIO()
    lines = log_json(to)
    try:
        logged(lines.say, lambda project, user: f"{project}-{len(user)}")([account(user="ann")])
        lines.flush()
    finally:
        logging.getLogger().removeHandler(lines)
    line = json.loads(to.getvalue())
    assert list(line)[:4] == ["time", "level", "logger", "message"]
    assert (line["message"], line["model"], line["turns"], line["tool_calls"], line["user"]) == (
        "response",
        "up/m",
        2,
        1,
        "p-3",
    )
