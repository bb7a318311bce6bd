from collections.abc import Callable

import msgspec
import pytest

from antiphon.engine.commands import CallUpstream, Finish, ListTools, Save
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.replies import (
    Cancelled,
    Reply,
    Saved,
    SaveFailed,
    ToolDone,
    ToolProgress,
    ToolsListed,
    UpstreamDone,
    UpstreamFailed,
    UpstreamOpened,
)
from antiphon.engine.run import Run
from antiphon.engine.state import IllegalMove, State
from antiphon.errors import StoreFault, UpstreamCut, UpstreamRefused, UpstreamUnavailable
from antiphon.testing import check_stream
from antiphon.testing.playbook import Playbook, chunks, events, said

MakeRun = Callable[..., Run]

OPENED = ("response.created", "response.in_progress")
FIRST_TEXT = ("response.output_item.added", "response.content_part.added", "response.output_text.delta")
LAST_TEXT = ("response.output_text.done", "response.content_part.done", "response.output_item.done")


def test_an_answer_is_saved_before_it_is_called_completed(make_run: MakeRun) -> None:
    play = Playbook(make_run())
    play << CallUpstream
    play >> UpstreamOpened() << events(*OPENED)
    play >> chunks(said(content="Hel")) << events(*FIRST_TEXT)
    play >> chunks(said(content="lo"), said(finish="stop")) << events("response.output_text.delta")
    play >> UpstreamDone(marked=True) << events(*LAST_TEXT) << Save
    play >> Saved() << events("response.completed") << Finish()
    play.end()
    final = check_stream(play.seen)
    assert final["output"][0]["content"][0]["text"] == "Hello"
    assert play.run.state is State.COMPLETED


def test_the_saved_answer_holds_its_output_apart_from_its_body(make_run: MakeRun) -> None:
    run = make_run()
    run.start()
    run.handle(UpstreamOpened())
    run.handle(chunks(said(content="Hi", finish="stop")))
    *_, save = run.handle(UpstreamDone(marked=True))
    assert isinstance(save, Save)
    body = msgspec.json.decode(save.answer.body)
    assert body["output"] == []
    assert body["status"] == "completed"
    assert [msgspec.json.decode(item.raw)["id"] for item in save.answer.output] == [save.answer.output[0].id]
    assert msgspec.json.decode(save.answer.input[0].raw)["content"] == "hi"


def test_without_store_nothing_is_saved(make_run: MakeRun) -> None:
    play = Playbook(make_run(store=False))
    play << CallUpstream
    play >> UpstreamOpened() << events(*OPENED)
    play >> chunks(said(content="x", finish="stop")) << events(*FIRST_TEXT)
    play >> UpstreamDone(marked=True) << events(*LAST_TEXT) << events("response.completed") << Finish()
    play.end()
    check_stream(play.seen)


def test_what_could_not_be_saved_is_failed(make_run: MakeRun) -> None:
    fault = StoreFault("The disk is full.")
    play = Playbook(make_run())
    play << CallUpstream
    play >> UpstreamOpened() << events(*OPENED)
    play >> chunks(said(content="x", finish="stop")) << events(*FIRST_TEXT)
    play >> UpstreamDone(marked=True) << events(*LAST_TEXT) << Save
    play >> SaveFailed(fault) << events("error", "response.failed") << Finish(error=fault)
    assert check_stream(play.seen)["status"] == "failed"


def test_a_refusal_before_the_stream_is_open_is_the_clients_error(make_run: MakeRun) -> None:
    refused = UpstreamRefused("No.", upstream_status=429, code="slow_down")
    play = Playbook(make_run())
    play << CallUpstream
    play >> UpstreamFailed(refused) << Finish(error=refused)
    assert play.seen == []


def test_a_failure_in_an_open_stream_is_said_in_it_and_kept(make_run: MakeRun) -> None:
    play = Playbook(make_run())
    play << CallUpstream
    play >> UpstreamOpened() << events(*OPENED)
    play >> UpstreamFailed(UpstreamUnavailable("Gone.")) << events() << Save
    play >> Saved() << events("error", "response.failed") << Finish()
    final = check_stream(play.seen)
    assert final["error"] == {"code": "server_error", "message": "Gone."}
    assert play.seen[-2]["code"] == play.seen[-2]["error"]["code"] == "upstream_unavailable"


def test_too_many_requests_keeps_its_meaning_in_the_response(make_run: MakeRun) -> None:
    run = make_run(store=False)
    play = Playbook(run)
    play << CallUpstream
    play >> UpstreamOpened() << events(*OPENED)
    play >> UpstreamFailed(UpstreamRefused("Slow.", upstream_status=429, code="quota")) << events()
    play << events("error", "response.failed") << Finish()
    assert check_stream(play.seen)["error"]["code"] == "rate_limit_exceeded"


def test_a_cut_stream_keeps_its_items_as_incomplete(make_run: MakeRun) -> None:
    play = Playbook(make_run())
    play << CallUpstream
    play >> UpstreamOpened() << events(*OPENED)
    play >> chunks(said(content="Half a sent")) << events(*FIRST_TEXT)
    play >> UpstreamDone(marked=False) << events(*LAST_TEXT) << Save
    play >> Saved() << events("error", "response.failed") << Finish()
    final = check_stream(play.seen)
    assert final["output"][0]["status"] == "incomplete"
    assert final["output"][0]["content"][0]["text"] == "Half a sent"
    assert play.seen[-2]["code"] == UpstreamCut.default_code


@pytest.mark.parametrize(("finish", "reason"), [("length", "max_output_tokens"), ("content_filter", "content_filter")])
def test_a_limit_makes_it_incomplete(make_run: MakeRun, finish: str, reason: str) -> None:
    play = Playbook(make_run(store=False))
    play << CallUpstream
    play >> UpstreamOpened() << events(*OPENED)
    play >> chunks(said(content="x", finish=finish)) << events(*FIRST_TEXT)
    play >> UpstreamDone(marked=True) << events(*LAST_TEXT) << events("response.incomplete") << Finish()
    final = check_stream(play.seen)
    assert final["incomplete_details"] == {"reason": reason}
    assert final["output"][0]["status"] == "incomplete"


def test_a_client_that_leaves_has_its_answer_stored_as_cancelled(make_run: MakeRun) -> None:
    play = Playbook(make_run())
    play << CallUpstream
    play >> UpstreamOpened() << events(*OPENED)
    play >> chunks(said(content="x")) << events(*FIRST_TEXT)
    play >> Cancelled() << events(*LAST_TEXT) << Save
    play >> Saved() << events("response.incomplete") << Finish()
    assert check_stream(play.seen)["status"] == "cancelled"
    assert play.run.state is State.CANCELLED


def test_a_client_that_leaves_before_anything_was_promised_leaves_nothing(make_run: MakeRun) -> None:
    play = Playbook(make_run())
    play << CallUpstream
    play >> Cancelled() << Finish()
    assert play.seen == []


def test_a_stream_opened_for_impatience_is_not_opened_twice(make_run: MakeRun) -> None:
    play = Playbook(make_run(store=False))
    play << CallUpstream
    play >> UpstreamOpened() << events(*OPENED)
    play >> UpstreamOpened()
    play >> chunks(said(content="x", finish="stop")) << events(*FIRST_TEXT)
    play >> UpstreamDone(marked=True) << events(*LAST_TEXT) << events("response.completed") << Finish()
    check_stream(play.seen)


def test_a_call_without_a_name_is_the_upstreams_fault(make_run: MakeRun) -> None:
    play = Playbook(make_run(store=False))
    play << CallUpstream
    play >> UpstreamOpened() << events(*OPENED)
    call = {"index": 0, "id": "call_1", "function": {"arguments": "{}"}}
    play >> chunks(said(tool_calls=[call], finish="tool_calls")) << events()
    play >> UpstreamDone(marked=True) << events() << events("error", "response.failed") << Finish()
    final = check_stream(play.seen)
    assert final["output"] == []


def test_an_answer_of_nothing_is_complete(make_run: MakeRun) -> None:
    play = Playbook(make_run(store=False))
    play << CallUpstream
    play >> UpstreamOpened() << events(*OPENED)
    play >> chunks(said(role="assistant", content="", finish="stop")) << events()
    play >> UpstreamDone(marked=True) << events() << events("response.completed") << Finish()
    assert check_stream(play.seen)["output"] == []


def test_usage_and_tier_come_from_the_upstream(make_run: MakeRun) -> None:
    run = make_run(store=False)
    play = Playbook(run)
    play << CallUpstream
    play >> UpstreamOpened() << events(*OPENED)
    usage = {
        "prompt_tokens": 7,
        "completion_tokens": 5,
        "total_tokens": 99,
        "prompt_tokens_details": {"cached_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }
    last = {"choices": [], "usage": usage, "service_tier": "flex"}
    play >> chunks(said(content="x", finish="stop"), last) << events(*FIRST_TEXT)
    play >> UpstreamDone(marked=True) << events(*LAST_TEXT) << events("response.completed") << Finish()
    final = check_stream(play.seen)
    assert final["usage"] == {
        "input_tokens": 7,
        "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 0},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": 12,
    }
    assert final["service_tier"] == "flex"


def test_a_reply_to_nothing_is_a_fault_of_the_program(make_run: MakeRun) -> None:
    run = make_run()
    with pytest.raises(IllegalMove):
        run.handle(Saved())


def test_chunks_open_a_stream_that_nobody_opened(make_run: MakeRun) -> None:
    play = Playbook(make_run(store=False))
    play << CallUpstream
    play >> chunks(said(content="x", finish="stop")) << events(*OPENED) << events(*FIRST_TEXT)
    play >> UpstreamOpened()
    play >> UpstreamDone(marked=True) << events(*LAST_TEXT) << events("response.completed") << Finish()
    check_stream(play.seen)


@pytest.mark.parametrize(("reason", "marked"), [("error", True), ("abort", False)])
def test_an_upstream_that_says_it_broke_off_has_failed(make_run: MakeRun, reason: str, *, marked: bool) -> None:
    play = Playbook(make_run(store=False))
    play << CallUpstream
    play >> UpstreamOpened() << events(*OPENED)
    play >> chunks(said(content="x"), said(finish=reason)) << events(*FIRST_TEXT)
    play >> UpstreamDone(marked=marked) << events(*LAST_TEXT) << events("error", "response.failed") << Finish()
    final = check_stream(play.seen)
    assert final["output"][0]["status"] == "incomplete"
    assert reason in final["error"]["message"]


def test_a_stream_that_ends_before_it_opened_is_an_http_error(make_run: MakeRun) -> None:
    play = Playbook(make_run())
    play << CallUpstream
    play >> UpstreamDone(marked=False) << Finish
    play.end()
    assert play.run.state is State.FAILED
    assert play.seen == []


REPLIES: list[Reply] = [
    UpstreamOpened(),
    chunks(said(content="late")),
    UpstreamDone(marked=True),
    UpstreamFailed(UpstreamUnavailable("Late.")),
    ToolProgress("0", "half a picture"),
    ToolDone("0", Outcome("late")),
    Cancelled(),
]


@pytest.mark.parametrize("late", REPLIES, ids=lambda reply: type(reply).__name__)
def test_while_it_is_saved_nothing_changes_an_answer(make_run: MakeRun, late: Reply) -> None:
    """What is being saved as completed ends as completed, whatever comes in between."""
    play = Playbook(make_run())
    play << CallUpstream
    play >> UpstreamOpened() << events(*OPENED)
    play >> chunks(said(content="x", finish="stop")) << events(*FIRST_TEXT)
    play >> UpstreamDone(marked=True) << events(*LAST_TEXT) << Save
    with pytest.raises(IllegalMove):
        play >> late
    play >> Saved() << events("response.completed") << Finish()
    assert check_stream(play.seen)["status"] == "completed"


@pytest.mark.parametrize(
    "late", [*REPLIES, Saved(), SaveFailed(StoreFault("Late."))], ids=lambda reply: type(reply).__name__
)
@pytest.mark.parametrize("store", [False, True])
def test_after_its_end_a_run_has_no_answer_to_anything(make_run: MakeRun, late: Reply, *, store: bool) -> None:
    play = Playbook(make_run(store=store))
    play << CallUpstream
    play >> UpstreamOpened() << events(*OPENED)
    play >> UpstreamDone(marked=True) << events()
    if store:
        play << Save
        play >> Saved()
    play << events("response.completed") << Finish()
    with pytest.raises(IllegalMove):
        play >> late
    check_stream(play.seen)


@pytest.mark.parametrize("reply", [Saved(), SaveFailed(StoreFault("Early."))])
def test_nothing_is_saved_before_it_was_to_be(make_run: MakeRun, reply: Reply) -> None:
    play = Playbook(make_run())
    play << CallUpstream
    with pytest.raises(IllegalMove):
        play >> reply
    play >> UpstreamOpened() << events(*OPENED)
    with pytest.raises(IllegalMove):
        play >> reply
    play >> chunks(said(content="x", finish="stop")) << events(*FIRST_TEXT)


def test_a_run_starts_once(make_run: MakeRun) -> None:
    run = make_run()
    run.start()
    with pytest.raises(IllegalMove):
        run.start()


def test_a_playbook_shows_the_dialogue_that_went_wrong(make_run: MakeRun) -> None:
    play = Playbook(make_run())
    with pytest.raises(AssertionError, match="<< CallUpstream"):
        play << Save


def test_servers_are_shown_in_the_requests_order_whoever_answers_first(make_run: MakeRun) -> None:
    servers = [{"type": "mcp", "server_label": label, "server_url": "https://mcp.example"} for label in ("a", "b")]
    play = Playbook(make_run(tools=servers, store=False))
    play << events(*OPENED) << ListTools << ListTools
    play >> ToolsListed("b") << events()
    listed = ("response.output_item.added", "response.mcp_list_tools.in_progress")
    ended = ("response.mcp_list_tools.completed", "response.output_item.done")
    play >> ToolsListed("a") << events(*listed, *ended, *listed, *ended) << CallUpstream
    labels = [event["item"]["server_label"] for event in play.seen if event["type"].endswith("item.done")]
    assert labels == ["a", "b"]
