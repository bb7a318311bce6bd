"""What of vector stores can't be kept is refused where its line is read."""

import msgspec
import pytest

from antiphon.errors import InvalidRequest
from antiphon.store.vector_records import KeptPassage, PassagesLine, VectorRecord, VectorStoreLine, check_vectors
from antiphon.store.vectors import VectorStore

PASSAGE = KeptPassage(number=0, start=0, end=1, page=None, heading=["A"], above="", text="Cats.", vector=b"\x00\x01")
STORE = VectorStore(id="vs_1", created_at=1, last_active_at=1)


def test_a_vector_is_base64_in_its_line() -> None:
    line = msgspec.json.encode(PASSAGE)
    assert b'"vector":"AAE="' in line
    assert msgspec.json.decode(line, type=KeptPassage) == PASSAGE


@pytest.mark.parametrize(
    "line",
    [
        PassagesLine("p", "vs_1", "f", [PASSAGE, msgspec.structs.replace(PASSAGE, text="\0")]),
        PassagesLine("p", "vs_1", "f", [msgspec.structs.replace(PASSAGE, heading=["\0"])]),
        VectorStoreLine("p", msgspec.structs.replace(STORE, name="\0")),
    ],
)
def test_texts_that_no_database_keeps_are_refused(line: VectorRecord) -> None:
    with pytest.raises(InvalidRequest, match="NUL"):
        check_vectors(line)


def test_what_can_be_kept_is_let_through() -> None:
    check_vectors(PassagesLine("p", "vs_1", "f", [PASSAGE]))
    check_vectors(VectorStoreLine("p", STORE))
