"""What there is of a project, by time: the lists that a person looks through, which OpenAI's API doesn't have.

A page begins below a cursor, `<created_at>.<key>`, which stays good when its row is deleted. Where a filter finds
little, a page ends after so many rows looked at, with the cursor to go on from: no page ever reads a million rows.
Not here: the API's own lists (`base.py`). Counterparts: `sql_lists.py` and `memory_lists.py`.
"""

from typing import Generic, Protocol, TypeVar

import msgspec
from msgspec import Struct

from antiphon.errors import InvalidRequest
from antiphon.store.pages import Page, PageQuery

Row = TypeVar("Row")
Moment = tuple[int, int]
"""When a row was created, and its key: equal times are told apart by which came first."""

LOOKED_AT = 20_000
"""Rows that one page looks at for a filter on what stands in them."""
READ = 2_000
"""Rows whose items one page reads for a text."""
WAYS = frozenset({"status", "conversation", "previous"})
"""Filters by which rows are found without looking at others; a status, unless nearly all rows have it."""
COMPLETED = "completed"
TOP: Moment = (2**62, 2**62)


class Chosen(Struct, frozen=True, kw_only=True):
    """Which responses to list; what isn't said doesn't matter. `since` and `until` are Unix seconds, both included.

    `text` is looked for in the items as they are stored, byte for byte; `previous` is the response that is continued.
    """

    status: str | None = None
    model: str | None = None
    conversation: str | None = None
    previous: str | None = None
    text: str | None = None
    since: int | None = None
    until: int | None = None

    @property
    def way(self) -> str | None:
        """The filter that has an index of its own, where it is the only one but for times."""
        said = [name for name in ("status", "model", "conversation", "previous", "text") if getattr(self, name)]
        indexed = said[0] in WAYS and self.status != COMPLETED if len(said) == 1 else False
        return said[0] if indexed else None

    @property
    def most(self) -> int | None:
        """How many rows a page may look at; None where each of them is on it."""
        if self.text:
            return READ
        if self.way:
            return None
        return LOOKED_AT if self.status or self.model or self.conversation or self.previous else None


class ListedResponse(Struct, frozen=True, kw_only=True):
    """A response in a list: without items, but for the last that was put in (`asked`, its JSON)."""

    id: str
    created_at: int
    status: str
    model: str
    previous_response_id: str | None
    conversation_id: str | None
    body: bytes
    asked: bytes | None


class ListedConversation(Struct, frozen=True, kw_only=True):
    """A conversation in a list; `items` is how many it has had."""

    id: str
    created_at: int
    metadata: dict[str, str]
    items: int


class Found(Struct, Generic[Row], frozen=True):
    """Rows, the newest first; `older` is the cursor to go on from, None at the end of the list."""

    rows: list[Row]
    older: str | None = None


class Lists(Protocol):
    """The lists of a project. Raises `InvalidRequest` for a cursor that is none, `StoreFault` like every store."""

    async def responses(
        self, project: str, chosen: Chosen, before: str | None = None, limit: int = 50
    ) -> Found[ListedResponse]:
        """Responses by the time they were created."""
        ...

    async def response_ids(self, project: str, page: PageQuery, model: str | None = None) -> Page[str]:
        """Ids of responses by the time they were created; raises `NotFound` for a cursor that is none of them."""
        ...

    async def conversations(
        self, project: str, before: str | None = None, limit: int = 50
    ) -> Found[ListedConversation]:
        """Conversations by the time they were created."""
        ...


def moment(cursor: str | None) -> Moment:
    """The place a cursor names; above all without one. Raises `InvalidRequest`."""
    if cursor is None:
        return TOP
    time, _, key = cursor.partition(".")
    if not (time.isdecimal() and key.isdecimal() and len(cursor) < len(str(TOP[0])) * 2):
        raise InvalidRequest(f"'before' is no place in this list: '{cursor}'. Begin at its top.", param="before")
    return min(int(time), TOP[0]), min(int(key), TOP[1])


def cursor_of(place: Moment) -> str:
    """The cursor that names this place."""
    return f"{place[0]}.{place[1]}"


def needle(text: str) -> bytes:
    """A text as it stands inside a JSON string."""
    return msgspec.json.encode(text)[1:-1]


def bounds(chosen: Chosen, before: str | None) -> tuple[Moment, Moment]:
    """Between which places, themselves left out, the page lies. Raises `InvalidRequest`."""
    high = moment(before)
    if chosen.until is not None:
        high = min(high, (chosen.until + 1, -1))
    return (-1, -1) if chosen.since is None else (chosen.since, -1), high
