"""Compaction within a response, as a dialogue with the run."""

from collections.abc import Mapping
from typing import Any

import judge
import msgspec
import pytest

from antiphon.engine.commands import CallTool, CallUpstream, Finish
from antiphon.engine.compacting import Compacting
from antiphon.engine.compaction import ASKED, Wish
from antiphon.engine.dialects import dialect
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.notes import Notes
from antiphon.engine.own import Own
from antiphon.engine.prepare import Place, make_plan, read_request
from antiphon.engine.replies import Cancelled, Reply, ToolDone, UpstreamDone, UpstreamFailed, UpstreamOpened
from antiphon.engine.run import Run
from antiphon.engine.state import State
from antiphon.errors import UpstreamUnavailable
from antiphon.sources import seeded
from antiphon.testing import check_stream
from antiphon.testing.playbook import Playbook, chunks, said

USER = {"role": "user", "content": "Find out who won."}
LONG = {"role": "assistant", "content": "word " * 2_000}
ITEM = ("response.output_item.added", "response.output_item.done")
DONE = UpstreamDone(marked=True)
SEARCH = [{"type": "web_search"}]


class Clear:
    """A seal that anyone reads."""

    def close(self, text: str) -> str:
        return text

    def open(self, sealed: str) -> str | None:
        return sealed


def run_for(*items: Mapping[str, object], window: int | None = None, **fields: Any) -> Run:
    sources = seeded("test", 1_700_000_000)
    body = msgspec.json.encode({"model": "m", "input": list(items), "store": False, **fields})
    place = Place("up", "m", dialect("openai"), window=window)
    own = Own(frozenset({"web_search"}))
    plan = make_plan(read_request(body, sources), [], place, sources, Notes(), own)
    return Run(plan, sources, Clear())


def above(threshold: int | None) -> dict[str, Any]:
    return {"context_management": [{"type": "compaction", "compact_threshold": threshold}]}


def asked(commands: list[Any]) -> list[dict[str, Any]]:
    """The bodies of the calls among commands."""
    return [command.body for command in commands if isinstance(command, CallUpstream)]


def play(run: Run, *replies: Reply) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Every event and the body of every call."""
    commands = run.start()
    for reply in replies:
        commands += run.handle(reply)
    sent = [msgspec.json.decode(msgspec.json.encode(event)) for one in commands for event in getattr(one, "events", [])]
    for event in sent:
        judge.judge_event(event)
    return sent, asked(commands)


def words(text: str, *, tokens: int | None = None) -> Reply:
    usage = [] if tokens is None else [{"choices": [], "usage": {"prompt_tokens": tokens, "completion_tokens": 5}}]
    return chunks(said(content=text), said(finish="stop"), *usage)


def test_what_is_below_the_threshold_is_left_alone() -> None:
    _, (call,) = play(run_for(USER, LONG, USER, **above(9_000)))
    assert len(call["messages"]) == 3


def test_what_is_above_it_is_summarised_and_gone_on_from() -> None:
    run = run_for({"role": "developer", "content": "Be kind."}, USER, LONG, USER, tools=SEARCH, **above(500))
    events, calls = play(
        run, UpstreamOpened(), words("It is Ada.", tokens=2_500), DONE, words("Ada won.", tokens=40), DONE
    )
    final = check_stream(events)
    first, second = calls
    assert first["messages"][-1] == {"role": "user", "content": ASKED}
    assert "tools" not in first
    assert [message["role"] for message in second["messages"]] == ["developer", "user", "user", "user"]
    assert "It is Ada." in second["messages"][-1]["content"]
    assert "tools" in second
    assert [item["type"] for item in final["output"]] == ["compaction", "message"]
    assert msgspec.json.decode(final["output"][0]["encrypted_content"])["summary"] == "It is Ada."
    assert tuple(event["type"] for event in events[2:4]) == ITEM
    assert final["usage"]["input_tokens"] == 2_540


def test_it_happens_between_the_turns_by_what_the_upstream_counted() -> None:
    call = {"index": 0, "id": "c1", "function": {"name": "web_search", "arguments": '{"query": "x"}'}}
    run = run_for(USER, tools=SEARCH, **above(1_000))
    counted = {"choices": [], "usage": {"prompt_tokens": 5_000, "completion_tokens": 5}}
    commands = run.start()
    commands += run.handle(chunks(said(tool_calls=[call]), said(finish="tool_calls"), counted))
    commands += run.handle(DONE)
    (wanted,) = (one for one in commands if isinstance(one, CallTool))
    found = run.handle(ToolDone(wanted.item_id, Outcome("Ada did.")))
    (summary,) = asked(found)
    assert summary["messages"][-2]["role"] == "tool"
    commands += found + run.handle(words("Ada.")) + run.handle(DONE) + run.handle(words("She won.")) + run.handle(DONE)
    events = [
        msgspec.json.decode(msgspec.json.encode(event)) for one in commands for event in getattr(one, "events", [])
    ]
    final = check_stream(events)
    assert [item["type"] for item in final["output"]] == ["web_search_call", "compaction", "message"]
    assert len(asked(commands)[-1]["messages"]) == 2


def test_the_newest_message_stays_whole_however_long_it_is() -> None:
    whole = "all of this " * 4_000
    run = run_for(LONG, {"role": "user", "content": whole}, **above(500))
    _, calls = play(run, words("Short."), DONE)
    assert calls[1]["messages"][0]["content"] == whole


def test_without_a_threshold_it_is_most_of_the_window() -> None:
    assert len(asked(run_for(USER, LONG, USER, window=3_000, **above(None)).start())[0]["messages"]) == 4
    assert len(asked(run_for(USER, LONG, USER, window=90_000, **above(None)).start())[0]["messages"]) == 3


def test_a_model_that_writes_no_summary_goes_on_as_it_was() -> None:
    events, calls = play(run_for(USER, LONG, USER, **above(500)), words(""), DONE, words("Ada won."), DONE)
    assert [item["type"] for item in check_stream(events)["output"]] == ["message"]
    assert len(calls[1]["messages"]) == 3


def test_a_trigger_makes_the_item_and_nothing_else() -> None:
    server = {"type": "mcp", "server_label": "s", "server_url": "http://127.0.0.1:1/mcp"}
    run = run_for(USER, LONG, {"type": "compaction_trigger"}, tools=[server])
    events, calls = play(run, UpstreamOpened(), words("It is Ada."), DONE)
    final = check_stream(events)
    assert len(calls) == 1
    assert [item["type"] for item in final["output"]] == ["compaction"]
    assert final["status"] == "completed"
    kinds = [event["type"] for event in events[2:-1]]
    assert kinds == [ITEM[0], "response.compaction.compacting", ITEM[1]]


@pytest.mark.parametrize("last", [words(""), chunks(said(content="It", finish="length"))])
def test_a_trigger_without_a_summary_is_a_failure(last: Reply) -> None:
    events, _ = play(run_for(USER, {"type": "compaction_trigger"}), last, DONE)
    assert check_stream(events)["status"] == "failed"


def test_an_upstream_that_fails_meanwhile_fails_the_response() -> None:
    run = run_for(USER, LONG, USER, **above(500))
    events, _ = play(run, UpstreamOpened(), words("It"), UpstreamFailed(UpstreamUnavailable("down")))
    assert check_stream(events)["status"] == "failed"


def test_it_is_cancelled_as_anything_else() -> None:
    dialogue = Playbook(run_for(USER, LONG, USER, **above(500)))
    commands = run_for(USER, LONG, USER, **above(500)).start()
    assert isinstance(commands[0], CallUpstream)
    dialogue << CallUpstream
    dialogue >> Cancelled() << Finish()
    assert dialogue.run.state is State.CANCELLED


def test_without_a_seal_nothing_is_made_short() -> None:
    call = CallUpstream("up", {"messages": [LONG]})
    assert not Compacting(Wish(threshold=1), seeded("s", 1), None).due(call, None)
    assert Compacting(Wish(threshold=1), seeded("s", 1), Clear()).due(call, None)
