"""A dialogue with a run: what fits goes on, what doesn't is shown where it stands."""

import engine_answers
import pytest

from antiphon.engine.commands import CallUpstream, Finish, Save
from antiphon.engine.replies import Saved, UpstreamDone, UpstreamOpened
from antiphon.engine.run import Run
from antiphon.testing import check_stream
from antiphon.testing.playbook import Playbook, chunks, events, said


@pytest.fixture
def play() -> Playbook:
    return Playbook(Run(engine_answers.planned().plan, engine_answers.sources()))


OPENED = events("response.created", "response.in_progress")


def test_a_whole_dialogue(play: Playbook) -> None:
    play << CallUpstream
    play >> UpstreamOpened() << OPENED
    play >> chunks(said(content="Hi", finish="stop"))
    play << events("response.output_item.added", "response.content_part.added", "response.output_text.delta")
    play >> UpstreamDone(marked=True)
    play << events("response.output_text.done", "response.content_part.done", "response.output_item.done") << Save
    play >> Saved() << events("response.completed") << Finish()
    play.end()
    assert check_stream(play.seen)["status"] == "completed"


def test_an_equal_command_fits(play: Playbook) -> None:
    play << CallUpstream("up", engine_answers.planned().body)
    play.end()


@pytest.mark.parametrize("wrong", [Save, Finish(), events("response.created"), CallUpstream("up", {})])
def test_what_does_not_fit_is_shown_at_the_end_of_the_dialogue(play: Playbook, wrong: object) -> None:
    with pytest.raises(AssertionError, match=r"(?s)^<< CallUpstream.*-- expected "):
        play << wrong  # type: ignore[operator] # a mistake is what is tried


def test_other_events_do_not_fit(play: Playbook) -> None:
    play << CallUpstream
    play >> UpstreamOpened()
    with pytest.raises(AssertionError, match=r">> UpstreamOpened\n<< Emit .*\n-- expected Emit \['error'\]"):
        play << events("error")


def test_every_command_must_be_expected(play: Playbook) -> None:
    with pytest.raises(AssertionError, match="still to be expected: CallUpstream"):
        play >> UpstreamOpened()
    with pytest.raises(AssertionError, match="still to be expected: CallUpstream"):
        play.end()


def test_nothing_more_may_be_expected(play: Playbook) -> None:
    play << CallUpstream
    with pytest.raises(AssertionError, match="nothing came"):
        play << Save
