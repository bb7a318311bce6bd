import pytest

from antiphon.engine.state import ENDS, MOVES, IllegalMove, State, move


def test_every_state_has_its_moves() -> None:
    assert MOVES.keys() == set(State)


def test_ends_are_where_nothing_leads_on() -> None:
    assert {state for state, moves in MOVES.items() if not moves} == ENDS


def test_every_state_can_be_reached() -> None:
    reached, new = set[State](), {State.QUEUED}
    while new:
        reached |= new
        new = {then for state in new for then in MOVES[state]} - reached
    assert reached == set(State)


def test_nothing_is_completed_that_wasnt_to_be_saved() -> None:
    assert {state for state, moves in MOVES.items() if State.COMPLETED in moves} == {State.SAVING}


@pytest.mark.parametrize("now", State)
@pytest.mark.parametrize("then", State)
def test_a_move_is_made_or_refused_by_the_table(now: State, then: State) -> None:
    if then in MOVES[now]:
        assert move(now, then) is then
        return
    with pytest.raises(IllegalMove, match=f"from {now} to {then}"):
        move(now, then)
