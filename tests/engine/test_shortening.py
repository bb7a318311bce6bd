"""What goes first when a conversation is too long, and what never goes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.engine.shortening import grouped, shortened

ROLES = {"s": "system", "u": "user", "a": "assistant"}


def messages(written: str) -> list[dict[str, Any]]:
    """One message a letter: system, user, assistant, `c` for an assistant's call, `t` for a tool's output."""
    made: list[dict[str, Any]] = []
    for place, letter in enumerate(written):
        made.append(
            {"role": ROLES.get(letter, "tool" if letter == "t" else "assistant"), "content": f"{letter}{place}"}
        )
        if letter == "c":
            made[-1]["tool_calls"] = [{"id": str(place)}]
    return made


def left(written: str, excess: int) -> str | None:
    """The letters that are left, each weighing 1."""
    kept = shortened(messages(written), excess, len)
    return None if kept is None else "".join(message["content"][0] for message in kept)


@pytest.mark.parametrize(
    ("written", "excess", "kept"),
    [
        ("suauau", 1, "suau"),
        ("suauau", 3, "su"),
        ("suauau", 99, "su"),
        ("ssuau", 1, "ssu"),
        ("uctau", 1, "u"),
        ("uuau", 1, "u"),
        ("auau", 1, "uau"),
        ("uctctct", 1, "uctct"),
        ("uauctcttct", 3, "ucttct"),
        ("uctctct", 99, "uct"),
        ("suct", 1, None),
        ("u", 5, None),
        ("s", 5, None),
        ("ususu", 1, "usu"),
        ("aa", 1, "a"),
        ("", 1, None),
    ],
)
def test_whole_turns_go_oldest_first(written: str, excess: int, kept: str | None) -> None:
    assert left(written, excess) == kept


@given(st.text(alphabet="suact", max_size=30), st.integers(1, 40))
def test_what_stays_is_a_conversation(written: str, excess: int) -> None:
    """Outputs follow their calls, the order stays, and the instructions and the user's newest message are there."""
    before = messages(written)
    kept = shortened(before, excess, len)
    if kept is None:
        return
    assert len(kept) < len(before)
    assert [message for message in before if message in kept] == kept
    lead = len(written) - len(written.lstrip("s"))
    assert kept[:lead] == before[:lead]
    for group in grouped(before[lead:]):
        assert all(message in kept for message in group) or not any(message in kept for message in group)
    users = [message for message in before if message["role"] == "user"]
    assert not users or users[-1] in kept
