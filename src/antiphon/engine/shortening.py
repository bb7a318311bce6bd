"""Leaves out the oldest of a conversation: whole turns, never a call without its output.

What always stays: the instructions at the front, the newest message of the user, and the newest group behind it. Pure.
Not here: how much has to go (`fitting.py`).
"""

from collections.abc import Callable, Sequence
from typing import Any

ChatMessage = dict[str, Any]
Group = list[ChatMessage]

INSTRUCTIONS = frozenset({"system", "developer"})


def shortened(messages: Sequence[ChatMessage], excess: int, weigh: Callable[[Group], int]) -> list[ChatMessage] | None:
    """The messages without as many of the oldest turns as weigh `excess`; None where nothing can go.

    A turn is a message of the user with all that follows it. Where that isn't enough, the groups behind the user's
    newest message go as well, one by one: what the assistant said and called, with the outputs.
    """
    first = next((n for n, message in enumerate(messages) if message["role"] not in INSTRUCTIONS), len(messages))
    instructions, groups = list(messages[:first]), grouped(messages[first:])
    newest = max((n for n, group in enumerate(groups) if _is_users(group)), default=None)
    gone: set[int] = set()
    for turn in _droppable(groups, newest):
        if sum(weigh(groups[n]) for n in gone) >= excess:
            break
        gone.update(turn)
    if not gone:
        return None
    kept = [message for n, group in enumerate(groups) if n not in gone for message in group]
    return [*instructions, *kept]


def grouped(messages: Sequence[ChatMessage]) -> list[Group]:
    """Messages that can't be parted: what the assistant called, with the outputs that follow."""
    groups: list[Group] = []
    for message in messages:
        if message["role"] == "tool" and groups:
            groups[-1].append(message)
        else:
            groups.append([message])
    return groups


def _droppable(groups: Sequence[Group], newest: int | None) -> list[list[int]]:
    """The places of what may go, oldest first, what goes together as one."""
    turns: list[list[int]] = []
    for place in range(newest or 0):
        if not turns or (_is_users(groups[place]) and not _is_users(groups[place - 1])):
            turns.append([])
        turns[-1].append(place)
    behind = range(0 if newest is None else newest + 1, len(groups) - 1)
    return [*turns, *([place] for place in behind)]


def _is_users(group: Group) -> bool:
    return bool(group[0]["role"] == "user")
