"""The project of a request."""

from antiphon.server.callers import CALLER, DEFAULT, Caller, project_of


def test_a_request_without_a_key_belongs_to_the_default_project() -> None:
    assert project_of({"type": "http"}) == DEFAULT


def test_the_project_is_what_the_front_has_found_out() -> None:
    assert project_of({"type": "http", CALLER: Caller("blue")}) == "blue"
