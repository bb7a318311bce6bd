"""What a form makes of a key, and what it is refused for."""

import pytest
from starlette.datastructures import FormData, UploadFile

from antiphon.console.making_keys import DAY, row_of
from antiphon.errors import InvalidRequest

Fields = list[tuple[str, str | UploadFile]]
GOOD: Fields = [("project", "blue"), ("name", " nightly "), ("scopes", "read"), ("scopes", "write"), ("scopes", "fly")]


def test_a_form_as_a_key() -> None:
    key = row_of(FormData([*GOOD, ("days", "7"), ("models", "a/*, b/c  d")]), 100)
    assert (key.project, key.name, sorted(key.scopes)) == ("blue", "nightly", ["read", "write"])
    assert (key.models, key.created_at, key.expires_at) == (("a/*", "b/c", "d"), 100, 100 + 7 * DAY)
    plain = row_of(FormData(GOOD), 100)
    assert (plain.models, plain.expires_at) == (None, None)


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ([("project", "a b"), ("scopes", "read")], "project"),
        ([("project", "a"), ("scopes", "fly")], "scopes"),
        ([*GOOD, ("days", "8")], "days"),
    ],
)
def test_what_is_no_key(form: Fields, param: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        row_of(FormData(form), 1)
    assert refused.value.param == param
