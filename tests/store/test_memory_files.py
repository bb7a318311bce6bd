"""What the files in memory have beside their protocol."""

from stored_files import file

from antiphon.store.memory_files import MemoryFiles


async def forgotten(project: str, file_id: str) -> None:
    """There are no vector stores."""


async def test_files_are_given_out_by_project_and_taken_in_once() -> None:
    files = MemoryFiles(lambda: 0.0, forgotten)
    await files.create("p", file("a"))
    assert files.projects() == ["p"]
    assert list(files.all_of("p")) == [file("a")]
    assert files.take_in("q", file("a"))
    assert not files.take_in("q", file("a"))
