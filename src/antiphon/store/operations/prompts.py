"""Prompt templates: their versions, and finding them.

Not here: what a template says (`engine/templates.py`). Counterpart: `sql/queries/prompts.sql`.
"""

from typing import Any

from antiphon.store.asks import Fetch, Steps
from antiphon.store.base import StoredPrompt
from antiphon.store.faults import no_cursor, no_prompt, no_prompt_version, taken
from antiphon.store.operations.rows import HIGHEST, LOWEST, new_keys, one_row
from antiphon.store.pages import Page, PageQuery
from antiphon.store.paging import Window, page, version_place, window


def create(project: str, prompt: StoredPrompt) -> Steps[None]:
    """A new prompt, with the version that it says."""
    if (yield Fetch("find_prompt", {"project": project, "id": prompt.id})):
        raise taken("prompt", prompt.id)
    [key] = yield from new_keys(1)
    yield from _insert(project, prompt, key, key)


def add_version(project: str, prompt: StoredPrompt) -> Steps[StoredPrompt]:
    """One version more; the number that `prompt` has doesn't count."""
    row = tuple((yield from _find(project, prompt.id)))
    newer = StoredPrompt(id=prompt.id, version=row[1] + 1, created_at=prompt.created_at, body=prompt.body)
    [key] = yield from new_keys(1)
    yield from _insert(project, newer, key, row[4])
    return newer


def get(project: str, prompt_id: str, version: int | None) -> Steps[StoredPrompt]:
    """A version, or the newest."""
    row = yield from _find(project, prompt_id)
    if version is None:
        return _prompt(row)
    rows = yield Fetch("find_prompt_version", {"project": project, "id": prompt_id, "version": min(version, HIGHEST)})
    if not rows:
        raise no_prompt_version(prompt_id, version)
    return _prompt(rows[0])


def list_all(project: str, query: PageQuery) -> Steps[Page[StoredPrompt]]:
    """A page of prompts, each with its newest version."""
    after = yield from _first(project, "after", query.after)
    before = yield from _first(project, "before", query.before)
    read: Window[int] = window(query, after, before)
    rows = yield Fetch("prompts_falling" if read.falling else "prompts_rising", {"project": project, **_range(read)})
    return page([_prompt(row) for row in rows], read)


def versions(project: str, prompt_id: str, query: PageQuery) -> Steps[Page[StoredPrompt]]:
    """A page of a prompt's versions; a version's number is its place in the list."""
    newest = tuple((yield from _find(project, prompt_id)))[1]
    after = version_place("after", query.after, newest)
    before = version_place("before", query.before, newest)
    read: Window[int] = window(query, after, before)
    lists = "prompt_versions_falling" if read.falling else "prompt_versions_rising"
    rows = yield Fetch(lists, {"project": project, "id": prompt_id, **_range(read)})
    return page([_prompt(row) for row in rows], read)


def delete(project: str, prompt_id: str) -> Steps[None]:
    """Remove the prompt with all its versions."""
    yield from _find(project, prompt_id)
    yield Fetch("delete_prompt", {"project": project, "id": prompt_id})


def take_in(project: str, prompt: StoredPrompt) -> Steps[int]:
    """Write an exported version unless it is there; how many."""
    there = {"project": project, "id": prompt.id}
    if (yield Fetch("find_prompt_version", {**there, "version": prompt.version})):
        return 0
    known = yield Fetch("find_prompt", there)
    [key] = yield from new_keys(1)
    yield from _insert(project, prompt, key, known[0][4] if known else key)
    return 1


def _insert(project: str, prompt: StoredPrompt, key: int, first: int) -> Steps[None]:
    row = {"key": key, "project": project, "id": prompt.id, "version": prompt.version, "first": first}
    yield Fetch("insert_prompt", {**row, "created_at": prompt.created_at, "body": prompt.body})


def _find(project: str, prompt_id: str) -> Steps[Any]:
    """The row of `find_prompt`."""
    return (yield from one_row("find_prompt", project, prompt_id, no_prompt(prompt_id)))


def _first(project: str, param: str, cursor: str | None) -> Steps[int | None]:
    """Where the cursor stands in the list of all; None without one."""
    if cursor is None:
        return None
    return int(tuple((yield from one_row("find_prompt", project, cursor, no_cursor(param, cursor))))[4])


def _range(read: Window[int]) -> dict[str, int]:
    return {
        "low": LOWEST if read.low is None else read.low,
        "high": HIGHEST if read.high is None else read.high,
        "limit": read.limit,
    }


def _prompt(row: Any) -> StoredPrompt:  # noqa: ANN401 - a row of either driver
    """From the first columns of `find_prompt` and the lists."""
    prompt_id, version, created_at, body = tuple(row)[:4]
    return StoredPrompt(id=prompt_id, version=version, created_at=created_at, body=body)
