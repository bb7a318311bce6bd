"""The traps of upstream streams: each answer is checked as a whole stream."""

from typing import Any

import msgspec
import pytest
from engine_answers import Answered, Json, answered, call, decode_chunk, piece, planned, sources, told
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.engine.replies import UpstreamChunks, UpstreamDone, UpstreamOpened
from antiphon.engine.run import Run
from antiphon.testing.playbook import said
from antiphon.wire.chat import ChatChunk, Choice, Delta, Texts

STOP = said(finish="stop")
ENDED = said(finish="tool_calls")


def test_text_is_streamed_as_it_comes() -> None:
    answer = answered(said(role="assistant", content=""), said(content="Hel"), said(content="lo"), STOP)
    assert answer.said == [("text", "Hello")]
    assert answer.names == [
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]


def test_a_whole_message_counts_where_nothing_was_streamed() -> None:
    def whole(text: str) -> Any:
        return ChatChunk([Choice(message=Delta(text), finish_reason="stop")])

    assert answered(whole("Hello")).said == [("text", "Hello")]
    assert answered(said(content="Hel"), said(content="lo"), whole("Hello")).said == [("text", "Hello")]


def test_usage_within_a_choice() -> None:
    choice = {"delta": {}, "finish_reason": "stop", "usage": {"prompt_tokens": 3, "completion_tokens": 2}}
    assert answered(said(content="Hi"), {"choices": [choice]}).final["usage"]["total_tokens"] == 5


# --- text, and what stands around it -----------------------------------------------------------------


def test_text_after_and_between_calls_has_items_of_its_own() -> None:
    answer = answered(
        said(content="I'll "),
        said(content="look."),
        call(0, "c1", "f", "{}"),
        said(content="And "),
        said(content="more."),
        call(1, "c2", "g", "{}"),
        said(content="Done."),
        STOP,
    )
    assert answer.said == [("text", "I'll look."), ("f", "{}"), ("text", "And more."), ("g", "{}"), ("text", "Done.")]


def test_text_in_the_middle_of_a_call_waits_for_it() -> None:
    answer = answered(
        call(0, "c1", "f", '{"a'), said(content="Hm."), call(0, arguments='":1}'), said(content="!"), STOP
    )
    assert answer.said == [("f", '{"a":1}'), ("text", "Hm.!")]


def test_everything_in_one_chunk() -> None:
    answer = answered(said(reasoning="Why?", content="So.", tool_calls=[piece(0, "c", "f", "{}")], finish="tool_calls"))
    assert answer.said == [("thought", "Why?"), ("text", "So."), ("f", "{}")]


def test_a_finish_reason_in_a_chunk_with_content() -> None:
    assert answered(said(content="Hi"), said(content="!", finish="stop"), marked=False).said == [("text", "Hi!")]


def test_a_refusal_after_text_is_another_part() -> None:
    answer = answered(said(content="Well."), said(refusal="I "), said(refusal="won't."), STOP)
    assert answer.said == [("text", "Well."), ("refusal", "I won't.")]
    assert len(answer.output) == 1


def test_text_after_a_refusal_is_another_part() -> None:
    answer = answered(said(refusal="No."), said(content="But "), said(content="yes."), STOP)
    assert answer.said == [("refusal", "No."), ("text", "But yes.")]


@pytest.mark.parametrize("begun", ["<", " <thi", "\n"])
@pytest.mark.parametrize(
    ("chunk", "then"),
    [
        (call(0, "c", "f", "{}"), ("f", "{}")),
        (said(function_call={"name": "f", "arguments": "{}"}), ("f", "{}")),
        (said(refusal="No."), ("refusal", "No.")),
        (said(content=[{"type": "thinking", "thinking": "Hm."}]), ("thought", "Hm.")),
    ],
)
def test_text_that_might_be_a_tag_keeps_its_place(begun: str, chunk: Json, then: tuple[str, str]) -> None:
    assert answered(said(content=begun), chunk, STOP).said == [("text", begun), then]


def test_text_that_might_be_a_tag_comes_before_thinking_in_a_field() -> None:
    answer = answered(said(content="<"), said(reasoning="Hm."), said(content="a"), STOP)
    assert answer.said == [("text", "<"), ("thought", "Hm."), ("text", "a")]


def test_white_space_before_thinking_in_a_field_goes_to_the_text() -> None:
    answer = answered(said(content="\n"), said(reasoning="Hm."), said(content="a"), STOP)
    assert answer.said == [("thought", "Hm."), ("text", "\na")]


# --- reasoning ---------------------------------------------------------------------------------------

SPELLINGS: list[list[Json]] = [
    [said(reasoning_content="Let me "), said(reasoning_content="think.")],
    [said(reasoning="Let me "), said(reasoning="think.")],
    [said(thinking="Let me "), said(thinking="think.")],
    [said(reasoning_content=text, reasoning=text) for text in ("Let me ", "think.")],
    [said(content="<think>\nLet me "), said(content="think.\n</think>\n\n")],
    [said(content=part) for part in "<think>Let me think.</think>"],
    [
        said(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "Let me "}]}]),
        said(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "think."}]}]),
    ],
]


@pytest.mark.parametrize("thinking", SPELLINGS)
def test_reasoning_in_every_spelling(thinking: list[Json]) -> None:
    answer = answered(*thinking, said(content="Yes"), said(content="."), STOP)
    assert answer.said == [("thought", "Let me think."), ("text", "Yes.")]
    assert answer.names[:3] == ["output_item.added", "content_part.added", "reasoning_text.delta"]


@pytest.mark.parametrize("thinking", SPELLINGS)
def test_reasoning_before_a_call(thinking: list[Json]) -> None:
    answer = answered(*thinking, call(0, "c", "f", "{}"), ENDED)
    assert answer.said == [("thought", "Let me think."), ("f", "{}")]


def test_content_parts() -> None:
    parts: list[Any] = [
        {"type": "thinking", "thinking": "Hm."},
        {"type": "text", "text": "A"},
        {"type": "reference", "reference_ids": [1]},
        {"type": "text", "text": None},
        {"type": "thinking", "thinking": None},
        "loose",
        7,
    ]
    answer = answered(said(content=parts), said(content=[{"type": "text", "text": "B"}]), STOP)
    assert answer.said == [("thought", "Hm."), ("text", "AB")]


def test_thinking_that_a_limit_cut() -> None:
    answer = answered(said(content="<think>So"), said(content=" far"), said(finish="length"))
    assert answer.said == [("thought", "So far")]
    assert answer.output[0]["status"] == "incomplete"


# --- usage, log probabilities, annotations, choices -----------------------------------------------------


def test_the_usage_chunk_has_no_choices() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    without: list[Any] = [[], None]
    for choices in without:
        answer = answered(said(content="x", finish="stop"), {"choices": choices, "usage": usage})
        assert (answer.final["usage"]["input_tokens"], answer.final["usage"]["output_tokens"]) == (3, 2)


def test_usage_in_several_chunks() -> None:
    first = {
        "choices": [],
        "usage": {"prompt_tokens": 3, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 2}},
    }
    last = {"choices": [], "usage": {"completion_tokens": 9}}
    usage = answered(first, said(content="x", finish="stop"), last, {"choices": [], "usage": None}).final["usage"]
    assert (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]) == (3, 9, 12)
    assert usage["input_tokens_details"]["cached_tokens"] == 2


def test_chunks_of_nothing() -> None:
    empty: list[Json] = [
        {},
        {"choices": None},
        {"choices": []},
        {"choices": [{"index": 0}]},
        {"choices": [{"delta": None}]},
    ]
    answer = answered(*empty, said(content="x"), *empty, STOP)
    assert answer.said == [("text", "x")]


def test_only_the_first_of_several_choices_counts() -> None:
    both = {
        "choices": [
            {"index": 1, "delta": {"content": "B"}, "finish_reason": "length"},
            {"index": 0, "delta": {"content": "A"}},
        ]
    }
    answer = answered(both, both, STOP)
    assert answer.said == [("text", "AA")]
    assert answer.final["status"] == "completed"


def token(text: str, *, spelled: bool = True) -> Json:
    top = [{"token": "t", "logprob": -1.5, "bytes": [116] if spelled else None}]
    return {"token": text, "logprob": -0.5, "bytes": list(text.encode()) if spelled else None, "top_logprobs": top}


def with_logprobs(text: str | None, *tokens: Json) -> Json:
    return {
        "choices": [{"index": 0, "delta": {"content": text}, "logprobs": {"content": list(tokens), "refusal": None}}]
    }


@pytest.mark.parametrize("texts", [["Hi", " you"], ["<", "b>"], ["\n", "<th", "e>"], ["<"]])
@pytest.mark.parametrize("together", [False, True])
def test_logprobs_stay_with_their_text(texts: list[str], *, together: bool) -> None:
    answer = answered(*(with_logprobs(text, token(text)) for text in texts), STOP, together=together)
    part = answer.output[0]["content"][0]
    assert part["text"] == "".join(texts)
    assert [known["token"] for known in part["logprobs"]] == texts
    deltas = [event for event in answer.events if event["type"] == "response.output_text.delta"]
    assert [known["token"] for delta in deltas for known in delta["logprobs"]] == texts
    assert part["logprobs"][0]["top_logprobs"] == [{"token": "t", "logprob": -1.5, "bytes": [116]}]


def test_logprobs_of_inline_thinking_are_left_out() -> None:
    texts = ["<think>", "Hm", "</think>", "\n\n", "So", "."]
    part = answered(*(with_logprobs(text, token(text)) for text in texts), STOP).output[1]["content"][0]
    assert part["text"] == "So."
    assert [known["token"] for known in part["logprobs"]][-2:] == ["So", "."]
    assert not {"<think>", "Hm"} & {known["token"] for known in part["logprobs"]}


def test_bytes_of_a_token_are_made_up_where_they_are_missing() -> None:
    part = answered(with_logprobs("é", token("é", spelled=False)), STOP).output[0]["content"][0]
    assert part["logprobs"][0]["bytes"] == [0xC3, 0xA9]


def test_a_token_of_half_a_character_keeps_its_logprobs() -> None:
    answer = answered(
        with_logprobs("a", token("a")), with_logprobs("", token("\\xc3")), with_logprobs("é", token("\\xa9")), STOP
    )
    assert len(answer.output[0]["content"][0]["logprobs"]) == 3


def citation(**fields: Any) -> Json:
    return {
        "type": "url_citation",
        "url_citation": {"url": "https://e.org", "title": "T", "start_index": 0, "end_index": 2, **fields},
    }


@pytest.mark.parametrize("together", [False, True])
def test_annotations_come_between_the_deltas(*, together: bool) -> None:
    answer = answered(said(content="Hi"), said(annotations=[citation()]), said(content="!"), STOP, together=together)
    part = answer.output[0]["content"][0]
    assert part["annotations"] == [
        {"type": "url_citation", "url": "https://e.org", "title": "T", "start_index": 0, "end_index": 2}
    ]
    assert answer.names[2:5] == ["output_text.delta", "output_text.annotation.added", "output_text.delta"]
    assert answer.events[3]["part"] == {"type": "output_text", "text": "", "annotations": [], "logprobs": []}


@pytest.mark.parametrize(
    "odd",
    [None, 5, "x", {}, {"type": "file"}, {"url_citation": 5}, {"url_citation": {}}, {"url_citation": {"url": None}}],
)
def test_odd_annotations_are_passed_over(odd: Any) -> None:
    assert answered(said(content="Hi"), said(annotations=[odd]), STOP).output[0]["content"][0]["annotations"] == []


SOURCES: Json = {"citations": ["https://e.org"], "search_results": [{"url": "https://e.org", "title": "T"}]}


def test_sources_that_are_listed_beside_the_answer_are_cited_at_its_end() -> None:
    answer = answered(said(content="Hi") | SOURCES, said(content="[1]!") | SOURCES, STOP | SOURCES)
    assert answer.output[0]["content"][0]["annotations"] == [
        {"type": "url_citation", "url": "https://e.org", "title": "T", "start_index": 2, "end_index": 5}
    ]
    assert answer.names[4:6] == ["output_text.annotation.added", "output_text.done"]


def test_an_upstreams_own_annotations_go_before_its_list() -> None:
    answer = answered(said(content="Hi[1]") | SOURCES, said(annotations=[citation(url="https://own.org")]), STOP)
    assert [one["url"] for one in answer.output[0]["content"][0]["annotations"]] == ["https://own.org"]


def test_a_refusal_cites_nothing() -> None:
    assert answered(said(refusal="No[1].") | SOURCES, STOP).said == [("refusal", "No[1].")]


def test_a_citation_whose_fields_arent_nested() -> None:
    flat = citation()["url_citation"] | {"type": "url_citation"}
    answer = answered(said(content="Hi"), said(annotations=[flat]), STOP)
    assert answer.output[0]["content"][0]["annotations"] == [flat]


@pytest.mark.parametrize("odd", [None, "2", 2.5, [], True])
def test_odd_places_of_a_citation_are_zero(odd: Any) -> None:
    answer = answered(said(content="Hi"), said(annotations=[citation(start_index=odd, title=odd)]), STOP)
    found = answer.output[0]["content"][0]["annotations"][0]
    assert found["start_index"] == 0
    assert found["title"] == (odd if isinstance(odd, str) else "")


def test_an_error_object_in_a_chunk_is_not_the_turns_affair() -> None:
    """The reader of the stream ends it there; what the turn makes of the rest is still well formed."""
    assert answered({"error": {"message": "Boom"}}, said(content="x"), STOP).said == [("text", "x")]


# --- any way of splitting, any order ---------------------------------------------------------------------

FIELDS = {"text": "content", "thought": "reasoning_content", "refusal": "refusal"}
TEXTS = st.text("ab<>/think \n{}é", min_size=1, max_size=12)
TAGGED = st.tuples(TEXTS, TEXTS).map(lambda pair: f"<think>{pair[0]}</think>\n\n{pair[1]}")
ARGUMENTS = st.dictionaries(st.text("ab}{", max_size=3), st.integers(-9, 9) | st.text('"}\\', max_size=3), max_size=2)
SEGMENTS = st.lists(
    st.tuples(st.just("text"), TEXTS | TAGGED)
    | st.tuples(st.sampled_from(["thought", "refusal"]), TEXTS)
    | st.tuples(st.just("call"), ARGUMENTS.map(lambda arguments: msgspec.json.encode(arguments).decode())),
    max_size=5,
)
FILLERS: list[Json] = [{}, {"choices": []}, said(role="assistant"), said(content=""), said(content=None, tool_calls=[])]

Segments = list[tuple[str, str]]


def whole(segments: Segments) -> list[Json]:
    """Each segment as one chunk."""
    return [
        call(number, f"c{number}", "f", text) if kind == "call" else said(**{FIELDS[kind]: text})
        for number, (kind, text) in enumerate(segments)
    ]


def in_pieces(data: st.DataObject, segments: Segments) -> list[Json]:
    """The same cut anywhere, with empty chunks in between."""
    chunks: list[Json] = []
    for number, (kind, text) in enumerate(segments):
        cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=4)))
        parts = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        if kind == "call":
            chunks.append(call(number, f"c{number}", "f"))
            chunks += [call(number, arguments=part) for part in parts]
        else:
            chunks += [said(**{FIELDS[kind]: part}) for part in parts]
        chunks.append(data.draw(st.sampled_from(FILLERS)))
    return chunks


def without_ids(answer: Answered) -> list[Json]:
    return [{key: value for key, value in item.items() if key != "id"} for item in answer.output]


@settings(deadline=None)
@given(data=st.data(), segments=SEGMENTS, finish=st.sampled_from(["stop", "tool_calls", "length"]))
def test_any_way_of_splitting_gives_the_same_items(data: st.DataObject, segments: Segments, finish: str) -> None:
    one = answered(*whole(segments), said(finish=finish))
    other = answered(*in_pieces(data, segments), said(finish=finish), together=data.draw(st.booleans()))
    assert without_ids(one) == without_ids(other)
    assert one.final["status"] == other.final["status"]


NULL = st.none()
FUNCTIONS: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {},
    optional={
        "name": NULL | st.sampled_from(["", "f", "g"]),
        "arguments": NULL | st.sampled_from(["", "{", '{"a":', "1}", "{}", "]", " "]) | st.just({"a": {}}),
    },
)
CALLS = st.fixed_dictionaries(
    {},
    optional={
        "index": NULL | st.integers(-1, 2),
        "id": NULL | st.sampled_from(["", "0", "a", "b"]),
        "function": NULL | FUNCTIONS,
    },
)
PARTS = st.sampled_from([{"type": "text", "text": "p"}, {"type": "thinking", "thinking": [{"text": "t"}]}, 5, {}])
WORDS = NULL | st.sampled_from(["", "a", " ", "\n", "<", "<think>", "</think>", "</thi", "nk>"])
DELTAS = NULL | st.fixed_dictionaries(
    {},
    optional={
        "content": WORDS | st.lists(PARTS, max_size=2),
        "reasoning_content": WORDS,
        "reasoning": WORDS,
        "thinking": WORDS,
        "refusal": WORDS,
        "tool_calls": NULL | st.lists(CALLS, max_size=3),
        "function_call": NULL | FUNCTIONS,
        "annotations": NULL | st.just([citation()]),
    },
)
LOGPROBS = NULL | st.just({"content": None}) | st.just({"content": [token("a")]})
FINISHES = NULL | st.sampled_from(["stop", "length", "tool_calls", "content_filter", "error", "new", ""])
CHOICES = st.fixed_dictionaries(
    {"delta": DELTAS}, optional={"index": NULL | st.integers(0, 1), "finish_reason": FINISHES, "logprobs": LOGPROBS}
)
USAGES = NULL | st.fixed_dictionaries(
    {}, optional={"prompt_tokens": NULL | st.integers(-5, 5), "completion_tokens": NULL | st.integers(-5, 5)}
)
CHUNKS = st.fixed_dictionaries(
    {}, optional={"choices": NULL | st.lists(CHOICES, max_size=2), "usage": USAGES, "service_tier": WORDS}
)


@settings(deadline=None)
@given(chunks=st.lists(CHUNKS, max_size=12), marked=st.booleans(), together=st.booleans())
def test_any_order_of_deltas_makes_a_well_formed_stream(*, chunks: list[Json], marked: bool, together: bool) -> None:
    answered(*chunks, marked=marked, together=together)


# --- phases ------------------------------------------------------------------------------------------------

OFFERED: list[Json] = [{"type": "function", "name": "f", "parameters": {}}]
SAID: Json = {"choices": [{"index": 0, "delta": {"content": "Hi."}}]}
THOUGHT: Json = {"choices": [{"index": 0, "delta": {"reasoning": "Hm."}}]}
CUT: Json = {"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]}


@pytest.mark.parametrize(
    ("chunks", "tools", "phases"),
    [
        ([SAID], OFFERED, ["final_answer"]),
        ([SAID], [], [None]),
        ([SAID, call(0, "a", "f", "{}")], OFFERED, ["commentary"]),
        ([call(0, "a", "f", "{}"), SAID], OFFERED, ["commentary"]),
        ([SAID, THOUGHT, SAID], OFFERED, [None, "final_answer"]),
        ([THOUGHT, SAID], OFFERED, ["final_answer"]),
        ([SAID, CUT], OFFERED, [None]),
    ],
    ids=["alone", "without tools", "before a call", "after a call", "between thoughts", "after a thought", "cut"],
)
def test_a_message_says_its_phase_where_that_is_known(chunks: list[Json], tools: list[Json], phases: list[Any]) -> None:
    answer = answered(*chunks, tools=tools)
    messages = [item for item in answer.output if item["type"] == "message"]
    assert [message.get("phase") for message in messages] == phases
    added = [event["item"] for event in answer.events if event["type"] == "response.output_item.added"]
    assert not [item for item in added if "phase" in item]


PIECES = st.lists(st.sampled_from(["", " ", "<think>", "hm", "</think>", "a", "\n", "é"]), max_size=12)


@given(PIECES)
def test_texts_are_read_at_once_as_they_are_one_by_one(pieces: list[str]) -> None:
    run = Run(planned(store=False).plan, sources())
    texts = UpstreamChunks([Texts(pieces)])
    end = UpstreamChunks([decode_chunk(msgspec.json.encode(STOP))])
    at_once = told(run, UpstreamOpened(), texts, texts, end, UpstreamDone(marked=True))
    one_by_one = answered(*(said(content=piece) for piece in [*pieces, *pieces]), STOP)
    assert at_once.events == one_by_one.events
