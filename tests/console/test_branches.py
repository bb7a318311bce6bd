"""A tree of what continues a response: deeper than one level, within bounds, and it says where it ends."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from antiphon.console.branches import DEEP, WIDE, Branch, grow
from antiphon.store.lists import Chosen, Found, ListedResponse


class Continuing:
    """The list of what continues which, as a store would give it."""

    def __init__(self, tree: Mapping[str, Sequence[str]]) -> None:
        self._tree = tree
        self.asked = 0

    async def responses(self, project: str, chosen: Chosen, before: Any = None, limit: int = 50) -> Any:
        del project, before
        self.asked += 1
        names = [*self._tree.get(chosen.previous or "", ())][::-1]
        return Found([row(name) for name in names[:limit]], "1.1" if len(names) > limit else None)


def row(name: str) -> ListedResponse:
    asked = b'{"type":"message","content":[{"type":"input_text","text":"%s?"}]}' % name.encode()
    return ListedResponse(
        id=name, created_at=1, status="completed", model="m", previous_response_id=None, conversation_id=None,
        body=b"{}", asked=asked,
    )  # fmt: skip


def drawn(one: Branch) -> Any:
    return {one.id: [drawn(child) for child in one.children]} if one.children else one.id


async def tree(lists: Any, most: int = 120) -> Branch:
    root = Branch("a", "")
    await grow(lists, "p", [root], most)
    return root


async def test_it_is_as_deep_as_what_was_continued() -> None:
    root = await tree(Continuing({"a": ["b", "c"], "b": ["d"], "d": ["e", "f"]}))
    assert drawn(root) == {"a": [{"b": [{"d": ["e", "f"]}]}, "c"]}
    assert root.children[0].asked == "b?"
    assert not root.more


async def test_it_ends_somewhere_and_says_so() -> None:
    lists = Continuing({"a": [f"b{number}" for number in range(WIDE + 1)]})
    root = await tree(lists, most=3)
    assert (len(root.children), root.more, lists.asked) == (WIDE, True, 3)
    assert [child.more for child in root.children] == [False] * 2 + [True] * (WIDE - 2)


async def test_a_long_line_is_cut() -> None:
    names = [str(number) for number in range(DEEP + 5)]
    one = await tree(Continuing({"a": ["0"], **{name: [after] for name, after in itertools.pairwise(names)}}))
    depth = 0
    while one.children:
        one, depth = one.children[0], depth + 1
    assert (depth, one.more) == (DEEP + 1, True)
