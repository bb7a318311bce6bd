"""What came before a request: the chain or the conversation it continues, and the items it refers to.

Not here: what a model gets to see of it (`engine/prompt.py`), how it is kept (`store/`).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from antiphon.engine.included import may_lack
from antiphon.engine.input import Item, stored_item
from antiphon.engine.prepare import Asked
from antiphon.engine.repeats import without_repeats, words
from antiphon.errors import AntiphonError, NotFound, StoreFault
from antiphon.store.base import Store
from antiphon.wire.items import ItemReferenceView

log = logging.getLogger("antiphon")

HOLD_SECONDS = 30.0
"""How long a conversation stays locked when the process that answers in it dies."""


def conversation_of(asked: Asked) -> str | None:
    """The id of the conversation that a request continues."""
    said = asked.request.conversation
    return said if said is None or isinstance(said, str) else said.id


async def history(store: Store, project: str, asked: Asked) -> list[Item]:
    """The items before the request's own, oldest first; one query. Raises `NotFound`, `InvalidRequest`."""
    previous, conversation = asked.request.previous_response_id, conversation_of(asked)
    if previous:
        return [stored_item(stored) for stored in await store.context(project, previous)]
    if conversation:
        return [stored_item(stored) for stored in await store.conversation_context(project, conversation)]
    return []


async def with_references(store: Store, project: str, given: Sequence[Item], context: Sequence[Item]) -> list[Item]:
    """A request's items, each `item_reference` replaced by its item, without what the context holds already.

    An item that was given out without what nobody asked for, and comes back so, is the one that is stored.

    Raises `NotFound` for an item that isn't there, `InvalidRequest` for an id that stands for two items.
    """
    items = await resolved(store, project, given, {item.id for item in context})
    items = [await _whole(store, project, item) for item in items]
    return without_repeats(items, context)


async def resolved(store: Store, project: str, items: Sequence[Item], known: set[str]) -> list[Item]:
    """`items` with references replaced by what they refer to, and without those to `known` ids. Raises `NotFound`."""
    found: list[Item] = []
    for item in items:
        if not isinstance(item.view, ItemReferenceView):
            found.append(item)
        elif item.view.id not in known:
            found.append(await _referred(store, project, item.view.id, item.at))
    return found


async def _whole(store: Store, project: str, item: Item) -> Item:
    """The item as it is stored, where it is one that was given out without all it has; else the item."""
    if not may_lack(item.type, item.raw):
        return item
    try:
        kept = stored_item(await store.find_item(project, item.id))
    except NotFound:
        return item
    return replace(kept, at=item.at) if words(kept) == words(item) else item


async def _referred(store: Store, project: str, item_id: str, at: str) -> Item:
    """The item that a reference, which stands at `at` in the request, stands for."""
    try:
        return stored_item(await store.find_item(project, item_id))
    except NotFound as error:
        raise NotFound(error.message, param=f"{at}.id") from None


@asynccontextmanager
async def holding(store: Store, project: str, conversation: str | None, owner: str) -> AsyncIterator[None]:
    """Hold a conversation for the response `owner` while the block runs; nothing to do without one.

    Raises `ConversationLocked` while another response is at work on it.
    """
    if conversation is None:
        yield
        return
    await store.lock_conversation(project, conversation, owner, HOLD_SECONDS)
    keeping = asyncio.create_task(_keep_holding(store, project, conversation, owner))
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
        await asyncio.shield(_free(store, project, conversation, owner))


async def _keep_holding(store: Store, project: str, conversation: str, owner: str) -> None:
    while True:
        await asyncio.sleep(HOLD_SECONDS / 3)
        try:
            await store.lock_conversation(project, conversation, owner, HOLD_SECONDS)
        except AntiphonError as fault:
            # Deleted meanwhile, or held by another since this process was stopped for long: the saving will say so.
            log.warning("conversation %s may be unlocked too early: %s", conversation, fault.message)


async def _free(store: Store, project: str, conversation: str, owner: str) -> None:
    try:
        await store.unlock_conversation(project, conversation, owner)
    except StoreFault as fault:
        log.warning("conversation %s stays locked for up to %g s: %s", conversation, HOLD_SECONDS, fault.message)
