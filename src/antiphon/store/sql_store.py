"""A `Store` on a SQL database: each method is one operation, handed to a backend that carries it out.

Not here: what an operation does (`operations/`) and how a database is talked to (`sql_backend.py`).
Counterpart: `memory.py`, the same store without a database.
"""

import time
from asyncio import CancelledError
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from functools import partial

from antiphon.store import records
from antiphon.store.base import ChatFilter, Conversation, SavedAnswer, StoredChat, StoredPrompt
from antiphon.store.deliveries import Deliveries
from antiphon.store.faults import check_answer, check_chat, check_items, check_prompt, check_texts
from antiphon.store.files import Files
from antiphon.store.groups import unattended
from antiphon.store.keys import Keys
from antiphon.store.lists import Lists
from antiphon.store.near import MatrixNear
from antiphon.store.operations import admin, answers, chats, conversations, prompts
from antiphon.store.operations.saving import Lock, Save
from antiphon.store.operations.vector_records import Intake
from antiphon.store.pages import Page, PageQuery
from antiphon.store.signals import LocalSignals, Signals
from antiphon.store.sql_backend import Backend
from antiphon.store.sql_deliveries import SqlDeliveries
from antiphon.store.sql_files import SqlFiles
from antiphon.store.sql_keys import SqlKeys
from antiphon.store.sql_lists import SqlLists
from antiphon.store.sql_runs import SqlRuns
from antiphon.store.sql_usage import SqlUsage
from antiphon.store.sql_uses import SqlUses
from antiphon.store.sql_vectors import SqlVectors
from antiphon.store.uses import Uses
from antiphon.store.vectors import Vectors
from antiphon.wire.answers import Answer, StoredItem

# Lower than every key.
NO_KEY = 0


class SqlStore:
    """Both faces of a store, over a backend. `clock` (Unix seconds) is the time that locks expire by."""

    def __init__(
        self,
        backend: Backend,
        clock: Callable[[], float] = time.time,
        vectors: SqlVectors | None = None,
        signals: Signals | None = None,
    ) -> None:
        """Takes over backend and signals: `close` closes them. Without `signals` they are those of this process.

        Without `vectors` they are compared here, not in the database.
        """
        self._backend = backend
        self._clock = clock
        self.signals: Signals = signals or LocalSignals()
        self.deliveries: Deliveries = SqlDeliveries(backend, clock)
        self.lists: Lists = SqlLists(backend)
        self._vectors = vectors or SqlVectors(backend, MatrixNear(backend), clock=clock)
        self.vectors: Vectors = self._vectors
        self.runs = SqlRuns(backend, clock)
        self.files: Files = SqlFiles(backend, clock)
        self.keys: Keys = SqlKeys(backend)
        self.uses: Uses = SqlUses(backend)
        self.usage = SqlUsage(backend)

    async def save_answer(self, project: str, answer: Answer) -> None:
        check_answer(answer)
        await self._backend.submit(Save(project, answer))

    async def get_answer(self, project: str, response_id: str) -> SavedAnswer:
        return await self._backend.read(partial(answers.get, project, response_id))

    async def delete_answer(self, project: str, response_id: str) -> None:
        await self._backend.write(partial(answers.delete, project, response_id))

    async def input_items(self, project: str, response_id: str, page: PageQuery) -> Page[StoredItem]:
        return await self._backend.read(partial(answers.input_items, project, response_id, page))

    async def context(self, project: str, response_id: str) -> list[StoredItem]:
        return await self._backend.read(partial(answers.context, project, response_id))

    async def find_item(self, project: str, item_id: str) -> StoredItem:
        return await self._backend.read(partial(answers.find_item, project, item_id))

    async def create_conversation(
        self, project: str, conversation: Conversation, items: Sequence[StoredItem] = ()
    ) -> None:
        check_texts([conversation.id], "id")
        check_items(items, "items")
        await self._backend.write(partial(conversations.create, project, conversation, items))

    async def get_conversation(self, project: str, conversation_id: str) -> Conversation:
        return await self._backend.read(partial(conversations.get, project, conversation_id))

    async def update_conversation(self, project: str, conversation_id: str, metadata: dict[str, str]) -> Conversation:
        return await self._backend.write(partial(conversations.update, project, conversation_id, metadata))

    async def delete_conversation(self, project: str, conversation_id: str) -> None:
        await self._backend.write(partial(conversations.delete, project, conversation_id))

    async def add_items(self, project: str, conversation_id: str, items: Sequence[StoredItem]) -> None:
        check_items(items, "items")
        await self._backend.write(partial(conversations.add_items, project, conversation_id, items, self._clock()))

    async def list_items(self, project: str, conversation_id: str, page: PageQuery) -> Page[StoredItem]:
        return await self._backend.read(partial(conversations.list_items, project, conversation_id, page))

    async def get_item(self, project: str, conversation_id: str, item_id: str) -> StoredItem:
        return await self._backend.read(partial(conversations.get_item, project, conversation_id, item_id))

    async def delete_item(self, project: str, conversation_id: str, item_id: str) -> Conversation:
        return await self._backend.write(partial(conversations.delete_item, project, conversation_id, item_id))

    async def conversation_context(self, project: str, conversation_id: str) -> list[StoredItem]:
        return await self._backend.read(partial(conversations.context, project, conversation_id))

    async def lock_conversation(self, project: str, conversation_id: str, owner: str, expires_in: float) -> None:
        held = self._backend.submit(Lock((project, conversation_id), owner, expires_in))
        try:
            await held
        except CancelledError:
            # The lock may be taken all the same, and nobody would know that it is theirs.
            unattended(self._backend.write(partial(conversations.unlock, project, conversation_id, owner)))
            raise

    async def unlock_conversation(self, project: str, conversation_id: str, owner: str) -> None:
        await self._backend.write(partial(conversations.unlock, project, conversation_id, owner))

    async def save_chat(self, project: str, chat: StoredChat) -> None:
        check_chat(chat)
        await self._backend.write(partial(chats.save, project, chat))

    async def get_chat(self, project: str, chat_id: str) -> StoredChat:
        return await self._backend.read(partial(chats.get, project, chat_id))

    async def list_chats(self, project: str, page: PageQuery, chosen: ChatFilter) -> Page[StoredChat]:
        return await self._backend.read(partial(chats.list_all, project, page, chosen))

    async def chat_messages(self, project: str, chat_id: str, page: PageQuery) -> Page[StoredItem]:
        return await self._backend.read(partial(chats.messages, project, chat_id, page))

    async def update_chat(self, project: str, chat_id: str, metadata: dict[str, str], body: bytes) -> None:
        check_texts([*metadata, *metadata.values()], "metadata")
        await self._backend.write(partial(chats.update, project, chat_id, metadata, body))

    async def delete_chat(self, project: str, chat_id: str) -> None:
        await self._backend.write(partial(chats.delete, project, chat_id))

    async def create_prompt(self, project: str, prompt: StoredPrompt) -> None:
        check_prompt(prompt)
        await self._backend.write(partial(prompts.create, project, prompt))

    async def add_prompt_version(self, project: str, prompt: StoredPrompt) -> StoredPrompt:
        return await self._backend.write(partial(prompts.add_version, project, prompt))

    async def get_prompt(self, project: str, prompt_id: str, version: int | None = None) -> StoredPrompt:
        return await self._backend.read(partial(prompts.get, project, prompt_id, version))

    async def list_prompts(self, project: str, page: PageQuery) -> Page[StoredPrompt]:
        return await self._backend.read(partial(prompts.list_all, project, page))

    async def list_prompt_versions(self, project: str, prompt_id: str, page: PageQuery) -> Page[StoredPrompt]:
        return await self._backend.read(partial(prompts.versions, project, prompt_id, page))

    async def delete_prompt(self, project: str, prompt_id: str) -> None:
        await self._backend.write(partial(prompts.delete, project, prompt_id))

    async def sweep(self, before: int, limit: int) -> int:
        return await self._backend.write(partial(admin.sweep, before, limit))

    async def export(self) -> AsyncIterator[bytes]:
        yield records.header()
        async with self._backend.snapshot() as read:
            for kind in admin.EXPORTS:
                after: int | None = NO_KEY
                while after is not None:
                    batch = await read(partial(kind, after))
                    for record in batch.records:
                        yield records.encode(record)
                    after = batch.after

    async def import_(self, lines: AsyncIterable[bytes]) -> int:
        new = 0
        intake = Intake(self._vectors.kept, self._clock())
        async for batch in records.batches(lines):
            new += await self._backend.write(partial(admin.take_in, batch, intake))
        await self._vectors.grown()
        return new

    async def close(self) -> None:
        await self.signals.close()
        await self._backend.close()
