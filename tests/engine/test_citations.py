"""Markers in text become citations, wherever the text is cut; none reaches the client."""

import re
from typing import Any

import msgspec
import pytest
from engine_answers import decode_chunk, sources
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.engine.citations import HOW_TO_CITE, Bibliography, Citable, CitationReader
from antiphon.engine.open_items import Cited, CitedLink, Text
from antiphon.engine.turn import Turn
from antiphon.wire.events import OutputTextDelta

PAGE = Citable(
    "A\nhttps://a.org", {"type": "url_citation", "url": "https://a.org", "title": "A"}, "([a.org](https://a.org))"
)
FILE = Citable("B", {"type": "file_citation", "file_id": "file-1", "filename": "b.md"})


def known() -> Bibliography:
    bibliography = Bibliography()
    bibliography.told(None, [PAGE, FILE])
    return bibliography


def read(*pieces: str) -> list[str]:
    """Text joined, sources by what they show or their file; in order."""
    reader = CitationReader(known())
    found = [one for piece in pieces for one in reader.feed(piece)] + reader.finish()
    assert all(one.text for one in found if isinstance(one, Text))
    told: list[str] = []
    for one in found:
        if isinstance(one, CitedLink):
            last = told.pop()
            at = len(last) - one.behind
            told += [last[:at], "<link>", last[at:]]
        elif isinstance(one, Cited):
            told += [f"<{one.annotation['type']}>", ""]
        elif told and not told[-1].startswith("<"):
            told[-1] += one.text
        else:
            told.append(one.text)
    return [one for one in told if one]


U, F = "<url_citation>", "<file_citation>"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("plain", ["plain"]),
        ("a [cite:1]", ["a ", U]),
        ("a [cite:2].", ["a ", F, "."]),
        ("[cite:1][cite:2]", [U, F]),
        ("[cite:1, 2] b", [U, F, " b"]),
        ("[cite:2; cite:1,1]", [F, U]),
        ("[cite: 1 ]", [U]),
        ("[cite:3]x", ["x"]),
        ("a[cite:0]b[cite:]c", ["abc"]),
        ("[[cite:1]]", ["[", U, "]"]),
        ("[cite:1", ["[cite:1"]),
        ("[cited:1]", ["[cited:1]"]),
        ("[cite:x]", ["[cite:x]"]),
        ("a [link](https://x)", ["a [link](https://x)"]),
        (f"[cite:{'1' * 80}]", [f"[cite:{'1' * 80}]"]),
        ("[cite:1\n]", [U]),
        ("See [A](https://a.org)", ["See [A](https://a.org)", "<link>"]),
        ("[A](https://a.org/#top)", ["[A](https://a.org/#top)", "<link>"]),
        ("[A](https://a.org/other)", ["[A](https://a.org/other)"]),
        ("[](https://a.org", ["[](https://a.org"]),
    ],
)
def test_a_marker_is_a_citation(text: str, found: list[str]) -> None:
    assert read(text) == found
    assert read(*text) == found


def test_text_is_held_only_while_it_may_become_a_marker() -> None:
    reader = CitationReader(known())
    assert reader.feed("a [ci") == [Text("a ")]
    assert reader.feed("ty") == [Text("[city")]
    assert reader.feed("[") == []
    assert reader.feed("[") == [Text("[")]
    assert reader.finish() == [Text("[")]
    assert reader.finish() == []


ALPHABET = st.sampled_from(
    [
        "[",
        "]",
        "cite:",
        "c",
        "[cite:1]",
        "[cite:2]",
        "[cite:9]",
        "[cite:1,2]",
        " ",
        "word",
        "[A](https://a.org)",
        "](https://a.org",
        "(",
        ")",
        "é",
        "🐈",
        ",",
        "1",
    ]
)


@settings(max_examples=60)
@given(st.lists(ALPHABET, max_size=30).map("".join), st.data())
def test_any_split_of_a_text_gives_the_same(text: str, data: Any) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert read(*pieces) == read(text)


def test_a_source_is_told_behind_its_marker_and_how_to_cite_it() -> None:
    bibliography = Bibliography()
    assert bibliography.told("Nothing.", []) == "Nothing."
    assert bibliography.told(None, []) == ""
    assert bibliography.told(None, [PAGE]) == f"{HOW_TO_CITE}\n\n[cite:1] A\nhttps://a.org"
    assert bibliography.told("Found.", [FILE]) == f"Found.\n\n{HOW_TO_CITE}\n\n[cite:2] B"


def message(*pieces: str) -> dict[str, Any]:
    """The text part of a message that a model says in these pieces."""
    turn = Turn(sources(), bibliography=known())
    for piece in pieces:
        turn.feed(decode_chunk(msgspec.json.encode({"choices": [{"delta": {"content": piece}}]})))
    turn.finish()
    items = [msgspec.json.decode(raw) for raw in turn.output]
    return dict(items[0]["content"][0]) if items else {}


@settings(max_examples=60)
@given(st.lists(ALPHABET, max_size=30).map("".join), st.data())
def test_citations_stand_where_they_say_however_the_text_was_cut(text: str, data: Any) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    part = message(*pieces)
    assert part == message(text)
    for one in part.get("annotations", []):
        if one["type"] == "url_citation":
            span = part["text"][one["start_index"] : one["end_index"]]
            assert span == PAGE.shown or re.fullmatch(r"\[[^\[\]]*\]\(https://a\.org\)", span)
        else:
            assert 0 <= one["index"] <= len(part["text"])


MARKED = (
    "One [cite:1]. Two",
    " [cite:2], and 🐈 three[cite:3][cite:1] é. ",
    "[cite:2; 3] Lists [x] and [cite:9] go on [cite:4]",
)
FILES = [
    Citable(f"text {n}", {"type": "file_citation", "file_id": f"file-{n}", "filename": f"{n}.md"}) for n in range(3)
]


@settings(max_examples=200)
@given(st.sampled_from(MARKED), st.sampled_from(MARKED), st.data())
def test_files_are_cited_at_the_same_places_in_200_splittings(one: str, other: str, data: Any) -> None:
    text = one + other
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=40)))
    bibliography = Bibliography()
    bibliography.told(None, FILES)
    turn = Turn(sources(), bibliography=bibliography)
    deltas: list[str] = []
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        chunk = decode_chunk(msgspec.json.encode({"choices": [{"delta": {"content": text[start:end]}}]}))
        deltas += [event.delta for event in turn.feed(chunk) if isinstance(event, OutputTextDelta)]
    deltas += [event.delta for event in turn.finish() if isinstance(event, OutputTextDelta)]
    part = msgspec.json.decode(turn.output[0])["content"][0]
    assert part["text"] == "".join(deltas) == re.sub(r"\[cite:[^\]]*\]", "", text)
    places: list[tuple[str, int]] = []
    for marker in re.finditer(r"\[cite:([^\]]*)\]", text):
        at = len(re.sub(r"\[cite:[^\]]*\]", "", text[: marker.start()]))
        numbers = [int(number) for number in re.findall(r"\d", marker[1])]
        places += [(f"file-{number - 1}", at) for number in numbers if number <= len(FILES)]
    assert [(one["file_id"], one["index"]) for one in part["annotations"]] == places


def test_what_was_held_back_comes_before_a_call_and_at_the_end() -> None:
    turn = Turn(sources(), bibliography=known())
    for delta in [
        {"content": "See ["},
        {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}]},
    ]:
        turn.feed(decode_chunk(msgspec.json.encode({"choices": [{"delta": delta}]})))
    turn.finish()
    items = [msgspec.json.decode(raw) for raw in turn.output]
    assert [item["type"] for item in items] == ["message", "function_call"]
    assert items[0]["content"][0]["text"] == "See ["
    assert message("a [cite:")["text"] == "a [cite:"
    assert message("[cite:1]") == {
        "type": "output_text", "text": "([a.org](https://a.org))", "logprobs": [],
        "annotations": [{**PAGE.annotation, "start_index": 0, "end_index": 24}],
    }  # fmt: skip


def test_a_file_is_cited_at_a_character_and_without_text() -> None:
    part = message("🐈 is [cite:2] a cat")
    assert part["text"] == "🐈 is  a cat"
    assert part["annotations"] == [{**FILE.annotation, "index": 5}]
