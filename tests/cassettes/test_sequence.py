from pathlib import Path

import pytest
from cassettes.tapes import chat, interaction

from antiphon.cassettes.format import encode_header, encode_interaction
from antiphon.cassettes.index import IndexedFile, read_indexed
from antiphon.cassettes.matcher import Matcher
from antiphon.cassettes.sequence import Interactions


@pytest.fixture
def indexed(tmp_path: Path) -> IndexedFile:
    path = tmp_path / "tape.jsonl"
    ones = [interaction(chat(text), number=number, take=2) for number, text in ((2, "b"), (3, "c"))]
    lines = (encode_interaction(one.number, one.asked, one.load(), take=one.take) for one in ones)
    path.write_bytes(encode_header(5) + b"".join(lines))
    found = read_indexed(path, "tape.jsonl", Matcher()).interactions
    assert isinstance(found, IndexedFile)
    return found


def test_parts_are_one_sequence(indexed: IndexedFile) -> None:
    all_of_them = Interactions()
    assert (len(all_of_them), all_of_them.last_take, list(all_of_them)) == (0, 0, [])
    all_of_them.append(interaction(chat("a"), number=1))
    assert all_of_them.last_take == 1
    all_of_them.attach(indexed)
    all_of_them.append(interaction(chat("d"), number=4))
    all_of_them.append(interaction(chat("e"), number=5))
    assert [each.number for each in all_of_them] == [1, 2, 3, 4, 5]
    assert [all_of_them[number].number for number in (0, 1, -1, -4)] == [1, 2, 5, 2]
    assert [each.number for each in all_of_them[1:4]] == [2, 3, 4]
    assert all_of_them.last_take == 2
    assert all_of_them[1] is all_of_them[1]
    with pytest.raises(IndexError):
        assert all_of_them[5].number


def test_samples_show_every_address_and_model(indexed: IndexedFile) -> None:
    all_of_them = Interactions()
    all_of_them.append(interaction(chat("a"), number=1))
    all_of_them.attach(indexed)
    assert [each.number for each in all_of_them.samples] == [1, 2]
