"""Prompts on every store: numbered versions, lists, deletion, export and import."""

import pytest
from sample_rows import PROJECT

from antiphon.errors import InvalidRequest, NotFound
from antiphon.store.base import OpenStore, Store, StoredPrompt
from antiphon.store.open import open_store
from antiphon.store.pages import Page, PageQuery

RISING = PageQuery(order="asc")


def prompt(prompt_id: str, version: int = 1, body: bytes = b"{}") -> StoredPrompt:
    return StoredPrompt(id=prompt_id, version=version, created_at=version, body=body)


def short(page: Page[StoredPrompt]) -> tuple[list[tuple[str, int]], bool]:
    return [(row.id, row.version) for row in page.items], page.has_more


async def filled(store: Store) -> None:
    """Prompts a (3 versions), b (1) and c (2)."""
    for name in "abc":
        await store.create_prompt(PROJECT, prompt(name))
    for name in "aac":
        await store.add_prompt_version(PROJECT, prompt(name, 0, b'{"more":1}'))


async def test_versions_are_numbered_and_the_newest_counts(store: Store) -> None:
    await store.create_prompt(PROJECT, prompt("a", body='{"é": 1.0}'.encode()))
    newer = await store.add_prompt_version(PROJECT, StoredPrompt(id="a", version=7, created_at=9, body=b"{}"))
    assert newer == StoredPrompt(id="a", version=2, created_at=9, body=b"{}")
    assert await store.get_prompt(PROJECT, "a") == newer
    assert await store.get_prompt(PROJECT, "a", 2) == newer
    assert (await store.get_prompt(PROJECT, "a", 1)).body == '{"é": 1.0}'.encode()
    with pytest.raises(InvalidRequest, match="already a prompt with id 'a'"):
        await store.create_prompt(PROJECT, prompt("a"))


@pytest.mark.parametrize("version", [0, 3, 2**80])
async def test_a_version_that_is_not_there(store: Store, version: int) -> None:
    await filled(store)
    with pytest.raises(NotFound) as missing:
        await store.get_prompt(PROJECT, "c", version)
    assert missing.value.param == "version"


async def test_what_is_not_there_or_anothers_is_not_found(store: Store) -> None:
    await filled(store)
    for project, name in ((PROJECT, "d"), ("other", "a"), (PROJECT, "a\x00")):
        for made in (
            store.get_prompt(project, name),
            store.get_prompt(project, name, 1),
            store.add_prompt_version(project, prompt(name)),
            store.list_prompt_versions(project, name, RISING),
            store.delete_prompt(project, name),
        ):
            with pytest.raises(NotFound, match="not found"):
                await made
    assert short(await store.list_prompts("other", RISING)) == ([], False)


async def test_prompts_are_listed_in_the_order_of_their_creation(store: Store) -> None:
    await filled(store)
    assert short(await store.list_prompts(PROJECT, RISING)) == ([("a", 3), ("b", 1), ("c", 2)], False)
    assert short(await store.list_prompts(PROJECT, PageQuery(limit=2))) == ([("c", 2), ("b", 1)], True)
    assert short(await store.list_prompts(PROJECT, PageQuery(after="b"))) == ([("a", 3)], False)
    assert short(await store.list_prompts(PROJECT, PageQuery(before="a", limit=1))) == ([("b", 1)], True)
    with pytest.raises(NotFound):
        await store.list_prompts(PROJECT, PageQuery(after="d"))


async def test_versions_are_listed_by_number(store: Store) -> None:
    await filled(store)

    async def versions(**query: object) -> tuple[list[int], bool]:
        page = await store.list_prompt_versions(PROJECT, "a", PageQuery(**query))  # type: ignore[arg-type] # by name
        return [row.version for row in page.items], page.has_more

    assert await versions() == ([3, 2, 1], False)
    assert await versions(order="asc", limit=2) == ([1, 2], True)
    assert await versions(order="asc", after="2") == ([3], False)
    assert await versions(after="3", limit=1) == ([2], True)
    assert await versions(before="1", limit=1) == ([2], True)
    for cursor in ("0", "4", "x", "9" * 40):
        with pytest.raises(NotFound):
            await versions(after=cursor)


async def test_what_is_deleted_is_gone_with_all_its_versions(store: Store) -> None:
    await filled(store)
    await store.delete_prompt(PROJECT, "a")
    with pytest.raises(NotFound):
        await store.get_prompt(PROJECT, "a", 1)
    assert short(await store.list_prompts(PROJECT, RISING)) == ([("b", 1), ("c", 2)], False)
    await store.create_prompt(PROJECT, prompt("a"))
    assert short(await store.list_prompts(PROJECT, RISING)) == ([("b", 1), ("c", 2), ("a", 1)], False)


async def test_prompts_move_with_all_their_versions(store: OpenStore, other_url: str) -> None:
    await filled(store)
    target = await open_store(other_url)
    assert await target.import_(store.export()) == 6
    assert await target.import_(store.export()) == 0
    assert short(await target.list_prompts(PROJECT, RISING)) == ([("a", 3), ("b", 1), ("c", 2)], False)
    assert (await target.get_prompt(PROJECT, "a", 2)).body == b'{"more":1}'
    assert (await target.add_prompt_version(PROJECT, prompt("a"))).version == 4
    await target.close()
