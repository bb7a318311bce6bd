"""Which upstream a model id leads to."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from openai.types import Model as JudgedModel

from antiphon.errors import AntiphonError, ConfigFault, InvalidRequest, NotFound, UpstreamUnavailable
from antiphon.network import Network
from antiphon.transport import Transport
from antiphon.upstream.catalog import Catalog, Upstream
from antiphon.upstream.listing import Listing
from antiphon.wire.models import Model

DOWN = UpstreamUnavailable("up is down")


@dataclass
class House:
    """Upstreams whose lists are given, and how often each was asked."""

    lists: dict[str, list[str] | AntiphonError]
    now: float = 100.0
    asked: int = 0
    closed: list[str] = field(default_factory=list)

    async def lister(self, _: Transport, upstream: Upstream) -> Listing:
        self.asked += 1
        known = self.lists[upstream.name]
        if isinstance(known, AntiphonError):
            return Listing([], known)
        return Listing([Model(name, 0, "x") for name in known])

    def catalog(self, aliases: tuple[tuple[str, str], ...] = (), default: str | None = None) -> Catalog:
        upstreams = [Upstream(name, f"http://{name}/v1") for name in self.lists]
        return Catalog(upstreams, Network(), aliases, default, clock=lambda: self.now, lister=self.lister)


TWO = {"a": ["small", "meta-llama/big", "both", "tagged:latest"], "b": ["both", "only-b"]}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("a/small", "a small"),
        ("a/not-listed", "a not-listed"),
        ("a/x/y", "a x/y"),
        ("small", "a small"),
        ("only-b", "b only-b"),
        ("meta-llama/big", "a meta-llama/big"),
        ("a/meta-llama/big", "a meta-llama/big"),
        ("b/both", "b both"),
        ("tagged", "a tagged"),
        ("tagged:latest", "a tagged:latest"),
    ],
)
async def test_ids(asked: str, found: str) -> None:
    target = await House(dict(TWO)).catalog().resolve(asked)
    assert f"{target.upstream.name} {target.model}" == found


async def test_an_id_with_a_prefix_needs_no_list() -> None:
    house = House({"a": DOWN, "b": DOWN})
    assert (await house.catalog().resolve("b/x")).upstream.name == "b"
    assert house.asked == 0


async def test_several_have_it() -> None:
    with pytest.raises(InvalidRequest, match="'a/both' or 'b/both'") as caught:
        await House(dict(TWO)).catalog().resolve("both")
    assert caught.value.param == "model"


@pytest.mark.parametrize("asked", ["smal", "a/", "/small", "meta-llama/bug", "", "nothing-like-it"])
async def test_nobody_has_it(asked: str) -> None:
    with pytest.raises(NotFound) as caught:
        await House(dict(TWO)).catalog().resolve(asked)
    assert (caught.value.http_status, caught.value.code, caught.value.param) == (404, "model_not_found", "model")
    assert repr(asked) in caught.value.message
    assert "--upstream NAME=URL" in caught.value.message


async def test_the_nearest_are_named() -> None:
    with pytest.raises(NotFound, match=r"The nearest: .*'small'"):
        await House(dict(TWO)).catalog().resolve("smal")


async def test_who_couldnt_be_asked_is_named() -> None:
    with pytest.raises(NotFound, match="they don't answer: b"):
        await House({"a": ["small"], "b": DOWN}).catalog().resolve("x")


async def test_without_upstreams() -> None:
    with pytest.raises(NotFound, match="has no upstream"):
        await House({}).catalog().resolve("x")
    assert await House({}).catalog().models() == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("gpt-5-mini", "a small"),
        ("gpt-4", "b only-b"),
        ("small", "a small"),
        ("whatever", "b both"),
        ("bare", "a small"),
    ],
)
async def test_aliases_then_the_default(asked: str, found: str) -> None:
    aliases = (("gpt-5*", "a/small"), ("gpt-*", "b/only-b"), ("bare", "small"))
    target = await House(dict(TWO)).catalog(aliases, default="b/both").resolve(asked)
    assert f"{target.upstream.name} {target.model}" == found


async def test_a_default_that_nobody_has() -> None:
    with pytest.raises(NotFound, match="'x'"):
        await House(dict(TWO)).catalog(default="gone").resolve("x")


async def test_the_only_upstream_takes_all_when_it_lists_nothing() -> None:
    assert (await House({"a": DOWN}).catalog().resolve("org/x")).model == "org/x"
    with pytest.raises(NotFound):
        await House({"a": DOWN, "b": DOWN}).catalog().resolve("x")
    with pytest.raises(NotFound):
        await House({"a": ["y"]}).catalog().resolve("x")


async def test_a_model_that_was_just_pulled() -> None:
    house = House({"a": ["old"]})
    catalog = house.catalog()
    await catalog.resolve("old")
    house.lists["a"] = ["old", "new"]
    with pytest.raises(NotFound):
        await catalog.resolve("new")
    house.now += 2
    assert (await catalog.resolve("new")).model == "new"
    assert house.asked == 2


async def test_a_known_model_is_found_at_once_and_an_old_list_renewed_behind_it() -> None:
    house = House({"a": ["x"], "b": []})
    catalog = house.catalog()
    await catalog.resolve("x")
    house.lists = {"a": [], "b": ["x"]}
    house.now += 29
    assert (await catalog.resolve("x")).upstream.name == "a"
    await asyncio.sleep(0)
    assert house.asked == 2
    house.now += 2
    assert (await catalog.resolve("x")).upstream.name == "a"
    await asyncio.sleep(0.01)
    assert house.asked == 4
    assert (await catalog.resolve("x")).upstream.name == "b"
    await catalog.close()


async def test_what_is_known_is_told_at_once_and_asked_again_when_it_is_old() -> None:
    house = House({"a": ["one"], "b": DOWN})
    catalog = house.catalog()
    assert [(entry.models, entry.error, entry.asked) for entry in catalog.known_health()] == [(0, None, False)] * 2
    assert catalog.known_models() == []
    await catalog.models()
    assert [(entry.models, entry.error) for entry in catalog.known_health()] == [(1, None), (0, "up is down")]
    assert [model.id for model in catalog.known_models()] == ["a/one"]
    asked, house.now = house.asked, house.now + 31
    catalog.known_health()
    catalog.known_models()
    await catalog.models()
    assert house.asked == asked + 2
    await catalog.close()


async def test_an_upstream_that_goes_down_keeps_its_models() -> None:
    house = House(dict(TWO))
    catalog = house.catalog()
    await catalog.models()
    house.lists["b"] = DOWN
    health = await catalog.health()
    assert [(entry.upstream.name, entry.models, entry.error) for entry in health] == [
        ("a", 4, None),
        ("b", 2, "up is down"),
    ]
    assert (await catalog.resolve("only-b")).upstream.name == "b"


async def test_concurrent_questions_ask_once() -> None:
    house = House(dict(TWO))
    catalog = house.catalog()
    await asyncio.gather(*(catalog.resolve("small") for _ in range(20)))
    assert house.asked == 2


async def test_models_are_as_the_judge_wants_them_and_kept_for_a_while() -> None:
    house = House(dict(TWO))
    catalog = house.catalog()
    models = await catalog.models()
    assert [model.id for model in models][:2] == ["a/small", "a/meta-llama/big"]
    for model in models:
        JudgedModel.model_validate(msgspec.to_builtins(model), strict=True)
    house.now += 29
    await catalog.models()
    assert house.asked == 2
    house.now += 2
    await catalog.models()
    assert house.asked == 4


def test_two_of_one_name() -> None:
    up = Upstream("a", "http://a/v1")
    with pytest.raises(ConfigFault, match="Two upstreams"):
        Catalog([up, up], Network())


def test_an_upstream_by_name() -> None:
    catalog = House({"a": []}).catalog()
    assert catalog.upstream("a") is catalog.upstreams[0]
    with pytest.raises(NotFound, match="'b'"):
        catalog.upstream("b")


async def test_over_the_network_a_dead_one_doesnt_hold_the_others_up(server: Any, network: Network) -> None:
    alive = await server.start(server.whole(200, {"data": [{"id": "x", "created": 1, "owned_by": "me"}]}))
    catalog = Catalog([Upstream("dead", "http://127.0.0.1:1/v1"), Upstream("alive", alive.url)], network)
    assert await catalog.models() == [Model("alive/x", 1, "me")]
    dead, fine = await catalog.health()
    assert (fine.models, fine.error) == (1, None)
    assert dead.error is not None
    assert "Connection refused" in dead.error


async def test_windows_are_those_of_the_list_that_is_known() -> None:
    async def lister(_: Transport, __: Upstream) -> Listing:
        return Listing([Model("m", 0, "x")], windows={"m": 4096})

    catalog = Catalog([Upstream("a", "http://a/v1")], Network(), lister=lister)
    asked = await catalog.resolve("a/m")
    assert catalog.window(asked) is None
    await catalog.models()
    assert catalog.window(asked) == 4096
    assert catalog.window(await catalog.resolve("a/other")) is None
