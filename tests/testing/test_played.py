from pathlib import Path

import pytest

from antiphon.cassettes.open import read_cassette
from antiphon.cassettes.recorder import create
from antiphon.testing.played import Marked, marked_of, mode_of, path_of


@pytest.fixture
def item(request: pytest.FixtureRequest) -> pytest.Item:
    """The very test that asks for it."""
    node: pytest.Item = request.node
    return node


@pytest.mark.parametrize("path", ["a/b c", "ü" * 200])
def test_a_test_has_a_file_of_its_own_beside_it(item: pytest.Item, path: str) -> None:
    found = path_of(item, Marked())
    assert found.parent == Path(__file__).parent / "cassettes" / "test_played"
    assert found.name.startswith("test_a_test_has_a_file_of_its_own_beside_it[")
    assert len(found.name) < 130
    assert "/" not in found.name
    assert path


@pytest.mark.cassette("elsewhere.jsonl", speed="2x", faults=["cut"])
def test_a_marker_names_another(item: pytest.Item) -> None:
    marked = marked_of(item)
    assert (marked.speed, marked.repeats, marked.faults) == ("2x", True, ["cut"])
    assert path_of(item, marked) == Path(__file__).parent / "elsewhere.jsonl"


@pytest.mark.cassette(path=Path("near.jsonl"))
class TestMarked:
    @pytest.mark.cassette(repeats=False)
    def test_the_words_of_all_markers_count(self, item: pytest.Item) -> None:
        assert marked_of(item) == Marked(path="near.jsonl", repeats=False)


@pytest.mark.parametrize(
    ("word", "absent", "there"),
    [
        ("none", "replay", "replay"),
        ("once", "record", "replay"),
        ("new_episodes", "auto", "auto"),
        ("all", "record", "record"),
        ("live", "live", "live"),
    ],
)
def test_the_words_of_the_field(tmp_path: Path, word: str, absent: str, there: str) -> None:
    path = tmp_path / "tape.jsonl"
    assert mode_of(word, path, own=True) == absent
    create(path, 5)
    assert mode_of("once", path, own=True) == "record"
    with path.open("a") as file:
        file.write('{"n":1,"method":"GET","url":"http://a/b"}\n{"status":200}\n{"end":"complete"}\n')
    assert mode_of(word, path, own=False) == there
    assert len(read_cassette(path)) == 1
    mode_of(word, path, own=True)
    assert len(read_cassette(path)) == (word != "all")
    assert read_cassette(path).start == 5


def test_another_word_is_refused(tmp_path: Path) -> None:
    with pytest.raises(pytest.UsageError, match="say none, once, new_episodes, all or live"):
        mode_of("often", tmp_path, own=True)
