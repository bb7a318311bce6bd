"""Models that a caller may use: by the model that answers, not by the name that was asked for."""

import pytest

from antiphon.errors import NotFound
from antiphon.network import Network
from antiphon.server.allowed import shown_to, target_for
from antiphon.server.callers import Caller
from antiphon.transport import Transport
from antiphon.upstream.addresses import Upstream
from antiphon.upstream.catalog import Catalog
from antiphon.upstream.listing import Listing
from antiphon.wire.models import Model

LISTS = {"a": ["small", "big"], "b": ["big", "meta/huge"]}


async def lister(_: Transport, upstream: Upstream) -> Listing:
    return Listing([Model(name, 0, "x") for name in LISTS[upstream.name]])


def catalog(default: str | None = None) -> Catalog:
    upstreams = [Upstream(name, f"http://{name}/v1") for name in LISTS]
    return Catalog(upstreams, Network(), [("gpt-*", "b/meta/huge"), ("cheap", "a/small")], default, lister=lister)


@pytest.mark.parametrize(
    ("models", "asked", "found"),
    [
        (None, "gpt-5", "b/meta/huge"),
        (("a/*",), "small", "a/small"),
        (("a/*",), "cheap", "a/small"),
        (("a/*",), "a/big", "a/big"),
        (("big",), "a/big", "a/big"),
        (("meta/*",), "gpt-5", "b/meta/huge"),
        # An alias that is allowed by its name isn't the model behind it.
        (("gpt-*",), "gpt-5", None),
        (("cheap",), "cheap", None),
        (("a/*",), "b/big", None),
        (("a/*",), "big", None),
        (("a/*",), "unheard-of", None),
        ((), "a/small", None),
        (("a/s*",), "a/Small", None),
    ],
)
async def test_what_counts_is_the_model_that_answers(
    models: tuple[str, ...] | None, asked: str, found: str | None
) -> None:
    if found is not None:
        assert (await target_for(catalog(), Caller(models=models), asked)).full_id == found
        return
    with pytest.raises(NotFound) as missing:
        await target_for(catalog(), Caller(models=models), asked)
    told = missing.value
    assert (told.code, told.param) == ("model_not_found", "model")
    assert told.message.startswith(f"The model '{asked}' does not exist or you do not have access to it.")
    # It doesn't say what others there are.
    assert "huge" not in told.message


async def test_a_default_model_is_no_way_round() -> None:
    with pytest.raises(NotFound):
        await target_for(catalog("b/big"), Caller(models=("a/*",)), "unheard-of")
    assert (await target_for(catalog("a/big"), Caller(models=("a/*",)), "unheard-of")).full_id == "a/big"


async def test_only_those_are_listed() -> None:
    listed = await catalog().models()
    seen = catalog()
    assert [model.id for model in shown_to(seen, Caller(models=("a/*", "meta/*")), listed)] == [
        "a/small", "a/big", "b/meta/huge",
    ]  # fmt: skip
    assert shown_to(seen, Caller(), listed) == listed
