"""Passages cover their document, keep to their size, share no more than they may, and end at good places."""

from hypothesis import given
from hypothesis import strategies as st

from antiphon.retrieval.chunking import Chunking
from antiphon.retrieval.document import Block, Document
from antiphon.retrieval.measure import Measure, count_tokens
from antiphon.retrieval.passage import joined
from antiphon.retrieval.split import split

WORDS = st.lists(
    st.sampled_from(["a", "salt", "extraordinary.", "x1", "\u6f22\u5b57", "\n", "end!", "\U0001f600", "_"])
)
PIECES = st.lists(st.tuples(st.sampled_from(["heading", "paragraph", "row", "code"]), WORDS), max_size=30)
SMALL = st.tuples(st.integers(4, 60), st.integers(0, 30)).map(
    lambda sizes: Chunking(sizes[0], min(sizes[1], sizes[0] // 2))
)


def document(*blocks: tuple[str, str]) -> Document:
    text, made = "", []
    heading: tuple[str, ...] = ()
    for kind, words in blocks:
        heading = (words,) if kind == "heading" else heading
        made.append(Block(len(text), len(text) + len(words), kind, heading, None, int(kind == "heading")))  # type: ignore[arg-type] # literals of the strategies
        text += words + "\n\n"
    return Document("a.md", "md", text, tuple(made))


def sentence(tokens: int, word: str = "salt") -> str:
    return " ".join([word] * (tokens - 1)) + "."


@given(PIECES, SMALL)
def test_passages_cover_the_text_and_keep_to_their_size(
    pieces: list[tuple[str, list[str]]], chunking: Chunking
) -> None:
    whole = document(*((kind, " ".join(words)) for kind, words in pieces))
    passages = split(whole, chunking)
    assert joined(passages) == (whole.text if whole.text.strip() else "")
    measure = Measure(whole.text)
    for before, passage in zip([None, *passages], passages, strict=False):
        assert passage.text == whole.text[passage.start : passage.end]
        assert passage.tokens <= chunking.most_tokens
        if before:
            assert before.start < passage.start <= before.end < passage.end
            assert measure.tokens(passage.start, before.end) <= chunking.overlap_tokens
    assert [passage.number for passage in passages] == list(range(len(passages)))


def test_nothing_is_cut_out_of_nothing() -> None:
    assert split(Document("a.txt", "txt", " \n "), Chunking()) == []


def test_a_small_file_is_one_passage() -> None:
    [passage] = split(document(("heading", "Salt"), ("paragraph", sentence(20))), Chunking())
    assert (passage.file, passage.heading, passage.start) == ("a.md", ("Salt",), 0)


def test_a_section_begins_a_passage_and_shares_nothing() -> None:
    whole = document(
        ("heading", "One"), ("paragraph", sentence(40)), ("heading", "Two"), ("paragraph", sentence(90, "pepper"))
    )
    first, second = split(whole, Chunking(100, 50))
    assert (first.heading, second.heading) == (("One",), ("Two",))
    assert second.start == first.end
    assert second.text.startswith("Two")


def test_paragraphs_stay_whole_where_they_fit() -> None:
    whole = document(*(("paragraph", sentence(30, word)) for word in ("salt", "oil", "milk", "corn", "rice")))
    passages = split(whole, Chunking(100, 35))
    assert [passage.text.split()[0] for passage in passages] == ["salt", "milk"]
    assert [passage.text.split()[-1] for passage in passages] == ["milk.", "rice."]


def test_rows_are_kept_together_like_lines() -> None:
    rows = [("row", f"city: Rome; year: {year}") for year in range(100, 160)]
    for passage in split(document(*rows), Chunking(100, 20)):
        assert passage.text.startswith("city")


def test_a_text_without_any_place_is_cut_inside_of_a_word() -> None:
    text = "a" * 5000
    passages = split(Document("a.txt", "txt", text), Chunking(100, 50))
    assert joined(passages) == text
    assert max(passage.tokens for passage in passages) <= 100


def test_sentences_stay_whole_where_they_fit() -> None:
    text = " ".join(sentence(20) for _ in range(30))
    for passage in split(Document("a.txt", "txt", text), Chunking(110, 45)):
        assert passage.text.rstrip().endswith("salt.")
        assert count_tokens(passage.text) % 20 == 0


def test_much_white_space_at_the_end_costs_nothing() -> None:
    text = "Some words.\n" + " \n" * 500_000
    assert joined(split(Document("a.txt", "txt", text), Chunking(100, 50))) == text
