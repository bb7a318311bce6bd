import inspect

import pytest

from antiphon import errors
from antiphon.errors import AntiphonError, UpstreamRefused

TREE = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, AntiphonError)]


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_every_error_stands_in_the_tree_at_the_top(kind: type[AntiphonError]) -> None:
    assert kind.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_every_error_says_its_status_and_type(kind: type[AntiphonError]) -> None:
    assert 400 <= kind.status < 600
    assert kind.type


def test_an_error_has_the_code_of_its_kind_unless_it_says_another() -> None:
    assert errors.UpstreamCut("gone").code == "upstream_cut"
    assert errors.UpstreamCut("gone", code="mine").code == "mine"
    assert errors.InvalidRequest("no", param="input[2]").param == "input[2]"


def test_a_refusal_carries_the_upstreams_own_status_and_wish() -> None:
    refused = UpstreamRefused("slow", upstream_status=429, retry_after="3", kind="rate_limit")
    assert refused.http_status == 429
    assert refused.headers == {"retry-after": "3"}
    assert refused.kind == "rate_limit"
    assert UpstreamRefused("no", upstream_status=400).headers == {}
