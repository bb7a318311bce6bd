"""Errors as a client library raises them, and the answers that made it raise."""

import json

import pytest

from antiphon.cassettes.interaction import End
from antiphon.cassettes.raised import Raised, raised_by


@pytest.mark.parametrize(
    ("status", "body", "kept"),
    [
        (400, {"error": {"message": "No."}}, {"message": "No."}),
        (404, {"error": "no model"}, "no model"),
        (500, {"detail": "x"}, {"detail": "x"}),
    ],
)
def test_what_is_raised_tells_of_the_answer(status: int, body: object, kept: object) -> None:
    told = raised_by(status, json.dumps(body).encode())
    again = Raised(told["type"], told["message"], told["provider"], told["status_code"], told["body"])
    assert again.status == status
    assert (again.end, told["body"]) == (End.COMPLETE, kept)


def test_a_body_that_isnt_json() -> None:
    assert raised_by(502, b"Bad gateway") == {
        "category": "provider_sdk",
        "provider": "openai",
        "type": "InternalServerError",
        "message": "Error code: 502 - Bad gateway",
        "status_code": 502,
        "body": "Bad gateway",
    }


@pytest.mark.parametrize(
    ("kind", "status", "end"),
    [
        ("APIConnectionError", 502, End.CUT),
        ("ReadTimeout", 504, End.TIMEOUT),
        ("NotImplementedError", 501, End.COMPLETE),
        ("KeyError", 500, End.COMPLETE),
        ("", 500, End.COMPLETE),
    ],
)
def test_what_knows_no_status(kind: str, status: int, end: End) -> None:
    assert (Raised(kind).status, Raised(kind).end) == (status, end)
    assert json.loads(Raised(kind).answer)["error"]["message"]
