"""A `Store` in plain dicts: for tests, for trying things out, and as the model the other stores are held against.

It keeps nothing when the process ends. No method waits in its middle, so each is whole or not at all.
Counterpart: `sql_store.py`.
"""

import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from typing import TypeVar, assert_never

import msgspec

from antiphon.store import records
from antiphon.store.base import (
    APPENDED_STATUSES,
    OPEN_STATUSES,
    ChatFilter,
    Conversation,
    SavedAnswer,
    StoredChat,
    StoredPrompt,
)
from antiphon.store.deliveries import Deliveries
from antiphon.store.faults import (
    broken_chain,
    check_answer,
    check_chat,
    check_items,
    check_prompt,
    check_texts,
    doubled_item,
    locked,
    no_item,
    no_prompt_version,
    not_continuable,
    taken,
)
from antiphon.store.keys import Keys
from antiphon.store.lists import Lists
from antiphon.store.memory_deliveries import MemoryDeliveries
from antiphon.store.memory_files import MemoryFiles
from antiphon.store.memory_keys import MemoryKeys
from antiphon.store.memory_lists import MemoryLists
from antiphon.store.memory_pages import page_of
from antiphon.store.memory_rows import Response, Talk, Tenant
from antiphon.store.memory_runs import MemoryRuns
from antiphon.store.memory_usage import MemoryUsage
from antiphon.store.memory_uses import MemoryUses
from antiphon.store.near import MatrixNear
from antiphon.store.pages import Page, PageQuery
from antiphon.store.paging import page as whole_page
from antiphon.store.paging import version_place, window
from antiphon.store.records import (
    ChatLine,
    ConversationLine,
    FileLine,
    ItemLine,
    OwnRecord,
    PromptLine,
    Record,
    ResponseLine,
    not_exported,
)
from antiphon.store.signals import LocalSignals, Signals
from antiphon.store.sql_vectors import SqlVectors
from antiphon.store.sqlite_memory import SqliteMemory
from antiphon.store.uses import Uses
from antiphon.store.vector_records import VectorRecord
from antiphon.store.vectors import Vectors
from antiphon.wire.answers import Answer, StoredItem

Owner = TypeVar("Owner", Conversation, StoredChat)
Kept = TypeVar("Kept")


class MemoryStore:
    """Both faces of a store. `clock` (Unix seconds) is the time that locks expire by."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """An empty store."""
        self._clock = clock
        self._projects: dict[str, Tenant] = {}
        self._serial = 0
        self.signals: Signals = LocalSignals()
        self.deliveries: Deliveries = MemoryDeliveries(clock)
        self._indexed = SqliteMemory(clock)
        self._vectors = SqlVectors(self._indexed, MatrixNear(self._indexed), clock=clock)
        self.vectors: Vectors = self._vectors
        self.lists: Lists = MemoryLists(self._projects)
        self.runs = MemoryRuns(self._projects, self.save_answer, self.deliveries, clock)
        self.files = MemoryFiles(clock, self.vectors.forget)
        self.keys: Keys = MemoryKeys()
        self.uses: Uses = MemoryUses()
        self.usage = MemoryUsage()

    async def save_answer(self, project: str, answer: Answer) -> None:
        check_answer(answer)
        tenant = self._tenant(project)
        known = tenant.responses.get(answer.id)
        talk = tenant.talks.get(answer.conversation_id or "")
        appends = answer.conversation_id is not None and answer.status in APPENDED_STATUSES
        if appends and not (known and known.appended):
            talk = tenant.talk(answer.conversation_id or "", "conversation")
            if talk.held_against(answer.id, self._clock()):
                raise locked(talk.row.id)
        self._keep(tenant, answer, talk)
        response = tenant.responses[answer.id]
        if appends and talk and not response.appended:
            self._append(response, talk)
        if talk and talk.owner == answer.id and answer.status not in OPEN_STATUSES:
            talk.owner, talk.expires = None, 0.0

    def _keep(self, tenant: Tenant, answer: Answer, talk: Talk | None) -> None:
        """Put the answer in, or renew the one that is there."""
        known = tenant.responses.get(answer.id)
        if known is None:
            seen = talk.next_place if talk else None
            tenant.responses[answer.id] = Response(answer, self._next(len(answer.input) + len(answer.output)), seen)
            return
        old = known.answer
        renewed = msgspec.structs.replace(
            answer,
            created_at=old.created_at,
            previous_response_id=old.previous_response_id,
            conversation_id=old.conversation_id,
        )
        if known.appended:
            renewed = msgspec.structs.replace(renewed, input=old.input, output=old.output)
        else:
            known.serial = self._next(len(answer.input) + len(answer.output))
        known.answer = renewed

    def _append(self, response: Response, talk: Talk) -> None:
        """Put the items the conversation doesn't have at its end."""
        for number, item in enumerate((*response.answer.input, *response.answer.output)):
            if item.id not in talk.items:
                talk.append(item, response.serial + number)
        response.appended = True

    async def get_answer(self, project: str, response_id: str) -> SavedAnswer:
        answer = self._tenant(project).response(response_id).answer
        return SavedAnswer(
            id=answer.id,
            created_at=answer.created_at,
            status=answer.status,
            model=answer.model,
            previous_response_id=answer.previous_response_id,
            conversation_id=answer.conversation_id,
            body=answer.body,
            output=answer.output,
        )

    async def delete_answer(self, project: str, response_id: str) -> None:
        tenant = self._tenant(project)
        tenant.response(response_id)
        del tenant.responses[response_id]
        tenant.runs.pop(response_id, None)

    async def input_items(self, project: str, response_id: str, page: PageQuery) -> Page[StoredItem]:
        return page_of(self._tenant(project).response(response_id).answer.input, page)

    async def context(self, project: str, response_id: str) -> list[StoredItem]:
        tenant = self._tenant(project)
        response = tenant.response(response_id, "previous_response_id")
        refusal = not_continuable(response_id, response.answer.status)
        if refusal:
            raise refusal
        chain = [response]
        while chain[-1].answer.previous_response_id is not None:
            parent = chain[-1].answer.previous_response_id
            if parent not in tenant.responses:
                raise broken_chain(response_id, parent)
            chain.append(tenant.responses[parent])
        talk = tenant.talks.get(chain[-1].answer.conversation_id or "")
        seen = chain[-1].seen or 0
        before = [placed.item for placed in talk.items.values() if placed.place < seen] if talk else []
        own = [item for link in reversed(chain) for item in (*link.answer.input, *link.answer.output)]
        return before + own

    async def find_item(self, project: str, item_id: str) -> StoredItem:
        found = [(serial, item) for serial, item in self._tenant(project).written() if item.id == item_id]
        if not found:
            raise no_item(item_id)
        return max(found, key=lambda written: written[0])[1]

    async def create_conversation(
        self, project: str, conversation: Conversation, items: Sequence[StoredItem] = ()
    ) -> None:
        check_texts([conversation.id], "id")
        check_items(items, "items")
        tenant = self._tenant(project)
        if conversation.id in tenant.talks:
            raise taken("conversation", conversation.id)
        talk = Talk(_copy(conversation), first=self._next(1))
        self._add(talk, items)
        tenant.talks[conversation.id] = talk

    async def get_conversation(self, project: str, conversation_id: str) -> Conversation:
        return _copy(self._tenant(project).talk(conversation_id).row)

    async def update_conversation(self, project: str, conversation_id: str, metadata: dict[str, str]) -> Conversation:
        talk = self._tenant(project).talk(conversation_id)
        talk.row = msgspec.structs.replace(talk.row, metadata=dict(metadata))
        return _copy(talk.row)

    async def delete_conversation(self, project: str, conversation_id: str) -> None:
        tenant = self._tenant(project)
        tenant.talk(conversation_id)
        del tenant.talks[conversation_id]

    async def add_items(self, project: str, conversation_id: str, items: Sequence[StoredItem]) -> None:
        check_items(items, "items")
        talk = self._tenant(project).talk(conversation_id)
        if talk.held_against(None, self._clock()):
            raise locked(conversation_id)
        self._add(talk, items)

    def _add(self, talk: Talk, items: Sequence[StoredItem]) -> None:
        """Append all of the items, or none."""
        ids = set(talk.items)
        for item in items:
            if item.id in ids:
                raise doubled_item(item.id, talk.row.id)
            ids.add(item.id)
        for item in items:
            talk.append(item, self._next(1))

    async def list_items(self, project: str, conversation_id: str, page: PageQuery) -> Page[StoredItem]:
        return page_of([placed.item for placed in self._tenant(project).talk(conversation_id).items.values()], page)

    async def get_item(self, project: str, conversation_id: str, item_id: str) -> StoredItem:
        items = self._tenant(project).talk(conversation_id).items
        if item_id not in items:
            raise no_item(item_id, f"conversation '{conversation_id}'")
        return items[item_id].item

    async def delete_item(self, project: str, conversation_id: str, item_id: str) -> Conversation:
        await self.get_item(project, conversation_id, item_id)
        talk = self._tenant(project).talk(conversation_id)
        del talk.items[item_id]
        return _copy(talk.row)

    async def conversation_context(self, project: str, conversation_id: str) -> list[StoredItem]:
        talk = self._tenant(project).talk(conversation_id, "conversation")
        return [placed.item for placed in talk.items.values()]

    async def lock_conversation(self, project: str, conversation_id: str, owner: str, expires_in: float) -> None:
        talk = self._tenant(project).talk(conversation_id, "conversation")
        now = self._clock()
        if talk.held_against(owner, now):
            raise locked(conversation_id)
        talk.owner, talk.expires = owner, now + expires_in

    async def unlock_conversation(self, project: str, conversation_id: str, owner: str) -> None:
        talk = self._tenant(project).talks.get(conversation_id)
        if talk and talk.owner == owner:
            talk.owner, talk.expires = None, 0.0

    async def save_chat(self, project: str, chat: StoredChat) -> None:
        check_chat(chat)
        chats = self._tenant(project).chats
        if chat.id in chats:
            raise taken("chat completion", chat.id)
        chats[chat.id] = _copy(chat)

    async def get_chat(self, project: str, chat_id: str) -> StoredChat:
        return _copy(msgspec.structs.replace(self._tenant(project).chat(chat_id), messages=()))

    async def list_chats(self, project: str, page: PageQuery, chosen: ChatFilter) -> Page[StoredChat]:
        chats = sorted(self._tenant(project).chats.values(), key=lambda chat: chat.created_at)
        bare = [_copy(msgspec.structs.replace(chat, messages=())) for chat in chats]
        return page_of(bare, page, lambda chat: _matches(chat, chosen))

    async def chat_messages(self, project: str, chat_id: str, page: PageQuery) -> Page[StoredItem]:
        return page_of(self._tenant(project).chat(chat_id).messages, page)

    async def update_chat(self, project: str, chat_id: str, metadata: dict[str, str], body: bytes) -> None:
        check_texts([*metadata, *metadata.values()], "metadata")
        tenant = self._tenant(project)
        renewed = msgspec.structs.replace(tenant.chat(chat_id), metadata=dict(metadata), body=body)
        tenant.chats[chat_id] = renewed

    async def delete_chat(self, project: str, chat_id: str) -> None:
        tenant = self._tenant(project)
        tenant.chat(chat_id)
        del tenant.chats[chat_id]

    async def create_prompt(self, project: str, prompt: StoredPrompt) -> None:
        check_prompt(prompt)
        prompts = self._tenant(project).prompts
        if prompt.id in prompts:
            raise taken("prompt", prompt.id)
        prompts[prompt.id] = [prompt]

    async def add_prompt_version(self, project: str, prompt: StoredPrompt) -> StoredPrompt:
        versions = self._tenant(project).versions(prompt.id)
        version = versions[-1].version + 1
        newer = StoredPrompt(id=prompt.id, version=version, created_at=prompt.created_at, body=prompt.body)
        versions.append(newer)
        return newer

    async def get_prompt(self, project: str, prompt_id: str, version: int | None = None) -> StoredPrompt:
        versions = self._tenant(project).versions(prompt_id)
        found = [prompt for prompt in versions if version in {None, prompt.version}]
        if not found:
            raise no_prompt_version(prompt_id, version or 0)
        return found[-1]

    async def list_prompts(self, project: str, page: PageQuery) -> Page[StoredPrompt]:
        return page_of([versions[-1] for versions in self._tenant(project).prompts.values()], page)

    async def list_prompt_versions(self, project: str, prompt_id: str, page: PageQuery) -> Page[StoredPrompt]:
        versions = self._tenant(project).versions(prompt_id)
        newest = versions[-1].version
        after, before = (version_place(name, getattr(page, name), newest) for name in ("after", "before"))
        read = window(page, after, before)
        low, high = read.low or 0, newest + 1 if read.high is None else read.high
        chosen = [prompt for prompt in versions if low < prompt.version < high]
        return whole_page((chosen[::-1] if read.falling else chosen)[: read.limit], read)

    async def delete_prompt(self, project: str, prompt_id: str) -> None:
        tenant = self._tenant(project)
        tenant.versions(prompt_id)
        del tenant.prompts[prompt_id]

    async def sweep(self, before: int, limit: int) -> int:
        old = [
            (response.answer.created_at, tenant, name)
            for tenant in self._projects.values()
            for name, response in tenant.responses.items()
            if response.answer.created_at < before and response.answer.status not in OPEN_STATUSES
        ]
        gone = sorted(old, key=lambda row: row[0])[:limit]
        for _, tenant, name in gone:
            del tenant.responses[name]
            tenant.runs.pop(name, None)
        old_chats = [
            (chat.created_at, tenant.chats, name)
            for tenant in self._projects.values()
            for name, chat in tenant.chats.items()
            if chat.created_at < before
        ]
        gone_chats = sorted(old_chats, key=lambda row: row[0])[: limit - len(gone)]
        for _, chats, name in gone_chats:
            del chats[name]
        return len(gone) + len(gone_chats)

    async def export(self) -> AsyncIterator[bytes]:
        yield records.header()
        for project, tenant in self._projects.items():
            for record in list(tenant.records(project)):
                yield records.encode(record)
        for project in self.files.projects():
            for file in self.files.all_of(project):
                yield records.encode(FileLine(project, file))
        if self._indexed.opened:
            async for record in self._vectors.records():
                yield records.encode(record)

    async def import_(self, lines: AsyncIterable[bytes]) -> int:
        new = 0
        async for batch in records.batches(lines):
            for record in batch:
                new += await self._take_in(record)
        return new

    async def _take_in(self, record: Record) -> int:
        """Keep the row unless it is there; how many were new."""
        if isinstance(record, VectorRecord):
            return await self._vectors.take_in(record)
        return self._take_row(record)

    def _take_row(self, record: OwnRecord) -> bool:
        """Keep a row that has nothing to do with vector stores; whether it was new."""
        tenant = self._tenant(record.project)
        match record:
            case ConversationLine():
                talk = Talk(record.conversation, next_place=record.next_place, first=self._next(1))
                return _set_new(tenant.talks, talk, record.conversation.id)
            case ResponseLine():
                return self._take_response(tenant, record)
            case ItemLine():
                return _exported_to(tenant, record.conversation_id).put(record.item, self._next(1))
            case ChatLine():
                return _set_new(tenant.chats, record.chat(), record.id)
            case PromptLine():
                return tenant.take_prompt(record.prompt())
            case FileLine():
                return self.files.take_in(record.project, record.file)
            case _:
                assert_never(record)

    def _take_response(self, tenant: Tenant, line: ResponseLine) -> bool:
        """Keep the response, and put its items where they stood in the conversation."""
        items = (*line.input, *line.output)
        response = Response(line.answer(), self._next(len(items)), line.seen, line.appended)
        if not _set_new(tenant.responses, response, line.id):
            return False
        for number, item in enumerate(items):
            if item.place is not None and line.conversation_id is not None:
                _exported_to(tenant, line.conversation_id).put(item, response.serial + number)
        return True

    async def close(self) -> None:
        self._projects.clear()
        await self._indexed.close()

    def _tenant(self, project: str) -> Tenant:
        """The project's rows."""
        return self._projects.setdefault(project, Tenant())

    def _next(self, size: int) -> int:
        """The first of `size` serial numbers."""
        self._serial += size
        return self._serial - size


def _copy(row: Owner) -> Owner:
    """The row with metadata of its own, which a caller may change."""
    return msgspec.structs.replace(row, metadata=dict(row.metadata))


def _set_new(rows: dict[str, Kept], row: Kept, row_id: str) -> bool:
    """Put the row in unless its id is there; whether it wasn't."""
    return rows.setdefault(row_id, row) is row


def _exported_to(tenant: Tenant, conversation_id: str) -> Talk:
    """The conversation that an exported item is in."""
    if conversation_id not in tenant.talks:
        raise not_exported(conversation_id)
    return tenant.talks[conversation_id]


def _matches(chat: StoredChat, chosen: ChatFilter) -> bool:
    """Whether the filter lets the chat completion through."""
    return (chosen.model is None or chat.model == chosen.model) and chosen.metadata.items() <= chat.metadata.items()
