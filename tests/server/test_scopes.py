import pytest

from antiphon.server.scopes import scope_of


@pytest.mark.parametrize(
    ("headers", "scope"),
    [
        ({}, ""),
        ({"x-antiphon-scope": " one "}, "one"),
        ({"x-llamastack-provider-data": '{"__test_id": "tests/a.py::test_b[x]", "key": 1}'}, "tests/a.py::test_b[x]"),
        ({"x-ogx-provider-data": '{"__test_id": "two"}'}, "two"),
        ({"x-antiphon-scope": "one", "x-ogx-provider-data": '{"__test_id": "two"}'}, "one"),
        ({"x-ogx-provider-data": '{"other": "two"}'}, ""),
        ({"x-ogx-provider-data": "not JSON"}, ""),
        ({"x-ogx-provider-data": '{"__test_id": 7}'}, ""),
        ({"x-llamastack-provider-data": "{}", "x-ogx-provider-data": '{"__test_id": "two"}'}, "two"),
    ],
)
def test_the_scope_of_a_request(headers: dict[str, str], scope: str) -> None:
    assert scope_of(headers) == scope
