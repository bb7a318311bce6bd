"""A conversation's items in memory: appended, and put where an export says."""

import pytest
from sample_rows import Make

from antiphon.errors import NotFound
from antiphon.store.base import Conversation
from antiphon.store.memory_rows import Talk, Tenant
from antiphon.store.records import PlacedItem


def talk(make: Make, *ids: str) -> Talk:
    made = Talk(Conversation(id="conv_1", created_at=0, metadata={}))
    for serial, item_id in enumerate(ids):
        made.append(make.item(item_id), serial)
    return made


@pytest.mark.parametrize(
    ("place", "expected"),
    [(7, ["a", "b", "new"]), (None, ["a", "b", "new"]), (1, ["a", "b", "new"]), (2, ["a", "b", "new"])],
)
def test_an_item_goes_to_its_place_or_to_the_end(make: Make, place: int | None, expected: list[str]) -> None:
    made = talk(make, "a", "b")
    assert made.put(PlacedItem("new", "{}", place), 9)
    assert list(made.items) == expected
    assert made.next_place == max(held.place for held in made.items.values()) + 1


def test_an_item_fills_its_gap(make: Make) -> None:
    made = talk(make, "a", "b", "c")
    del made.items["b"]
    assert made.put(PlacedItem("new", "{}", 1), 9)
    assert list(made.items) == ["a", "new", "c"]
    assert not made.put(PlacedItem("a", "{}", 5), 10)


def test_only_another_owner_with_time_left_is_in_the_way(make: Make) -> None:
    made = talk(make)
    assert not made.held_against("me", 10)
    made.owner, made.expires = "me", 20
    assert not made.held_against("me", 10)
    assert made.held_against("other", 10)
    assert made.held_against(None, 10)
    assert not made.held_against("other", 20)


def test_a_tenant_without_rows_names_what_is_missing() -> None:
    tenant = Tenant()
    for find in (tenant.response, tenant.talk, tenant.chat):
        with pytest.raises(NotFound, match="'THIS'"):
            find("THIS")
    assert list(tenant.records("p")) == []
    assert list(tenant.written()) == []
