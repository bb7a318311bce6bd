import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.engine.open_items import Text, Thought
from antiphon.engine.think import At, ThinkSplitter


def split(*pieces: str) -> tuple[str, str]:
    """The thought and the answer in these pieces."""
    splitter = ThinkSplitter()
    found = [piece for text in pieces for piece in splitter.feed(text)] + splitter.finish()
    thoughts = [piece.text for piece in found if isinstance(piece, Thought)]
    texts = [piece.text for piece in found if isinstance(piece, Text)]
    assert all(thoughts)
    assert all(texts)
    return "".join(thoughts), "".join(texts)


@pytest.mark.parametrize(
    ("text", "thought", "answer"),
    [
        ("", "", ""),
        ("Hi", "", "Hi"),
        ("  Hi", "", "  Hi"),
        ("\n", "", "\n"),
        ("<", "", "<"),
        ("<thin", "", "<thin"),
        ("<thing>", "", "<thing>"),
        ("<think>Hm</think>So", "Hm", "So"),
        ("\n<think>\nHm\n\nAh\n</think>\n\nSo \n", "Hm\n\nAh", "So \n"),
        ("<think></think>\n\nSo", "", "So"),
        ("<think>\n\n</think>\n\nSo", "", "So"),
        ("<think>Hm</think>", "Hm", ""),
        ("<think>Hm", "Hm", ""),
        ("<think>Hm </thi", "Hm </thi", ""),
        ("<think>a < b </b> c</think>d", "a < b </b> c", "d"),
        ("<think>a<think>b</think>c", "a<think>b", "c"),
        ("<think>a</think>b</think>c<think>", "a", "b</think>c<think>"),
        ("So <think>Hm</think>", "", "So <think>Hm</think>"),
        ("Hm</think>So", "", "Hm</think>So"),
    ],
)
def test_a_block_at_the_start_is_thought(text: str, thought: str, answer: str) -> None:
    assert split(text) == (thought, answer)
    assert split(*text) == (thought, answer)


def test_text_is_shown_as_soon_as_it_can_be_no_tag() -> None:
    splitter = ThinkSplitter()
    assert splitter.feed(" <th") == []
    assert not splitter.decided
    assert splitter.feed("e") == [Text(" <the")]
    assert splitter.decided


def test_thought_is_shown_but_for_what_might_be_its_end() -> None:
    splitter = ThinkSplitter()
    assert splitter.feed("<think>Hm \n</thi") == [Thought("Hm")]
    assert splitter.feed("s") == [Thought(" \n</this")]
    assert splitter.feed(" </think>") == []
    assert splitter.at is At.AFTER


def test_what_is_kept_may_be_asked_for_in_the_middle() -> None:
    splitter = ThinkSplitter()
    assert splitter.finish() == []
    assert splitter.at is At.START
    splitter.feed(" ")
    assert splitter.blank
    assert splitter.finish() == [Text(" ")]
    assert splitter.decided
    assert splitter.feed("<think>") == [Text("<think>")]


def test_a_long_run_of_white_space_in_a_thought_takes_linear_time() -> None:
    """Quadratic, this would take minutes."""
    space = " " * 1_000_000
    assert split("<think>a" + space, "b</think>c") == (f"a{space}b", "c")


@given(st.text("<>/think \na", max_size=30), st.data())
def test_any_way_of_splitting_is_the_same(text: str, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(["", "<think>", " <think>"])) + text
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)))))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    thought, answer = split(*pieces)
    assert (thought, answer) == split(text)
    if not text.lstrip().startswith("<think>"):
        assert (thought, answer) == ("", text)
