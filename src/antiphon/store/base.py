"""The `Store` protocol, its rows, and the face for operators; what every store does, byte for byte alike.

Not a store (`memory.py`, `sqlite.py`, `postgres.py`) and no rule of the API beyond what must hold in
one transaction. Counterpart: `tests/store/`, the contract suite that runs on every store.

Errors of every method: `NotFound` for an id this project doesn't have (another project's id is answered
the same), `InvalidRequest` for what contradicts the rows that are there, `StoreFault` when the database
couldn't do it; nothing of the operation is kept then.
"""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from typing import Protocol

from msgspec import Struct

from antiphon.store.deliveries import Deliveries
from antiphon.store.files import Files
from antiphon.store.keys import Keys
from antiphon.store.lists import Lists
from antiphon.store.pages import Page, PageQuery
from antiphon.store.runs import Runs
from antiphon.store.signals import Signals
from antiphon.store.usage import Usage
from antiphon.store.uses import Uses
from antiphon.store.vectors import Vectors
from antiphon.wire.answers import Answer, StoredItem

# A response with one of these is still being made: it can't be continued and keeps its conversation locked.
OPEN_STATUSES = frozenset({"queued", "in_progress"})
# Only these end up in their conversation.
APPENDED_STATUSES = frozenset({"completed", "incomplete"})


class SavedAnswer(Struct, frozen=True, kw_only=True):
    """A stored response without its input: `body` has `"output":[]`, `output` are the items that belong there."""

    id: str
    created_at: int
    status: str
    model: str
    previous_response_id: str | None
    conversation_id: str | None
    body: bytes
    output: tuple[StoredItem, ...]


class Conversation(Struct, frozen=True, kw_only=True):
    """A conversation's own row; `created_at` in Unix seconds."""

    id: str
    created_at: int
    metadata: dict[str, str]


class StoredChat(Struct, frozen=True, kw_only=True):
    """A stored chat completion: the ChatCompletion object as it is given out, and its request's messages."""

    id: str
    created_at: int
    model: str
    metadata: dict[str, str]
    body: bytes
    messages: tuple[StoredItem, ...] = ()


class ChatFilter(Struct, frozen=True, kw_only=True):
    """Which stored chat completions to list: those of a model, and those that carry all of `metadata`."""

    model: str | None = None
    metadata: dict[str, str] = {}


class StoredPrompt(Struct, frozen=True, kw_only=True):
    """One version of a prompt template: `version` counts from 1; `body` is its JSON, as it was given."""

    id: str
    version: int
    created_at: int
    body: bytes


class Store(Protocol):
    """What the server keeps, by project. See the module's docstring for the errors of every method."""

    @property
    def signals(self) -> Signals:
        """What the processes over this store tell each other."""

    @property
    def deliveries(self) -> Deliveries:
        """Webhooks that are still to be delivered."""

    @property
    def lists(self) -> Lists:
        """What there is, for a person who looks through it."""

    @property
    def files(self) -> Files:
        """The rows of files and uploads."""

    @property
    def usage(self) -> Usage:
        """What was used, by project, day and model."""

    @property
    def runs(self) -> Runs:
        """Runs in the background, and the logs of their events."""

    @property
    def vectors(self) -> Vectors:
        """Vector stores, their files, and what of these is found by searches."""

    @property
    def keys(self) -> Keys:
        """The server's keys, of all projects, and the log of what was done with them."""

    @property
    def uses(self) -> Uses:
        """What callers have used of their limits."""

    async def save_answer(self, project: str, answer: Answer) -> None:
        """Keep the answer, or replace the one with its id; durable when this returns, whole or not at all.

        With a `conversation_id`, and once its status is completed or incomplete, its input and output items
        are appended to the conversation in the same transaction, once; an item whose id the conversation
        already has isn't appended again. A status that ends the response frees the lock its id owns.
        A later save never changes `created_at`, `previous_response_id` and `conversation_id`; once the
        items are appended it renews status, model and body only.

        Raises `NotFound` (param `conversation`) when there is no conversation to append to, and
        `ConversationLocked` when another response holds it. A cancelled caller doesn't stop the saving.
        """

    async def get_answer(self, project: str, response_id: str) -> SavedAnswer:
        """The response with its output items."""

    async def delete_answer(self, project: str, response_id: str) -> None:
        """Remove the response and its items; those in a conversation stay there."""

    async def input_items(self, project: str, response_id: str, page: PageQuery) -> Page[StoredItem]:
        """The response's own input items."""

    async def context(self, project: str, response_id: str) -> list[StoredItem]:
        """What a response that continues this one is told first.

        The whole chain, oldest first, each response's input and then its output. A chain that began in a
        conversation starts with what the conversation held at that time. Raises `NotFound` (param
        `previous_response_id`) that names the id when the response or one before it is gone, `InvalidRequest`
        when the response failed or hasn't ended.
        """

    async def find_item(self, project: str, item_id: str) -> StoredItem:
        """The newest item with this id in any response or conversation."""

    async def create_conversation(
        self, project: str, conversation: Conversation, items: Sequence[StoredItem] = ()
    ) -> None:
        """A new conversation with its first items."""

    async def get_conversation(self, project: str, conversation_id: str) -> Conversation:
        """The conversation's own row."""

    async def update_conversation(self, project: str, conversation_id: str, metadata: dict[str, str]) -> Conversation:
        """Replace the metadata."""

    async def delete_conversation(self, project: str, conversation_id: str) -> None:
        """Remove the conversation and the items that belong to no response; responses stay whole."""

    async def add_items(self, project: str, conversation_id: str, items: Sequence[StoredItem]) -> None:
        """Append items, all or none.

        Raises `InvalidRequest` for an id that the conversation has already, `ConversationLocked` while a
        response is at work on it.
        """

    async def list_items(self, project: str, conversation_id: str, page: PageQuery) -> Page[StoredItem]:
        """The conversation's items."""

    async def get_item(self, project: str, conversation_id: str, item_id: str) -> StoredItem:
        """One item of the conversation."""

    async def delete_item(self, project: str, conversation_id: str, item_id: str) -> Conversation:
        """Take the item out of the conversation; a response it came with keeps it."""

    async def conversation_context(self, project: str, conversation_id: str) -> list[StoredItem]:
        """All items of the conversation, oldest first. `NotFound` has the param `conversation`."""

    async def lock_conversation(self, project: str, conversation_id: str, owner: str, expires_in: float) -> None:
        """Hold the conversation for the response `owner` for `expires_in` seconds; again to hold it longer.

        Raises `ConversationLocked` while another owner's lock hasn't expired.
        """

    async def unlock_conversation(self, project: str, conversation_id: str, owner: str) -> None:
        """Free the owner's lock; without effect when it is freed, expired, another's, or all is gone."""

    async def save_chat(self, project: str, chat: StoredChat) -> None:
        """Keep a chat completion. Raises `InvalidRequest` when its id is there already."""

    async def get_chat(self, project: str, chat_id: str) -> StoredChat:
        """The chat completion without its messages."""

    async def list_chats(self, project: str, page: PageQuery, chosen: ChatFilter) -> Page[StoredChat]:
        """Chat completions by `created_at`, equal ones as they were saved; without their messages."""

    async def chat_messages(self, project: str, chat_id: str, page: PageQuery) -> Page[StoredItem]:
        """The messages of the chat completion's request."""

    async def update_chat(self, project: str, chat_id: str, metadata: dict[str, str], body: bytes) -> None:
        """Replace the metadata, and the object that shows it."""

    async def delete_chat(self, project: str, chat_id: str) -> None:
        """Remove the chat completion and its messages."""

    async def create_prompt(self, project: str, prompt: StoredPrompt) -> None:
        """Keep a new prompt. Raises `InvalidRequest` when its id is there already."""

    async def add_prompt_version(self, project: str, prompt: StoredPrompt) -> StoredPrompt:
        """Keep one version more, numbered after the newest; the number that `prompt` has doesn't count."""

    async def get_prompt(self, project: str, prompt_id: str, version: int | None = None) -> StoredPrompt:
        """A version of the prompt, the newest without one."""

    async def list_prompts(self, project: str, page: PageQuery) -> Page[StoredPrompt]:
        """The newest version of each prompt, in the order in which prompts were created."""

    async def list_prompt_versions(self, project: str, prompt_id: str, page: PageQuery) -> Page[StoredPrompt]:
        """The versions of a prompt by number; the cursors are numbers of versions."""

    async def delete_prompt(self, project: str, prompt_id: str) -> None:
        """Remove the prompt with all its versions."""

    async def close(self) -> None:
        """Finish what was begun and let go of the database. Nothing may be called afterwards."""


class StoreAdmin(Protocol):
    """What an operator does over all projects; routes of the API never see it."""

    async def sweep(self, before: int, limit: int) -> int:
        """Delete at most `limit` ended responses and chat completions created before `before` (Unix seconds).

        Gives how many there were; fewer than `limit` means that nothing is left to do. Conversations and
        the items in them stay.
        """

    def export(self) -> AsyncIterator[bytes]:
        """Everything of every project as JSON Lines (each without its line end), the format's version first."""

    async def import_(self, lines: AsyncIterable[bytes]) -> int:
        """Take in what `export` gave; rows that are here already are left as they are.

        Gives the number of new rows. An import that broke off can be repeated. Raises `ConfigFault`
        naming the line that isn't what `export` writes.
        """


class OpenStore(Store, StoreAdmin, Protocol):
    """Both faces, as `open_store` gives them."""
