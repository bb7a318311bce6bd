"""The states of a run and the moves between them, as a table.

Theory of operation: a run is in exactly one state. A reply moves it to the next, and a move that isn't in
`MOVES` is a programming error, raised at once instead of corrupting an answer. Terminal states have no
moves. Counterpart: `run.py`, which makes the moves.
"""

from enum import StrEnum


class State(StrEnum):
    """Where a run stands.

    `JUDGING` comes before the model is asked, or after it said all. `SAVING` holds the terminal event back until the
    answer is durable, if it is to be kept.
    """

    QUEUED = "queued"
    CHECKING = "checking"
    LISTING = "listing"
    MEASURING = "measuring"
    JUDGING = "judging"
    ASKING = "asking"
    STREAMING = "streaming"
    CALLING_TOOLS = "calling_tools"
    SAVING = "saving"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDS = frozenset({State.COMPLETED, State.INCOMPLETE, State.FAILED, State.CANCELLED})

TURN = frozenset({State.JUDGING, State.MEASURING, State.ASKING})
"""What a turn may begin with."""

MOVES: dict[State, frozenset[State]] = {
    State.QUEUED: TURN | {State.CHECKING, State.LISTING, State.CALLING_TOOLS, State.SAVING, State.FAILED},
    State.CHECKING: TURN | {State.LISTING, State.CALLING_TOOLS, State.SAVING, State.FAILED, State.CANCELLED},
    State.LISTING: TURN | {State.CALLING_TOOLS, State.SAVING},
    State.JUDGING: frozenset({State.MEASURING, State.ASKING, State.SAVING, State.FAILED, State.CANCELLED}),
    State.MEASURING: frozenset({State.MEASURING, State.ASKING, State.SAVING, State.FAILED, State.CANCELLED}),
    State.ASKING: frozenset({State.STREAMING, State.JUDGING, State.SAVING, State.FAILED, State.CANCELLED}),
    State.STREAMING: TURN | {State.CHECKING, State.CALLING_TOOLS, State.SAVING},
    State.CALLING_TOOLS: TURN | {State.SAVING},
    State.SAVING: ENDS,
    State.COMPLETED: frozenset(),
    State.INCOMPLETE: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}


class IllegalMove(Exception):
    """A run was told something that its state has no answer to: a fault of this program."""


def move(now: State, then: State) -> State:
    """`then`, if the table allows it."""
    if then not in MOVES[now]:
        raise IllegalMove(f"a run can't go from {now} to {then}")
    return then
