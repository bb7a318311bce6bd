"""What continues a response, and what continues that: a tree, read level by level and within bounds.

Not here: how it is drawn (`templates/tree.html`). Counterpart: `store/lists.py`, which finds what continues a response.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from antiphon.console.texts import text_of
from antiphon.store.lists import Chosen, ListedResponse, Lists

WIDE = 10
"""Branches that are shown of one response."""
MOST = 120
"""Responses of a tree that are looked behind."""
DEEP = 40
"""Levels below the first."""


@dataclass(slots=True)
class Branch:
    """A response and what continues it, the oldest first; `more` says that there is more than is shown here."""

    id: str
    asked: str
    status: str = ""
    children: list["Branch"] = field(default_factory=list)
    more: bool = False


def branch_of(row: ListedResponse) -> Branch:
    """A response as the beginning of a tree."""
    return Branch(row.id, text_of(row.asked), row.status)


async def grow(lists: Lists, project: str, roots: Sequence[Branch], most: int = MOST) -> None:
    """Find what continues each of these, level by level, so that no deep branch hides a near one."""
    waiting = deque((root, 0) for root in roots)
    for _ in range(most):
        if not waiting:
            return
        one, depth = waiting.popleft()
        found = await lists.responses(project, Chosen(previous=one.id), None, WIDE)
        one.children = [branch_of(row) for row in found.rows[::-1]]
        one.more = found.older is not None
        if depth < DEEP:
            waiting += [(child, depth + 1) for child in one.children]
        else:
            _unseen(one.children)
    _unseen([one for one, _ in waiting])


def _unseen(branches: Sequence[Branch]) -> None:
    """What continues these wasn't looked for."""
    for one in branches:
        one.more = True
