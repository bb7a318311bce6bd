"""A run whose input and output are judged: when it waits for whom, and what it says of it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from antiphon.engine.commands import CallUpstream, Finish, Judge, Save
from antiphon.engine.dialects import dialect
from antiphon.engine.durable import DurableRun
from antiphon.engine.moderating import asked_text
from antiphon.engine.notes import Notes
from antiphon.engine.own import Own
from antiphon.engine.prepare import Place, make_plan, read_request
from antiphon.engine.replies import Cancelled, Judged, Saved, UpstreamDone, UpstreamFailed, UpstreamOpened
from antiphon.engine.resuming import Resumption
from antiphon.engine.run import Run
from antiphon.engine.run_state import RunState
from antiphon.engine.state import State
from antiphon.errors import CassetteMiss, UpstreamUnavailable
from antiphon.sources import seeded
from antiphon.testing import check_stream
from antiphon.testing.playbook import Playbook, chunks, events, said
from antiphon.wire.moderation import ModerationError, ModerationResult

OPENED = ("response.created", "response.in_progress")
FIRST_TEXT = ("response.output_item.added", "response.content_part.added", "response.output_text.delta")
LAST_TEXT = ("response.output_text.done", "response.content_part.done", "response.output_item.done")
FINE = ModerationResult(flagged=False, model="omni")
BAD = ModerationResult(flagged=True, model="omni", categories={"hate": True})
BLOCK = {"mode": "block"}
Json = dict[str, Any]


def plan_of(policy: Mapping[str, object] | None = None, *, judge: str | None = "up/judge", **fields: Any) -> Any:
    """The plan of a request with a moderation, and what was noted of it."""
    sources, notes = seeded("test", 1_700_000_000), Notes()
    body = {"model": "m", "input": "hi", "moderation": {"model": "omni", "policy": policy}, **fields}
    asked = read_request(msgspec.json.encode(body), sources)
    return make_plan(asked, [], Place("up", "m", dialect("openai")), sources, notes, Own(judge=judge)), notes


def moderated(policy: Mapping[str, object] | None = None, **fields: Any) -> Run:
    plan, notes = plan_of(policy, **fields)
    assert notes.ignored == []
    return Run(plan, seeded("run", 1_700_000_000))


def spoken(play: Playbook) -> Playbook:
    """The model says one word, to its end."""
    play >> UpstreamOpened() << events(*OPENED)
    play >> chunks(said(content="Ho", finish="stop")) << events(*FIRST_TEXT)
    return play >> UpstreamDone(marked=True) << events(*LAST_TEXT)


def result_of(play: Playbook) -> Any:
    return check_stream(play.seen)["moderation"]


def test_both_sides_are_judged_once_the_model_has_said_all() -> None:
    play = Playbook(moderated())
    play << CallUpstream
    spoken(play) << Judge("input", "up/judge", "hi") << Judge("output", "up/judge", "Ho")
    play >> Judged("output", BAD)
    play >> Judged("input", FINE) << Save
    play >> Saved() << events("response.completed") << Finish()
    play.end()
    told = result_of(play)
    assert (told["input"]["flagged"], told["output"]["flagged"]) == (False, True)
    assert (told["output"]["type"], told["output"]["categories"]) == ("moderation_result", {"hate": True})
    assert play.seen[0]["response"]["moderation"] is None


def test_why_there_is_no_judgement_is_told() -> None:
    play = Playbook(moderated())
    play << CallUpstream
    spoken(play) << Judge << Judge
    fault = UpstreamUnavailable("down")
    play >> Judged("output", ModerationError(code="down", message="down"), fault)
    play >> Judged("input", FINE) << Save
    play >> Saved() << events("response.completed") << Finish()
    assert result_of(play)["output"] == {"type": "error", "code": "down", "message": "down"}


def test_an_input_that_is_flagged_is_not_put_to_the_model() -> None:
    play = Playbook(moderated({"input": BLOCK}))
    play << Judge("input", "up/judge", "hi")
    play >> Judged("input", BAD) << events(*OPENED) << events() << Save
    play >> Saved() << events("response.incomplete") << Finish()
    final = check_stream(play.seen)
    assert (final["output"], final["incomplete_details"]) == ([], {"reason": "content_filter"})
    assert (final["moderation"]["input"]["flagged"], final["moderation"]["output"]["flagged"]) == (True, False)


def test_an_input_that_is_fine_is_and_is_not_judged_again() -> None:
    play = Playbook(moderated({"input": BLOCK, "output": {"mode": "score"}}))
    play << Judge
    play >> Judged("input", FINE) << CallUpstream
    spoken(play) << Judge("output", "up/judge", "Ho")
    play >> Judged("output", FINE) << Save
    play >> Saved() << events("response.completed") << Finish()
    assert not result_of(play)["input"]["flagged"]


def test_an_input_that_nobody_could_judge_fails_before_anything_is_promised() -> None:
    fault = UpstreamUnavailable("down")
    play = Playbook(moderated({"input": BLOCK}))
    play << Judge
    play >> Judged("input", ModerationError(code="x", message="down"), fault) << Finish(error=fault)
    play.end()


def test_output_that_may_not_go_out_is_held_back_by_the_call_which_tells_of_it() -> None:
    play = Playbook(moderated({"output": BLOCK}))
    (call,) = play._waiting
    assert isinstance(call, CallUpstream)
    assert call.guard == "up/judge"
    play << CallUpstream
    play >> UpstreamOpened() << events(*OPENED)
    play >> Judged("output", BAD)
    play >> chunks(said(finish="content_filter")) << events()
    play >> UpstreamDone(marked=True) << events() << Judge("input", "up/judge", "hi")
    play >> Judged("input", FINE) << Save
    play >> Saved() << events("response.incomplete") << Finish()
    final = check_stream(play.seen)
    assert final["incomplete_details"] == {"reason": "content_filter"}
    assert final["moderation"]["output"]["flagged"]


def test_of_nothing_said_nothing_is_asked() -> None:
    play = Playbook(moderated(input=[{"role": "system", "content": "s"}]))
    play << CallUpstream
    play >> UpstreamOpened() << events(*OPENED)
    play >> chunks(said(finish="stop")) << events()
    play >> UpstreamDone(marked=True) << events() << Save
    play >> Saved() << events("response.completed") << Finish()
    assert result_of(play)["output"] == {
        "type": "moderation_result", "flagged": False, "model": "up/judge", "categories": {}, "category_scores": {},
        "category_applied_input_types": {},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reply", "end"), [(Cancelled(), "incomplete"), (UpstreamFailed(CassetteMiss("no")), "failed")]
)
def test_a_run_can_end_while_it_is_judged(reply: Any, end: str) -> None:
    play = Playbook(moderated())
    play << CallUpstream
    spoken(play) << Judge << Judge
    play >> reply << events() << Save
    play >> Saved()
    final = check_stream(play.seen)
    assert (play.run.state in {State.CANCELLED, State.FAILED}, play.seen[-1]["type"]) == (True, f"response.{end}")
    assert final["moderation"] is None


def test_a_run_that_is_taken_up_again_is_judged_there() -> None:
    plan, _ = plan_of({"input": BLOCK})
    state = RunState(phase="asking", sequence=3, begun=True)
    play = Playbook(DurableRun(plan, seeded("run", 1_700_000_000), None, Resumption(state)))
    assert any(isinstance(command, Judge) for command in play._waiting)


def test_who_is_not_there_judges_nothing() -> None:
    plan, notes = plan_of({"output": BLOCK}, judge=None)
    assert (plan.moderation, plan.call.guard, notes.ignored) == (None, None, ["moderation"])
    assert replace(plan, moderation=None) == plan


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def test_what_the_user_wrote_since_the_model_last_spoke() -> None:
    parts = [{"type": "text", "text": "c"}, {"type": "image_url", "image_url": {"url": "x"}}]
    assistant, tool = {"role": "assistant", "content": "x"}, {"role": "tool", "content": "y"}
    talk = [user("a"), assistant, user("b"), {"role": "system", "content": "s"}, user(parts)]
    assert asked_text(talk) == "b\nc"
    assert asked_text([user("a"), assistant, tool]) is None
    assert asked_text([]) is None
