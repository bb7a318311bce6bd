"""Saving answers and holding conversations for them, many in one go, and all that happens in that transaction.

The statements don't grow in number with the answers, so that a group of them costs little more than one.
What an answer can be refused for is found before anything is written. Counterpart: `answers.py` (reading).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from antiphon.errors import AntiphonError
from antiphon.store.asks import Each, Fetch, Steps
from antiphon.store.base import APPENDED_STATUSES, OPEN_STATUSES
from antiphon.store.faults import locked, no_conversation, storable
from antiphon.store.operations.items import INPUT, OUTPUT, NewItem, insert_items, remove_owned
from antiphon.store.operations.rows import as_list, new_keys
from antiphon.wire.answers import Answer

Name = tuple[str, str]
NOWHERE: Name = ("", "")


class Save(Struct, frozen=True):
    """One answer to be saved for a project."""

    project: str
    answer: Answer

    @property
    def name(self) -> Name:
        """What tells this response from all others."""
        return self.project, self.answer.id

    @property
    def conversation(self) -> Name | None:
        """The conversation it is part of."""
        if self.answer.conversation_id is None:
            return None
        return self.project, self.answer.conversation_id


class Lock(Struct, frozen=True):
    """A wish to hold a conversation for a response, for so many seconds."""

    conversation: Name
    owner: str
    seconds: float


class Shelf(Struct):
    """A conversation that answers are appended to, as it stands after those before."""

    key: int
    next_place: int
    lock_owner: str | None
    lock_expires: float
    ids: set[str]
    grown: bool = False

    def row(self) -> dict[str, Any]:
        """The parameters of `change_conversation`."""
        return {
            "key": self.key,
            "next_place": self.next_place,
            "lock_owner": self.lock_owner,
            "lock_expires": self.lock_expires,
        }

    def held_against(self, owner: str, now: float) -> bool:
        """Whether another response holds it."""
        return self.lock_owner not in {None, owner} and self.lock_expires > now


class _Known(Struct):
    """What is there already."""

    responses: dict[Name, tuple[int, bool]]
    shelves: dict[Name, Shelf]


def save_all(saves: Sequence[Save], now: float) -> Steps[list[AntiphonError | None]]:
    """Save each answer; per answer None, or why it was refused. `now` is in Unix seconds."""
    outcomes: list[AntiphonError | None] = []
    for group in _without_repeats(saves):
        known = yield from _look_up(group)
        refusals = [_refusal(save, known, now) for save in group]
        yield from _write([save for save, refusal in zip(group, refusals, strict=True) if refusal is None], known)
        outcomes += refusals
    return outcomes


def _without_repeats(saves: Sequence[Save]) -> Iterator[list[Save]]:
    """Cut the list wherever a response would come a second time, so that each cut sees the one before it."""
    group: dict[Name, Save] = {}
    for save in saves:
        if save.name in group:
            yield list(group.values())
            group = {}
        group[save.name] = save
    yield list(group.values())


def _look_up(saves: Sequence[Save]) -> Steps[_Known]:
    """Which of the responses are there, and the conversations, held until the transaction ends."""
    rows = yield Fetch("known_responses", {"wanted": as_list([save.name for save in saves])})
    known = _Known({(row[0], row[1]): (row[2], bool(row[3])) for row in rows}, {})
    conversations = sorted({save.conversation for save in saves if save.conversation})
    if not conversations:
        return known
    known.shelves = yield from hold_conversations(conversations)
    yield from _ids_present(saves, known.shelves)
    return known


def _ids_present(saves: Sequence[Save], shelves: dict[Name, Shelf]) -> Steps[None]:
    """Note which of the items the conversations have already."""
    by_key = {shelf.key: shelf for shelf in shelves.values()}
    wanted = [
        (shelves[save.conversation].key, item.id)
        for save in saves
        if save.conversation in shelves and save.answer.status in APPENDED_STATUSES
        for item in (*save.answer.input, *save.answer.output)
    ]
    if wanted:
        rows = yield Fetch("items_present", {"wanted": as_list(wanted)})
        for row in rows:
            by_key[row[0]].ids.add(row[1])


def _refusal(save: Save, known: _Known, now: float) -> AntiphonError | None:
    """Why this answer can't be appended; None when it can or needn't be."""
    conversation_id = save.answer.conversation_id
    appended = known.responses.get(save.name, (0, False))[1]
    if conversation_id is None or appended or save.answer.status not in APPENDED_STATUSES:
        return None
    shelf = known.shelves.get((save.project, conversation_id))
    if shelf is None:
        return no_conversation(conversation_id, "conversation")
    if shelf.held_against(save.answer.id, now):
        return locked(conversation_id)
    return None


def _write(saves: Sequence[Save], known: _Known) -> Steps[None]:
    """Write the rows of these answers, their items, and what changes in their conversations."""
    new = [save for save in saves if save.name not in known.responses]
    again = [save for save in saves if save.name in known.responses]
    with_items = [save for save in saves if not known.responses.get(save.name, (0, False))[1]]
    needed = len(new) + sum(len(save.answer.input) + len(save.answer.output) for save in with_items)
    keys = iter((yield from new_keys(needed)) if needed else ())
    owners = {save.name: next(keys) for save in new} | {name: key for name, (key, _) in known.responses.items()}
    for save in again:
        if not known.responses[save.name][1]:
            yield from remove_owned(owners[save.name])
    rows: list[dict[str, Any]] = []
    items: list[NewItem] = []
    for save in saves:
        if save.name not in known.responses:
            rows.append(_response_row(save, owners[save.name], known))
        if save in with_items:
            items += _items(save, owners[save.name], known)
    if rows:
        yield Each("insert_response", rows)
    if again:
        yield Each("update_response", [_renewed_row(save, known) for save in again])
    yield from insert_items(items, keys)
    yield from _settle_conversations(saves, known)


def _appends(save: Save) -> bool:
    """Whether the answer's items belong into its conversation."""
    return save.answer.conversation_id is not None and save.answer.status in APPENDED_STATUSES


def _response_row(save: Save, key: int, known: _Known) -> dict[str, Any]:
    """The parameters of `insert_response`; to be made before its items take their places."""
    answer = save.answer
    shelf = known.shelves.get(save.conversation) if save.conversation else None
    return {
        "key": key,
        "project": save.project,
        "id": answer.id,
        "created_at": answer.created_at,
        "status": answer.status,
        "model": answer.model,
        "previous_response_id": answer.previous_response_id,
        "conversation_id": answer.conversation_id,
        "conversation_from": shelf.next_place if shelf else None,
        "appended": int(_appends(save)),
        "body": answer.body,
    }


def _renewed_row(save: Save, known: _Known) -> dict[str, Any]:
    """The parameters of `update_response`."""
    key, appended = known.responses[save.name]
    answer = save.answer
    return {
        "key": key,
        "status": answer.status,
        "model": answer.model,
        "appended": int(appended or _appends(save)),
        "body": answer.body,
    }


def _items(save: Save, owner: int, known: _Known) -> Iterator[NewItem]:
    """The answer's items, each with its place in the conversation unless that has it already."""
    shelf = known.shelves[save.conversation] if save.conversation and _appends(save) else None
    for side, items in ((INPUT, save.answer.input), (OUTPUT, save.answer.output)):
        for position, item in enumerate(items):
            new = NewItem(save.project, item, owner, side, position)
            if shelf is not None and item.id not in shelf.ids:
                new.conversation, new.place = shelf.key, shelf.next_place
                shelf.ids.add(item.id)
                shelf.next_place += 1
                shelf.grown = True
            yield new


def _settle_conversations(saves: Sequence[Save], known: _Known) -> Steps[None]:
    """Note how far the conversations have grown, and free those whose response has ended."""
    changed = {name: shelf for name, shelf in known.shelves.items() if shelf.grown}
    for save in saves:
        shelf = known.shelves.get(save.conversation or NOWHERE)
        if shelf is None or shelf.lock_owner != save.answer.id or save.answer.status in OPEN_STATUSES:
            continue
        shelf.lock_owner, shelf.lock_expires = None, 0.0
        changed[save.conversation or NOWHERE] = shelf
    if changed:
        yield Each("change_conversation", [shelf.row() for shelf in changed.values()])


def lock_all(wishes: Sequence[Lock], now: float) -> Steps[list[AntiphonError | None]]:
    """Hold each conversation for its owner, unless another does; per wish None, or why it was refused."""
    names = sorted({wish.conversation for wish in wishes if storable(wish.conversation[1])})
    shelves = yield from hold_conversations(names)
    outcomes = [_hold(wish, shelves.get(wish.conversation), now) for wish in wishes]
    held = {wish.conversation for wish, refusal in zip(wishes, outcomes, strict=True) if refusal is None}
    if held:
        yield Each("change_conversation", [shelves[name].row() for name in sorted(held)])
    return outcomes


def hold_conversations(names: Sequence[Name]) -> Steps[dict[Name, Shelf]]:
    """The conversations that there are; nobody else changes them until the transaction ends."""
    rows = yield Fetch("conversations_to_change", {"wanted": as_list(names)})
    return {(row[0], row[1]): Shelf(row[2], row[3], row[4], row[5], set()) for row in rows}


def _hold(wish: Lock, shelf: Shelf | None, now: float) -> AntiphonError | None:
    """Hold the conversation; why it can't be, if so."""
    if shelf is None:
        return no_conversation(wish.conversation[1], "conversation")
    if shelf.held_against(wish.owner, now):
        return locked(wish.conversation[1])
    shelf.lock_owner, shelf.lock_expires = wish.owner, now + wish.seconds
    return None
