"""`Lists` on a SQL database. Not here: what is read (`operations/lists.py`). Counterpart: `memory_lists.py`."""

from functools import partial
from typing import Protocol, TypeVar

from antiphon.store.asks import Operation
from antiphon.store.lists import Chosen, Found, ListedConversation, ListedResponse
from antiphon.store.operations import lists
from antiphon.store.pages import Page, PageQuery

Result = TypeVar("Result")


class Readable(Protocol):
    """What of a backend is needed."""

    async def read(self, operation: Operation[Result]) -> Result:
        """Carry the operation out on one unchanging view of the data."""
        ...


class SqlLists:
    """The lists over a backend."""

    def __init__(self, backend: Readable) -> None:
        self._backend = backend

    async def responses(
        self, project: str, chosen: Chosen, before: str | None = None, limit: int = 50
    ) -> Found[ListedResponse]:
        return await self._backend.read(partial(lists.responses, project, chosen, before, limit))

    async def response_ids(self, project: str, page: PageQuery, model: str | None = None) -> Page[str]:
        return await self._backend.read(partial(lists.response_ids, project, page, model))

    async def conversations(
        self, project: str, before: str | None = None, limit: int = 50
    ) -> Found[ListedConversation]:
        return await self._backend.read(partial(lists.conversations, project, before, limit))
