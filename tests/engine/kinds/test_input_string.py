r"""A string inside JSON, read while it arrives: however it is split, the text is the same."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.engine.kinds.input_string import InputString

ESCAPES = ["\\n", '\\"', "\\\\", "\\/", "\\t", "\\u00e9", "\\uD83D\\uDE00", "\\ud83d", "\\ude00", "\\d", "\\u12", "\\u"]
ODD = ["é", "😀", "a", "u", "d83d", "0", " ", "\n", "}", "{"]


def read(*pieces: str) -> str:
    decoder = InputString()
    return "".join(map(decoder.feed, pieces)) + decoder.finish()


def split(text: str, cuts: list[int]) -> list[str]:
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[start:end] for start, end in pairwise(places)]


@given(st.text(), st.booleans(), st.lists(st.integers(0, 500)))
def test_any_text_comes_through_whatever_the_splits(text: str, ascii_only: bool, cuts: list[int]) -> None:  # noqa: FBT001 - hypothesis gives it
    assert read(*split(json.dumps({"input": text}, ensure_ascii=ascii_only), cuts)) == text


@given(st.lists(st.sampled_from([*ESCAPES, *ODD])), st.lists(st.integers(0, 500)))
def test_even_broken_escapes_mean_the_same_however_they_are_split(parts: list[str], cuts: list[int]) -> None:
    written = '{"input": "' + "".join(parts) + '"}'
    whole = read(written)
    assert read(*split(written, cuts)) == whole
    assert read(*written) == whole
    whole.encode()


@given(st.text(), st.lists(st.integers(0, 500)))
def test_text_that_is_no_json_is_itself_at_once_or_in_the_end(text: str, cuts: list[int]) -> None:
    bare = "*** " + text
    assert read(*split(bare, cuts)) == bare


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('{"input": "a\\ud83db"}', "a\ufffdb"),
        ('{"input": "\\ud83d"}', "\ufffd"),
        ('{"input": "\\ude00"}', "\ufffd"),
        ('{"input": "\\ud83d\\u0041"}', "\ufffdA"),
        ('{"input": "\\ud83d\\ud83d\\ude00"}', "\ufffd😀"),
        ('{"input": "\\ud83d\\n"}', "\ufffd\n"),
        ('{"input": "\\d+\\."}', "\\d+\\."),
        ('{"input": "\\u12x"}', "\\u12x"),
        ('{"input": "line\nnext"}', "line\nnext"),
        ('{"input": "x"} and more', "x"),
        ('{"input": ""}', ""),
        (' {\n "input" : "x" }', "x"),
    ],
)
def test_what_models_write(written: str, text: str) -> None:
    assert read(written) == text
    assert read(*written) == text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('"SELECT 1"', "SELECT 1"),
        ('"quoted" = 1', '"quoted" = 1'),
        ('{"sql": "SELECT 1"}', "SELECT 1"),
        ('{"why": "so", "input": "SELECT 1"}', "SELECT 1"),
        ('{"a": "1", "b": "2"}', '{"a": "1", "b": "2"}'),
        ('{"sql": "\\ud83d"}', "\ufffd"),
        ("{}", ""),
        ("{}}", "{}}"),
        ("[1]", "[1]"),
        ("", ""),
        ("{" * 5, "{{{{{"),
    ],
)
def test_json_of_another_shape_gives_its_only_string_or_itself(written: str, text: str) -> None:
    assert read(written) == text
    assert read(*written) == text


@pytest.mark.parametrize(
    ("cut", "text"),
    [('{"input": "ab', "ab"), ('{"input": "a\\', "a"), ('{"input": "a\\u00', "a"), ('{"input": "a\\ud83d', "a")],
)
def test_a_stream_that_breaks_off_keeps_what_has_a_meaning(cut: str, text: str) -> None:
    assert read(cut) == text


@pytest.mark.parametrize(
    ("written", "text"),
    [('{"code": "x"}', "x"), ('{"why": "so", "code": "x"}', "x"), ('{"input": "x"}', "x"), ("x", "x")],
)
def test_the_string_may_have_another_name(written: str, text: str) -> None:
    decoder = InputString("code")
    assert decoder.feed(written) + decoder.finish() == text


def test_text_leaves_as_soon_as_it_is_known() -> None:
    decoder = InputString()
    pieces = ['{"in', 'put":"', "a", "\\", "n\\ud83d", "\\ude", "00b", '"', "}"]
    assert [decoder.feed(piece) for piece in pieces] == ["", "", "a", "", "\n", "", "😀b", "", ""]
    assert decoder.finish() == ""
