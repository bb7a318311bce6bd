"""What a `MemoryStore` holds of one project, and how it is written out.

Not here: the methods of a store. Counterpart: `memory.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from antiphon.store.base import Conversation, StoredChat, StoredPrompt
from antiphon.store.faults import no_chat, no_conversation, no_prompt, no_response
from antiphon.store.records import (
    ChatLine,
    ConversationLine,
    ItemLine,
    PlacedItem,
    PromptLine,
    Record,
    ResponseLine,
    placed,
    stored,
    to_text,
)
from antiphon.store.runs import Batch, StoredRun
from antiphon.wire.answers import Answer, StoredItem


@dataclass(slots=True)
class Response:
    """A response; `seen` is how far its conversation had grown when it was first saved, `first` its number then."""

    answer: Answer
    serial: int
    seen: int | None
    appended: bool = False
    first: int = 0

    def __post_init__(self) -> None:
        """Later saves renew the serial; the place in the lists stays."""
        self.first = self.serial


@dataclass(slots=True)
class Placed:
    """An item of a conversation: where it stands, and when it was written."""

    item: StoredItem
    place: int
    serial: int


@dataclass(slots=True)
class Talk:
    """A conversation, its items in order, and who holds it until when; `first` is its number among the others."""

    row: Conversation
    items: dict[str, Placed] = field(default_factory=dict)
    next_place: int = 0
    owner: str | None = None
    expires: float = 0.0
    first: int = 0

    def held_against(self, owner: str | None, now: float) -> bool:
        """Whether someone else holds it."""
        return self.owner not in {None, owner} and self.expires > now

    def append(self, item: StoredItem, serial: int) -> None:
        """Put the item at the end."""
        self.items[item.id] = Placed(item, self.next_place, serial)
        self.next_place += 1

    def put(self, item: PlacedItem, serial: int) -> bool:
        """Put an exported item at its place, or at the end if another stands there; False if it is here."""
        if item.id in self.items:
            return False
        place = item.place or 0
        last = next(reversed(self.items.values())).place if self.items else -1
        if place <= last and any(held.place == place for held in self.items.values()):
            place = self.next_place
        self.items[item.id] = Placed(stored(item), place, serial)
        if place < last:
            self.items = dict(sorted(self.items.items(), key=lambda pair: pair[1].place))
        self.next_place = max(self.next_place, place + 1)
        return True


@dataclass(slots=True)
class Run:
    """A run in the background, and the log of its events. `serial` rises with the time of its making."""

    row: StoredRun
    serial: int
    log: list[Batch] = field(default_factory=list)
    ended_at: float | None = None


@dataclass(slots=True)
class Tenant:
    """Everything of one project."""

    responses: dict[str, Response] = field(default_factory=dict)
    talks: dict[str, Talk] = field(default_factory=dict)
    chats: dict[str, StoredChat] = field(default_factory=dict)
    prompts: dict[str, list[StoredPrompt]] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)

    def response(self, response_id: str, param: str = "response_id") -> Response:
        """The response, or `NotFound`."""
        if response_id not in self.responses:
            raise no_response(response_id, param)
        return self.responses[response_id]

    def talk(self, conversation_id: str, param: str = "conversation_id") -> Talk:
        """The conversation, or `NotFound`."""
        if conversation_id not in self.talks:
            raise no_conversation(conversation_id, param)
        return self.talks[conversation_id]

    def chat(self, chat_id: str) -> StoredChat:
        """The chat completion, or `NotFound`."""
        if chat_id not in self.chats:
            raise no_chat(chat_id)
        return self.chats[chat_id]

    def versions(self, prompt_id: str) -> list[StoredPrompt]:
        """The prompt's versions, the oldest first, or `NotFound`."""
        if prompt_id not in self.prompts:
            raise no_prompt(prompt_id)
        return self.prompts[prompt_id]

    def take_prompt(self, prompt: StoredPrompt) -> bool:
        """Keep an exported version unless it is there; whether it was new."""
        versions = self.prompts.setdefault(prompt.id, [])
        if any(there.version == prompt.version for there in versions):
            return False
        versions.append(prompt)
        versions.sort(key=lambda there: there.version)
        return True

    def written(self) -> Iterator[tuple[int, StoredItem]]:
        """Every item there is, with a number that rises with the time of writing."""
        for response in self.responses.values():
            items = (*response.answer.input, *response.answer.output)
            yield from ((response.serial + number, item) for number, item in enumerate(items))
        for talk in self.talks.values():
            yield from ((placed.serial, placed.item) for placed in talk.items.values())

    def records(self, project: str) -> Iterator[Record]:
        """Everything as it is exported, in the order in which it can be taken in again."""
        for talk in self.talks.values():
            yield ConversationLine(project, talk.row, talk.next_place)
        in_responses: set[tuple[str, int]] = set()
        for response in self.responses.values():
            line = self.response_record(project, response)
            places = {item.place for item in (*line.input, *line.output) if item.place is not None}
            in_responses |= {(line.conversation_id or "", place) for place in places}
            yield line
        for name, talk in self.talks.items():
            for held in talk.items.values():
                if (name, held.place) not in in_responses:
                    yield ItemLine(project, name, placed(held.item, held.place))
        for chat in self.chats.values():
            yield ChatLine(
                project=project,
                id=chat.id,
                created_at=chat.created_at,
                model=chat.model,
                metadata=chat.metadata,
                body=to_text(chat.body),
                messages=[placed(message) for message in chat.messages],
            )
        for prompt in (version for versions in self.prompts.values() for version in versions):
            yield PromptLine(
                project=project,
                id=prompt.id,
                version=prompt.version,
                created_at=prompt.created_at,
                body=to_text(prompt.body),
            )

    def response_record(self, project: str, response: Response) -> ResponseLine:
        """The response with its items, each with the place where it is the one that stands there."""
        answer = response.answer
        talk = self.talks.get(answer.conversation_id or "")
        items: list[PlacedItem] = []
        for number, item in enumerate((*answer.input, *answer.output)):
            held = talk.items.get(item.id) if talk else None
            own = held is not None and held.serial == response.serial + number
            items.append(placed(item, held.place if held and own else None))
        return ResponseLine(
            project=project,
            id=answer.id,
            created_at=answer.created_at,
            status=answer.status,
            model=answer.model,
            previous_response_id=answer.previous_response_id,
            conversation_id=answer.conversation_id,
            seen=response.seen,
            appended=response.appended,
            body=to_text(answer.body),
            input=items[: len(answer.input)],
            output=items[len(answer.input) :],
        )
