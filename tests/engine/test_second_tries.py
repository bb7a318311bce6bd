"""A run that checks, measures and asks again, as dialogues: no model, no process, no waiting."""

from typing import Any

import msgspec
import pytest

from antiphon.engine.commands import CallUpstream, Check, Finish, Measure
from antiphon.engine.constraints import Constraint
from antiphon.engine.dialects import dialect
from antiphon.engine.notes import Notes
from antiphon.engine.prepare import Place, make_plan, read_request
from antiphon.engine.replies import (
    Cancelled,
    Checked,
    Measured,
    UpstreamDone,
    UpstreamFailed,
    UpstreamOpened,
)
from antiphon.engine.run import Run
from antiphon.engine.state import IllegalMove, State
from antiphon.errors import ContextTooLong, InvalidRequest
from antiphon.sources import seeded
from antiphon.testing import check_stream
from antiphon.testing.playbook import Playbook, chunks, events, said

OPENED = ("response.created", "response.in_progress")
WHOLE = (
    *("response.output_item.added", "response.content_part.added", "response.output_text.delta"),
    *("response.output_text.done", "response.content_part.done", "response.output_item.done"),
)
SCHEMA = {"type": "object"}
FORMAT = {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA}}
RULED = Constraint("json_schema", SCHEMA)
SOUND = Check("text.format.schema", RULED)
PAST = [{"role": role, "content": "word " * 200} for role in ("user", "assistant") * 2]
LONG = [*PAST, {"role": "user", "content": "And?"}]


def play(make: str = "deepseek", window: int | None = None, **fields: Any) -> Playbook:
    sources = seeded("test", 1_700_000_000)
    body = msgspec.json.encode({"model": "m", "input": "hi", "store": False, **fields})
    place = Place("up", "m", dialect(make), window=window)
    return Playbook(Run(make_plan(read_request(body, sources), [], place, sources, Notes()), sources))


def answer(*pieces: str) -> Any:
    return chunks(*(said(content=piece) for piece in pieces), said(finish="stop"))


def test_a_schema_is_sound_before_the_model_is_asked() -> None:
    dialogue = play(text=FORMAT)
    dialogue << SOUND
    dialogue >> Checked(SOUND.key) << CallUpstream
    dialogue >> UpstreamOpened() << events(*OPENED)
    dialogue >> answer("{", "}") << events()
    dialogue >> UpstreamDone(marked=True) << events() << Check("text", RULED, "{}")
    dialogue >> Checked("text") << events(*WHOLE) << events("response.completed") << Finish()
    dialogue.end()
    assert check_stream(dialogue.seen)["output"][0]["content"][0]["text"] == "{}"


def test_a_schema_that_is_not_sound_is_the_clients_fault() -> None:
    dialogue = play(text=FORMAT)
    dialogue << SOUND
    dialogue >> Checked(SOUND.key, "type: no.")
    (finish,) = dialogue._waiting
    assert isinstance(finish, Finish)
    assert isinstance(finish.error, InvalidRequest)
    assert finish.error.param == "text.format.schema"
    assert dialogue.run.state is State.FAILED


def test_the_second_try_is_a_turn_of_the_same_answer() -> None:
    dialogue = play(text=FORMAT)
    dialogue << SOUND
    dialogue >> Checked(SOUND.key) << CallUpstream
    dialogue >> answer("[]") << events(*OPENED) << events()
    dialogue >> UpstreamDone(marked=True) << events() << Check("text", RULED, "[]")
    dialogue >> Checked("text", "It is a list.") << events() << CallUpstream
    dialogue >> answer("{}") << events()
    dialogue >> UpstreamDone(marked=True) << events() << Check("text", RULED, "{}")
    dialogue >> Checked("text") << events(*WHOLE) << events("response.completed") << Finish()
    dialogue.end()
    check_stream(dialogue.seen)


def test_whoever_leaves_during_a_check_is_let_go() -> None:
    dialogue = play(text=FORMAT)
    dialogue << SOUND
    dialogue >> Cancelled() << Finish()
    dialogue.end()
    dialogue = play(text=FORMAT)
    dialogue << SOUND
    dialogue >> Checked(SOUND.key) << CallUpstream
    dialogue >> answer("{}") << events(*OPENED) << events()
    dialogue >> UpstreamDone(marked=True) << events() << Check("text", RULED, "{}")
    dialogue >> Cancelled() << events(*WHOLE) << events("response.incomplete") << Finish()
    dialogue.end()
    assert dialogue.seen[-1]["response"]["status"] == "cancelled"


def test_a_call_is_measured_first() -> None:
    dialogue = play("vllm", window=600, truncation="auto", input=LONG)
    dialogue << Measure
    dialogue >> Measured(tokens=700)
    (measure,) = dialogue._waiting
    assert isinstance(measure, Measure)
    assert len(measure.call.body["messages"]) == 3
    dialogue << Measure
    dialogue >> Measured(tokens=350) << measure.call
    dialogue >> answer("Yes.") << events(*OPENED) << events(*WHOLE[:3])
    dialogue >> UpstreamDone(marked=True) << events(*WHOLE[3:]) << events("response.completed") << Finish()
    dialogue.end()


def test_a_refusal_before_anything_was_said_is_not_told() -> None:
    dialogue = play("ollama", truncation="auto", input=LONG)
    dialogue << Measure
    dialogue >> Measured() << CallUpstream
    dialogue >> UpstreamOpened() << events(*OPENED)
    dialogue >> UpstreamFailed(ContextTooLong("No.", tokens=700, window=300)) << CallUpstream
    dialogue >> answer("Yes.") << events(*WHOLE[:3])
    dialogue.end()
    assert dialogue.run.state is State.STREAMING


@pytest.mark.parametrize("reply", [Checked("x"), Measured()])
def test_what_nobody_asked_for_is_a_fault(reply: Any) -> None:
    dialogue = play("openai")
    dialogue << CallUpstream
    with pytest.raises(IllegalMove):
        dialogue >> reply
