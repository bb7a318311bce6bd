"""`Lists` over the dicts of a `MemoryStore`. Counterpart: `sql_lists.py`."""

from collections.abc import Mapping

from antiphon.store.faults import no_cursor
from antiphon.store.lists import (
    Chosen,
    Found,
    ListedConversation,
    ListedResponse,
    Moment,
    bounds,
    cursor_of,
    moment,
    needle,
)
from antiphon.store.memory_rows import Response, Tenant
from antiphon.store.pages import Page, PageQuery
from antiphon.store.paging import page as whole_page
from antiphon.store.paging import window


class MemoryLists:
    """The lists over the rows of each project, as they are at the time."""

    def __init__(self, projects: Mapping[str, Tenant]) -> None:
        self._projects = projects

    async def responses(
        self, project: str, chosen: Chosen, before: str | None = None, limit: int = 50
    ) -> Found[ListedResponse]:
        low, high = bounds(chosen, before)
        tenant = self._projects.get(project, Tenant())
        placed = {(response.answer.created_at, response.first): response for response in tenant.responses.values()}
        places = sorted((place for place in placed if low < place < high), reverse=True)
        looked_at = places[: chosen.most]
        found = [place for place in looked_at if _matches(placed[place], chosen)]
        floor = looked_at[-1] if len(looked_at) == chosen.most else None
        older = found[limit - 1] if len(found) > limit else floor
        return Found([_listed(placed[place]) for place in found[:limit]], cursor_of(older) if older else None)

    async def response_ids(self, project: str, page: PageQuery, model: str | None = None) -> Page[str]:
        responses = self._projects.get(project, Tenant()).responses.values()
        placed = {response.answer.id: (response.answer.created_at, response.first) for response in responses}
        for param, cursor in (("after", page.after), ("before", page.before)):
            if cursor is not None and cursor not in placed:
                raise no_cursor(param, cursor)
        read = window(page, placed.get(page.after or ""), placed.get(page.before or ""))
        chosen = [
            (placed[one.answer.id], one.answer.id)
            for one in responses
            if (model is None or one.answer.model == model)
            and (read.low is None or placed[one.answer.id] > read.low)
            and (read.high is None or placed[one.answer.id] < read.high)
        ]
        ids = [name for _, name in sorted(chosen, reverse=read.falling)]
        return whole_page(ids[: read.limit], read)

    async def conversations(
        self, project: str, before: str | None = None, limit: int = 50
    ) -> Found[ListedConversation]:
        high = moment(before)
        tenant = self._projects.get(project, Tenant())
        placed: dict[Moment, ListedConversation] = {
            (talk.row.created_at, talk.first): ListedConversation(
                id=talk.row.id, created_at=talk.row.created_at, metadata=dict(talk.row.metadata), items=talk.next_place
            )
            for talk in tenant.talks.values()
        }
        places = sorted((place for place in placed if place < high), reverse=True)
        older = cursor_of(places[limit - 1]) if len(places) > limit else None
        return Found([placed[place] for place in places[:limit]], older)


def _matches(response: Response, chosen: Chosen) -> bool:
    answer = response.answer
    said = (
        (chosen.status, answer.status),
        (chosen.model, answer.model),
        (chosen.conversation, answer.conversation_id),
        (chosen.previous, answer.previous_response_id),
    )
    if any(wanted not in {None, there} for wanted, there in said):
        return False
    return not chosen.text or any(needle(chosen.text) in item.raw for item in (*answer.input, *answer.output))


def _listed(response: Response) -> ListedResponse:
    answer = response.answer
    return ListedResponse(
        id=answer.id,
        created_at=answer.created_at,
        status=answer.status,
        model=answer.model,
        previous_response_id=answer.previous_response_id,
        conversation_id=answer.conversation_id,
        body=answer.body,
        asked=answer.input[-1].raw if answer.input else None,
    )
