"""The caller of a request, and its project."""

import pytest

from antiphon.server.callers import CALLER, OPEN, Caller, caller_of, project_of


def test_a_request_without_a_caller_belongs_to_nobody() -> None:
    with pytest.raises(KeyError):
        project_of({"type": "http"})


def test_the_project_is_what_the_front_has_found_out() -> None:
    scope = {"type": "http", CALLER: Caller("blue")}
    assert (project_of(scope), caller_of(scope)) == ("blue", Caller("blue"))


def test_whoever_comes_to_an_open_server_may_do_everything_in_one_project() -> None:
    assert (OPEN.project, sorted(OPEN.scopes), OPEN.models) == (
        "default",
        ["admin", "inference", "read", "write"],
        None,
    )
