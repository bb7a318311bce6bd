"""Any sequence of operations has the same results on every store as on the one in memory, refusals included."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sample_rows import Clock

from antiphon.errors import AntiphonError
from antiphon.store.base import ChatFilter, Conversation, OpenStore, StoredChat
from antiphon.store.memory import MemoryStore
from antiphon.store.open import open_store
from antiphon.store.pages import PageQuery
from antiphon.wire.answers import Answer, StoredItem

# Few ids, so that they meet; one that is never there.
RESPONSES = st.sampled_from([f"resp_{n}" for n in range(6)])
TALKS = st.sampled_from([f"conv_{n}" for n in range(3)])
CHATS = st.sampled_from([f"chat_{n}" for n in range(4)])
ITEM_IDS = st.sampled_from([f"item_{n}" for n in range(12)])
RAWS = st.sampled_from([b"{}", b'{"a":\x00}', b'"' + b"A" * 5000 + b'"', b'"' + b"B" * 9000 + b'"', b"\xff"])
ITEMS = st.lists(st.builds(StoredItem, ITEM_IDS, RAWS), max_size=3)
STATUSES = st.sampled_from(["completed", "completed", "completed", "incomplete", "failed", "cancelled", "in_progress"])
TAGS = st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy"))
TIMES = st.integers(0, 3)


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """An answer whose parent has a lower number, so that no chain leads back into itself."""
    number = draw(st.integers(0, 5))
    parents = st.none() if number == 0 else st.none() | st.sampled_from([f"resp_{n}" for n in range(number)])
    return Answer(
        id=f"resp_{number}",
        created_at=draw(TIMES),
        status=draw(STATUSES),
        model="m",
        previous_response_id=draw(parents),
        conversation_id=draw(st.none() | TALKS),
        body=draw(RAWS),
        input=tuple(draw(ITEMS)),
        output=tuple(draw(ITEMS)),
    )


@st.composite
def pages(draw: st.DrawFn, ids: st.SearchStrategy[str]) -> PageQuery:
    return PageQuery(
        after=draw(st.none() | ids),
        before=draw(st.none() | ids),
        limit=draw(st.integers(1, 4)),
        order=draw(st.sampled_from(["asc", "desc"])),
    )


class SameResults(RuleBasedStateMachine):
    """Does everything twice. Each run has a project of its own in the store that all of them share."""

    def __init__(self, runner: asyncio.Runner, store: OpenStore, project: str, clock: Clock) -> None:
        super().__init__()
        self.runner, self.store, self.project, self.clock = runner, store, project, clock
        self.model = MemoryStore(clock)

    def both(self, method: str, *arguments: Any) -> None:
        results = [
            self.runner.run(outcome(getattr(store, method)(self.project, *arguments)))
            for store in (self.store, self.model)
        ]
        assert results[0] == results[1]

    @rule(answer=answers())
    def save_answer(self, answer: Answer) -> None:
        self.both("save_answer", answer)

    @rule(response_id=RESPONSES)
    def get_answer(self, response_id: str) -> None:
        self.both("get_answer", response_id)

    @rule(response_id=RESPONSES)
    def delete_answer(self, response_id: str) -> None:
        self.both("delete_answer", response_id)

    @rule(response_id=RESPONSES, page=pages(ITEM_IDS))
    def input_items(self, response_id: str, page: PageQuery) -> None:
        self.both("input_items", response_id, page)

    @rule(response_id=RESPONSES)
    def context(self, response_id: str) -> None:
        self.both("context", response_id)

    @rule(item_id=ITEM_IDS)
    def find_item(self, item_id: str) -> None:
        self.both("find_item", item_id)

    @rule(talk=TALKS, items=ITEMS, tags=TAGS)
    def create_conversation(self, talk: str, items: list[StoredItem], tags: dict[str, str]) -> None:
        self.both("create_conversation", Conversation(id=talk, created_at=1, metadata=tags), items)

    @rule(talk=TALKS, tags=TAGS)
    def update_conversation(self, talk: str, tags: dict[str, str]) -> None:
        self.both("update_conversation", talk, tags)

    @rule(talk=TALKS)
    def delete_conversation(self, talk: str) -> None:
        self.both("delete_conversation", talk)

    @rule(talk=TALKS, items=ITEMS)
    def add_items(self, talk: str, items: list[StoredItem]) -> None:
        self.both("add_items", talk, items)

    @rule(talk=TALKS, page=pages(ITEM_IDS))
    def list_items(self, talk: str, page: PageQuery) -> None:
        self.both("list_items", talk, page)

    @rule(talk=TALKS, item_id=ITEM_IDS)
    def get_item(self, talk: str, item_id: str) -> None:
        self.both("get_item", talk, item_id)

    @rule(talk=TALKS, item_id=ITEM_IDS)
    def delete_item(self, talk: str, item_id: str) -> None:
        self.both("delete_item", talk, item_id)

    @rule(talk=TALKS, owner=RESPONSES)
    def lock_conversation(self, talk: str, owner: str) -> None:
        self.both("lock_conversation", talk, owner, 10)

    @rule(talk=TALKS, owner=RESPONSES)
    def unlock_conversation(self, talk: str, owner: str) -> None:
        self.both("unlock_conversation", talk, owner)

    @rule(seconds=st.integers(1, 12))
    def time_passes(self, seconds: int) -> None:
        self.clock.time += seconds

    @rule(chat_id=CHATS, created_at=TIMES, tags=TAGS, messages=ITEMS)
    def save_chat(self, chat_id: str, created_at: int, tags: dict[str, str], messages: list[StoredItem]) -> None:
        row = StoredChat(
            id=chat_id, created_at=created_at, model="m", metadata=tags, body=b"{}", messages=tuple(messages)
        )
        self.both("save_chat", row)

    @rule(page=pages(CHATS), tags=TAGS)
    def list_chats(self, page: PageQuery, tags: dict[str, str]) -> None:
        self.both("list_chats", page, ChatFilter(metadata=tags))

    @rule(chat_id=CHATS, page=pages(ITEM_IDS))
    def chat_messages(self, chat_id: str, page: PageQuery) -> None:
        self.both("chat_messages", chat_id, page)

    @rule(chat_id=CHATS)
    def delete_chat(self, chat_id: str) -> None:
        self.both("delete_chat", chat_id)

    def teardown(self) -> None:
        """Whatever was done, everything that can be read reads the same."""
        for number in range(6):
            self.both("get_answer", f"resp_{number}")
            self.both("context", f"resp_{number}")
            self.both("input_items", f"resp_{number}", PageQuery(limit=100))
        for number in range(3):
            self.both("conversation_context", f"conv_{number}")
        for number in range(12):
            self.both("find_item", f"item_{number}")


async def outcome(operation: Coroutine[Any, Any, object]) -> object:
    """What it gave, or in which words it refused."""
    try:
        return await operation
    except AntiphonError as error:
        return type(error), error.code, error.param, error.message


def compare(store_url: str, examples: int) -> None:
    """Run so many sequences against the store."""
    clock = Clock()
    with asyncio.Runner() as runner:
        store = runner.run(open_store(store_url, clock))
        projects = (f"p{number}" for number in range(1_000_000))
        run_state_machine_as_test(
            lambda: SameResults(runner, store, next(projects), clock),  # type: ignore[arg-type] # a factory serves too
            settings=settings(
                max_examples=examples,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
        runner.run(store.close())


ON_DISK = pytest.mark.parametrize("store_url", ["sqlite", "postgres"], indirect=True)


# What tries many inputs isn't traced: plain tests show which lines run.
@pytest.mark.no_cover
@ON_DISK
def test_any_sequence_has_the_same_results_as_in_memory(store_url: str) -> None:
    compare(store_url, 30)


@pytest.mark.soak
@ON_DISK
def test_many_sequences_have_the_same_results_as_in_memory(store_url: str) -> None:
    compare(store_url, 800)
