"""What a model is told of a search, and may cite. The whole way: tests/state/test_vector_stores.py."""

from typing import Any

import pytest

from antiphon.errors import ToolFailed, UpstreamUnavailable
from antiphon.store.vectors import FoundPassage
from antiphon.tools.file_search import FileSearch, outcome
from antiphon.tools.searching import Hit, Wanted, Where
from antiphon.tools.tool import ToolCall
from antiphon.wire.file_search import FileSearchTool

PASSAGE = FoundPassage(
    key=1, text="Cats purr.", page=3, heading=("Pets", "Cats"), start=0, end=10, number=0, file_id="file-1",
    filename="pets.pdf", attributes={"a": 1},
)  # fmt: skip


class Found:
    """Stands for the search."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.asked: list[tuple[Where, Wanted]] = []
        self._fault = fault

    async def search(self, where: Where, wanted: Wanted) -> list[Hit]:
        self.asked.append((where, wanted))
        if self._fault:
            raise self._fault
        return [Hit(PASSAGE, 0.5)]


def call(arguments: str) -> ToolCall:
    about: Any = {"search": FileSearchTool(vector_store_ids=["vs_1"], max_num_results=3)}
    return ToolCall(about, arguments, "resp_1", "p", "", print)


async def test_a_call_is_searched_for_in_its_project() -> None:
    found = Found()
    tool = FileSearch(found)
    told = await tool.call(call('{"queries": ["a", "b"]}'))
    ((where, wanted),) = found.asked
    assert (where.project, where.stores, wanted.queries, wanted.most) == ("p", ["vs_1"], ["a", "b"], 3)
    (source,) = told.sources
    assert source.text == "pets.pdf, page 3 (Pets > Cats)\nCats purr."
    assert source.annotation == {"type": "file_citation", "file_id": "file-1", "filename": "pets.pdf"}
    expected = {"attributes": {"a": 1}, "file_id": "file-1", "filename": "pets.pdf", "score": 0.5, "text": "Cats purr."}
    assert told.shown["results"] == [expected]
    await tool.leave("resp_1")
    await tool.close()


async def test_what_goes_wrong_is_told() -> None:
    with pytest.raises(ToolFailed, match="no query"):
        await FileSearch(Found()).call(call("{}"))
    with pytest.raises(ToolFailed, match="can't be searched now: It is down"):
        await FileSearch(Found(UpstreamUnavailable("It is down."))).call(call('{"query": "a"}'))
    nothing = outcome([])
    assert nothing.output
    assert (nothing.sources, nothing.shown["results"]) == ([], [])
