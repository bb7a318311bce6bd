"""Items to chat messages: always legal, nothing lost in silence."""

from typing import Any

import msgspec
import pytest
from engine_answers import Json, sources
from hypothesis import given
from hypothesis import strategies as st

from antiphon.engine.dialects import DIALECTS, dialect
from antiphon.engine.input import read_input, stored_item
from antiphon.engine.notes import Notes
from antiphon.engine.prompt import call_ids, chat_messages
from antiphon.errors import InvalidRequest
from antiphon.wire.answers import StoredItem


def raws(items: list[Json]) -> list[msgspec.Raw]:
    return [msgspec.Raw(msgspec.json.encode(item)) for item in items]


def messages(
    items: list[Json], provider: str = "openai", instructions: str | None = None, notes: Notes | None = None
) -> list[Json]:
    return chat_messages(instructions, read_input(raws(items), sources()), dialect(provider), notes or Notes())


def user(content: Any = "hi", role: str = "user") -> Json:
    return {"role": role, "content": content}


def called(key: str, name: str = "f") -> Json:
    return {"type": "function_call", "call_id": key, "name": name, "arguments": "{}"}


def returned(key: str, output: Any = "out") -> Json:
    return {"type": "function_call_output", "call_id": key, "output": output}


def in_short(found: list[Json]) -> list[str]:
    """`user`, `assistant+a,b` with the ids it calls, `tool:a`."""
    short = []
    for message in found:
        calls = ",".join(call["id"] for call in message.get("tool_calls", ()))
        said = "=" + message["content"] if message["role"] == "assistant" and message["content"] else ""
        key = ":" + message["tool_call_id"] if message["role"] == "tool" else ""
        short.append(message["role"] + key + said + (f"+{calls}" if calls else ""))
    return short


# --- content keeps its form ----------------------------------------------------------------------------


def test_a_string_stays_a_string() -> None:
    assert messages([user("hi")]) == [{"role": "user", "content": "hi"}]


def test_a_list_of_parts_stays_a_list() -> None:
    parts = [
        {"type": "input_text", "text": "a"},
        {"type": "input_image", "image_url": "https://e.org/i", "detail": "low"},
    ]
    assert messages([user(parts)]) == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "a"},
                {"type": "image_url", "image_url": {"url": "https://e.org/i", "detail": "low"}},
            ],
        }
    ]


def test_a_tools_output_keeps_its_form() -> None:
    found = messages([called("a"), returned("a", [{"type": "input_text", "text": "x"}])])
    assert found[1] == {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "x"}]}


@pytest.mark.parametrize("content", [[], [{"type": "input_audio", "data": "x"}]])
def test_a_list_of_which_nothing_is_left_is_an_empty_string(content: list[Json]) -> None:
    assert messages([user(content)]) == [{"role": "user", "content": ""}]


def test_the_assistants_parts_become_one_string() -> None:
    parts = [
        {"type": "output_text", "text": "a"},
        {"type": "refusal", "refusal": "b"},
        {"type": "output_text", "text": "c"},
    ]
    assert messages([user(parts, "assistant")]) == [{"role": "assistant", "content": "abc"}]


def test_what_isnt_text_in_the_assistants_words_is_noted() -> None:
    notes = Notes()
    parts = [{"type": "new"}, {"type": "output_text", "text": "a"}, {"type": "input_image", "image_url": "data:x"}]
    assert messages([user(parts, "assistant")], notes=notes) == [{"role": "assistant", "content": "a"}]
    assert notes.ignored == ["input[0].content[0]", "input[0].content[2]"]


# --- roles -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", DIALECTS)
def test_developer_is_system_where_the_dialect_lacks_it(provider: str) -> None:
    role = "developer" if dialect(provider).developer_role else "system"
    assert in_short(messages([user("d", "developer"), user()], provider)) == [role, "user"]


@pytest.mark.parametrize("provider", DIALECTS)
def test_instructions_come_first(provider: str) -> None:
    assert messages([user()], provider, "Be kind.")[0] == {"role": "system", "content": "Be kind."}


def test_system_messages_become_one_at_the_front_where_templates_demand_it() -> None:
    notes = Notes()
    items = [user("a", "system"), user("q"), user([{"type": "input_text", "text": "b"}], "developer"), user("r")]
    assert messages(items, "vllm", "Be kind.", notes) == [
        {"role": "system", "content": "Be kind.\n\na\n\nb"},
        {"role": "user", "content": "q"},
        {"role": "user", "content": "r"},
    ]
    assert notes.approximated == ["input"]


def test_several_system_messages_at_the_front_are_joined_without_a_note() -> None:
    notes = Notes()
    assert messages([user("a", "system"), user("q")], "vllm", "Be kind.", notes)[0]["content"] == "Be kind.\n\na"
    assert notes == Notes()


@pytest.mark.parametrize("content", ["a", [{"type": "input_text", "text": "a"}]])
def test_one_system_message_at_the_front_is_left_alone(content: Any) -> None:
    alone = messages([user(content, "system"), user()], "vllm")
    assert alone == messages([user(content, "system"), user()], "ollama")


def test_without_a_system_message_there_is_none() -> None:
    assert messages([user()], "vllm") == [{"role": "user", "content": "hi"}]


# --- calls and outputs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([called("a"), returned("a")], ["assistant+a", "tool:a"]),
        ([called("a"), called("b"), returned("b"), returned("a")], ["assistant+a,b", "tool:a", "tool:b"]),
        ([called("a"), returned("a"), called("b"), returned("b")], ["assistant+a", "tool:a", "assistant+b", "tool:b"]),
        ([user("x", "assistant"), called("a"), returned("a")], ["assistant=x+a", "tool:a"]),
        ([called("a"), user("x", "assistant"), returned("a")], ["assistant=x+a", "tool:a"]),
        (
            [called("a"), user("x", "assistant"), called("b"), returned("a"), returned("b")],
            ["assistant=x+a,b", "tool:a", "tool:b"],
        ),
        (
            [user("x", "assistant"), user("y", "assistant"), called("a"), returned("a")],
            ["assistant=x", "assistant=y+a", "tool:a"],
        ),
        ([called("a"), user(), returned("a")], ["assistant+a", "tool:a", "user"]),
        ([user("old"), called("a"), user("new"), returned("a")], ["user", "assistant+a", "tool:a", "user"]),
        ([user(), called("a"), user(), returned("a")], ["user", "user", "assistant+a", "tool:a"]),
        ([user(), called("a"), user(), user("new"), returned("a")], ["user", "user", "assistant+a", "tool:a", "user"]),
        ([user(), called("a"), user(), returned("a"), called("b"), user(), returned("b")], ["user", "user", "assistant+a", "tool:a", "user", "assistant+b", "tool:b"]),
        ([user(), user("x", "assistant"), called("a"), user(), returned("a")], ["user", "user", "assistant=x+a", "tool:a"]),
        ([user(), called("a"), user(), called("b"), returned("a"), returned("b")], ["user", "user", "assistant+a", "tool:a", "assistant+b", "tool:b"]),
        ([user(), called("a"), user(), user("x", "assistant"), returned("a")], ["user", "user", "assistant+a", "tool:a", "assistant=x"]),
        ([called("a"), {"type": "reasoning", "summary": []}, called("b"), returned("a"), returned("b")], ["assistant+a,b", "tool:a", "tool:b"]),
        ([called("a"), called("b"), returned("a"), called("c"), returned("c"), returned("b")], ["assistant+a,b", "tool:a", "tool:b", "assistant+c", "tool:c"]),
    ],
)  # fmt: skip
def test_calls_made_together_are_one_message(items: list[Json], expected: list[str]) -> None:
    assert in_short(messages(items)) == expected


def test_an_id_used_again_belongs_to_the_nearest_call() -> None:
    found = messages([called("0", "f"), returned("0", "one"), user(), called("0", "g"), returned("0", "two")])
    assert [message["content"] for message in found if message["role"] == "tool"] == ["one", "two"]


def test_calls_of_one_id_at_once_are_kept_apart() -> None:
    found = messages([called("0"), called("0"), returned("0", "one"), returned("0", "two")])
    assert in_short(found) == ["assistant+0", "tool:0", "assistant+0", "tool:0"]
    assert [found[1]["content"], found[3]["content"]] == ["one", "two"]


def test_a_second_output_of_one_call_is_noted() -> None:
    notes = Notes()
    assert in_short(messages([called("a"), returned("a"), returned("a", "again")], notes=notes)) == [
        "assistant+a",
        "tool:a",
    ]
    assert notes.ignored == ["input[2]"]


@pytest.mark.parametrize(
    ("items", "named"),
    [
        ([called("lone")], "lone"),
        ([returned("lone")], "lone"),
        ([returned("lone"), called("lone")], "lone"),
        ([called("a"), called("lone"), returned("a")], "lone"),
        ([called("a"), returned("a"), called("a")], "a"),
    ],
)
def test_a_call_or_output_alone_is_refused_by_its_id(items: list[Json], named: str) -> None:
    with pytest.raises(InvalidRequest, match=named) as refusal:
        messages(items)
    assert refusal.value.param == "input"


# --- other items ---------------------------------------------------------------------------------------------------


def test_unknown_items_are_noted_and_kept() -> None:
    notes = Notes()
    given = raws([user(), {"type": "hologram", "beam": [1]}, {"type": "reasoning", "summary": []}])
    items = read_input(given, sources())
    assert in_short(chat_messages(None, items, dialect("openai"), notes)) == ["user"]
    assert notes.ignored == ["input[1]"]
    assert [item.raw for item in items] == [bytes(raw) for raw in given]


def test_call_ids_are_those_of_the_calls() -> None:
    assert call_ids(read_input(raws([user(), called("a"), returned("a"), called("b")]), sources())) == {"a", "b"}


# --- any sequence -----------------------------------------------------------------------------------------------------

KEYS = st.sampled_from(["a", "b", "c"])
ITEMS = st.one_of(
    st.builds(user, st.sampled_from(["x", ""]), st.sampled_from(["user", "assistant", "system", "developer"])),
    st.builds(called, KEYS),
    st.builds(returned, KEYS),
    st.just({"type": "reasoning", "summary": []}),
    st.just({"type": "hologram"}),
)


def legal(found: list[Json]) -> bool:
    """Whether each message that calls is followed by the outputs of exactly its calls, and no tool message is loose."""
    due: list[str] = []
    for message in found:
        if message["role"] == "tool":
            if message["tool_call_id"] not in due:
                return False
            due.remove(message["tool_call_id"])
        elif due:
            return False
        due += [call["id"] for call in message.get("tool_calls", ())]
        if len(set(due)) < len(due):
            return False
    return not due


@given(items=st.lists(ITEMS, max_size=9), provider=st.sampled_from(sorted(DIALECTS)))
def test_any_sequence_is_legal_or_refused(items: list[Json], provider: str) -> None:
    notes = Notes()
    keys = [item["call_id"] for item in items if "call_id" in item]
    found: list[Json] = []
    refusal: InvalidRequest | None = None
    try:
        found = messages(items, provider, notes=notes)
    except InvalidRequest as raised:
        refusal = raised
    if refusal is not None:
        assert refusal.param == "input"
        assert any(f" {key}." in refusal.message for key in keys)
        return
    assert legal(found)
    assert sum(item == {"type": "hologram"} for item in items) <= len(notes.ignored)
    if dialect(provider).system_first:
        assert all(message["role"] != "system" for message in found[1:])


@given(st.lists(st.lists(KEYS, min_size=1, max_size=3, unique=True), max_size=4))
def test_every_output_reaches_the_model(turns: list[list[str]]) -> None:
    """Turns of parallel calls whose ids repeat from turn to turn."""
    items: list[Json] = []
    for number, keys in enumerate(turns):
        items += [*map(called, keys), *(returned(key, f"{key}{number}") for key in reversed(keys))]
    found = messages(items)
    assert legal(found)
    outputs = [message["content"] for message in found if message["role"] == "tool"]
    assert outputs == [f"{key}{number}" for number, keys in enumerate(turns) for key in keys]


# --- thinking goes back ------------------------------------------------------------------------------------


def thought(text: str = "Hm.") -> Json:
    return {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": text}]}


AS_PARTS = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "Hi."}]
FIELDS: dict[str, Json] = {
    "ollama": {"reasoning": "Hm."},
    "vllm": {"reasoning": "Hm.", "reasoning_content": "Hm."},
    "generic": {"reasoning": "Hm.", "reasoning_content": "Hm."},
    "llamacpp": {"reasoning_content": "Hm."},
    "fireworks": {"reasoning_content": "Hm."},
    "deepseek": {"reasoning_content": "Hm."},
    "cerebras": {"reasoning": "Hm."},
    "groq": {"reasoning": "Hm."},
    "openrouter": {"reasoning": "Hm."},
    "mistral": {"content": AS_PARTS},
}
"""What an assistant message has besides, by dialect; those that aren't here read no thinking."""


@pytest.mark.parametrize("provider", DIALECTS)
def test_thinking_goes_back_in_the_field_that_the_dialect_reads(provider: str) -> None:
    notes = Notes()
    said = messages([user(), thought(), {"role": "assistant", "content": "Hi."}, user()], provider, notes=notes)
    assert said[1] == {"role": "assistant", "content": "Hi."} | FIELDS.get(provider, {})
    assert notes.ignored == ([] if provider in FIELDS else ["input[1]"])


def test_thinking_goes_back_with_the_calls_that_it_led_to() -> None:
    items = [user(), thought("a"), called("x"), thought("b"), called("y"), returned("x"), returned("y"), thought("c")]
    items += [called("z"), returned("z")]
    said = messages(items, "llamacpp")
    assert in_short(said) == ["user", "assistant+x,y", "tool:x", "tool:y", "assistant+z", "tool:z"]
    assert [message.get("reasoning_content") for message in said] == [None, "ab", None, None, "c", None]


def test_thinking_between_words_and_a_call_joins_both() -> None:
    items = [user(), thought("a"), {"role": "assistant", "content": "Hi."}, thought("b"), called("x"), returned("x")]
    said = messages(items, "llamacpp")[1]
    assert (said["content"], said["reasoning_content"], len(said["tool_calls"])) == ("Hi.", "ab", 1)
    parts = messages(items, "mistral")[1]["content"]
    assert [part.get("text") or part["thinking"][0]["text"] for part in parts] == ["a", "Hi.", "b"]


@pytest.mark.parametrize("after", [[], [user()], [returned("x"), user()]], ids=["the end", "a question", "an output"])
def test_thinking_that_led_to_nothing_is_left_out_and_noted(after: list[Json]) -> None:
    notes = Notes()
    before = [user(), called("x")] if len(after) > 1 else [user()]
    if len(after) > 1:
        before.append(after.pop(0))
    said = messages([*before, thought(), *after], "llamacpp", notes=notes)
    assert all("reasoning_content" not in message for message in said)
    assert notes.ignored == [f"input[{len(before)}]"]


def test_calls_without_the_thinking_before_them_are_sent_all_the_same() -> None:
    said = messages([user(), called("x"), returned("x")], "llamacpp")
    assert "reasoning_content" not in said[1]
    assert messages([user(), called("x"), returned("x")], "deepseek")[1]["reasoning_content"] == ""


def test_a_reasoning_item_without_words_needs_no_partner() -> None:
    notes = Notes()
    messages([user(), {"type": "reasoning", "summary": []}], "openai", notes=notes)
    assert not notes.headers()


def test_a_call_that_broke_off_was_never_made() -> None:
    """As an interrupted turn of a response in the background leaves it."""
    broken = {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": "f",
        "arguments": '{"a',
        "status": "incomplete",
    }
    asked = {
        "type": "mcp_call",
        "id": "mcp_1",
        "server_label": "s",
        "name": "g",
        "arguments": "{}",
        "status": "incomplete",
    }
    items = [stored_item(StoredItem(str(one["id"]), msgspec.json.encode(one))) for one in (broken, asked)]
    hello = {"type": "message", "role": "user", "content": "incomplete"}
    items.append(stored_item(StoredItem("msg_1", msgspec.json.encode(hello))))
    assert chat_messages(None, items, dialect("openai"), Notes()) == [{"role": "user", "content": "incomplete"}]
