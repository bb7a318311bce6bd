import json
from itertools import pairwise

from cassettes.tapes import SSE
from hypothesis import given
from hypothesis import strategies as st

from antiphon.cassettes.interaction import Answered, Chunk, End
from antiphon.cassettes.renaming import Names, rename_answer

OLD, NEW = "resp_" + "a1" * 16, "resp_" + "b2" * 16
LONGER, SHORTER = "resp_" + "c3" * 30, "resp_" + "d4" * 6
BODY = f'event: response.created\ndata: {{"response":{{"id":"{OLD}","text":"ö {OLD}!"}}}}\n\ndata: [DONE]\n\n'.encode()


def answer(*chunks: bytes, kind: dict[str, str] | None = None) -> Answered:
    return Answered(200, kind or SSE, tuple(Chunk(n, data) for n, data in enumerate(chunks)), End.COMPLETE)


def joined(answered: Answered) -> bytes:
    return b"".join(chunk.data for chunk in answered.chunks)


def delta(text: str) -> bytes:
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}).encode() + b"\n\n"


def test_an_answer_without_the_ids_is_the_same_object() -> None:
    plain = answer(b"data: hello\n\n", delta("resp_"), delta("a1a1"))
    assert rename_answer(plain, {OLD: NEW}) is plain


@given(st.lists(st.integers(0, len(BODY)), max_size=12), st.sampled_from([NEW, LONGER, SHORTER]))
def test_any_split_gives_the_same_bytes_and_ids_of_one_length_keep_every_boundary(cuts: list[int], new: str) -> None:
    places = [0, *sorted({cut for cut in cuts if 0 < cut < len(BODY)}), len(BODY)]
    split = answer(*(BODY[at:stop] for at, stop in pairwise(places)))
    renamed = rename_answer(split, {OLD: new})
    assert joined(renamed) == BODY.replace(OLD.encode(), new.encode())
    assert all(chunk.data for chunk in renamed.chunks)
    if new == NEW:
        assert [len(chunk.data) for chunk in renamed.chunks] == [len(chunk.data) for chunk in split.chunks]
        assert [chunk.ms for chunk in renamed.chunks] == [chunk.ms for chunk in split.chunks]


@given(st.lists(st.integers(0, 60), max_size=8), st.sampled_from([NEW, LONGER, SHORTER]))
def test_an_id_that_a_model_spells_is_renamed_however_it_is_spelled(cuts: list[int], new: str) -> None:
    text = f"It is {OLD}, ö."
    places = [0, *sorted({cut for cut in cuts if 0 < cut < len(text)}), len(text)]
    events = [delta(text[at:stop]) for at, stop in pairwise(places)]
    renamed = rename_answer(answer(*events), {OLD: new})
    parts = [json.loads(line[6:]) for line in joined(renamed).split(b"\n\n") if line]
    assert "".join(part["choices"][0]["delta"]["content"] for part in parts) == text.replace(OLD, new)
    assert len(renamed.chunks) == len(events)


def test_what_only_begins_like_an_id_stays() -> None:
    body = json.dumps({"id": OLD + "ff", "other": OLD}).encode()
    renamed = rename_answer(answer(body, kind={"content-type": "application/json"}), {OLD: NEW})
    assert json.loads(joined(renamed)) == {"id": OLD + "ff", "other": NEW}


def test_ids_may_change_places() -> None:
    renamed = rename_answer(answer(f"data: {OLD} {NEW}\n\n".encode()), {OLD: NEW, NEW: OLD})
    assert joined(renamed) == f"data: {NEW} {OLD}\n\n".encode()


def test_the_ids_of_an_answer_are_known_in_one_piece_and_spelled() -> None:
    names = Names.of(answer(BODY, *(delta(letter) for letter in f" {NEW} ")))
    assert (set(names.whole), set(names.spelled)) == ({OLD}, {NEW})
    assert Names.of(answer(b"no ids")) == Names(frozenset(), frozenset())
