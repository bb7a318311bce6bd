"""The lives of one durable run: it is begun, its process dies at a moment that the test names, and it goes on elsewhere.

The outside is plain lists: a log of events, the last step that was saved, and books of what the model and the tools were
asked. Counterpart: `antiphon.engine.durable`. Import as `lives`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from engine_answers import decode_chunk, planned

from antiphon.engine import run_state
from antiphon.engine.commands import CallTool, CallUpstream, Check, Command, Emit, Finish, ListTools, Save, SaveStep
from antiphon.engine.durable import DurableRun
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.plan import Plan
from antiphon.engine.reopened import seen_in
from antiphon.engine.replies import (
    Cancelled,
    Checked,
    Reply,
    Saved,
    SaveFailed,
    ToolDone,
    ToolsListed,
    UpstreamChunks,
    UpstreamDone,
    UpstreamFailed,
    UpstreamOpened,
)
from antiphon.engine.resuming import Resumption
from antiphon.engine.run_state import RunState
from antiphon.errors import AntiphonError
from antiphon.sources import seeded
from antiphon.testing import check_response, check_stream
from antiphon.wire.answers import Answer, StoredItem
from antiphon.wire.events import Event
from antiphon.wire.mcp import ListedTool

Json = dict[str, Any]
Turns = Sequence[Sequence[Json]]

SERVER = {"type": "mcp", "server_label": "s", "server_url": "http://127.0.0.1/mcp", "require_approval": "never"}
LISTED = ToolsListed(
    "s",
    [
        ListedTool(name="look", input_schema={"type": "object"}, annotations={"read_only": True}),
        ListedTool(name="pay", input_schema={"type": "object"}, annotations={"read_only": False}),
    ],
)


def answer_plainly(call: CallTool) -> Outcome:
    """Every tool says what it was asked."""
    return Outcome(f"{call.about.get('name', call.tool)} {call.arguments}")


@dataclass
class Lives:
    """`turns` are the chunks of each turn, one after another; `outcome` is how tools answer.

    A tool has `answered` when that is saved.
    """

    turns: Turns
    fields: Mapping[str, Any] = field(default_factory=dict)
    outcome: Callable[[CallTool], Outcome] = answer_plainly
    repeatable: frozenset[str] = frozenset()
    refusal: AntiphonError | None = None
    log: list[Json] = field(default_factory=list)
    state: bytes = b""
    items: list[StoredItem] = field(default_factory=list)
    answer: Answer | None = None
    body: Json = field(default_factory=dict)
    asked: list[list[Json]] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    listed: int = 0
    count: int = 0
    number: int = 0
    ended: bool = False
    _pending: list[Event] = field(default_factory=list)
    _whole: list[Event] = field(default_factory=list)
    _told: list[str] = field(default_factory=list)

    def plan(self) -> Plan:
        return replace(planned(background=True, **self.fields).plan, repeatable=self.repeatable)

    def begin(self, dies: int | None = None, *, flushed: bool = True) -> None:
        """Queue a run and drive it, until the end or until so many commands were carried out.

        What was emitted and isn't saved yet has reached the log by then, if it is `flushed`.
        """
        run = DurableRun(self.plan(), seeded("test", 1_700_000_000))
        queued = run.enqueue()
        self._take_in(queued.events.events)
        self.state, self.answer = run_state.encode(queued.state), queued.answer
        self._drive(run, dies, flushed=flushed)

    def go_on(
        self, dies: int | None = None, *, flushed: bool = True, ending: Cancelled | UpstreamFailed | None = None
    ) -> None:
        """Take the run up, as another process does, unless it has ended."""
        if self.ended:
            return
        state = run_state.decode(self.state)
        told = self.log if ending else [event for event in self.log if event["sequence_number"] >= state.sequence]
        seen = seen_in(told, state.sequence)
        self.number += 1
        resumption = Resumption(state, tuple(self.items), seen, ending)
        run = DurableRun(self.plan(), seeded(f"life {self.number}", 1_700_000_000), resumed=resumption)
        self._drive(run, dies, flushed=flushed)

    @property
    def final(self) -> Json:
        """The last response: its whole stream, over all lives, is checked, and so is what was saved."""
        final = dict(check_stream(self.log))
        assert self.answer is not None
        kept = msgspec.json.decode(self.answer.body)
        assert {**kept, "output": final["output"]} == final
        # What wasn't asked for is saved and not shown.
        assert [item.id for item in self.answer.output] == [item["id"] for item in final["output"]]
        check_response(final)
        return final

    @property
    def kept(self) -> RunState:
        return run_state.decode(self.state)

    def _drive(self, run: DurableRun, dies: int | None, *, flushed: bool) -> None:
        self._pending, self._told = [], []
        replies: list[Reply] = []
        commands = run.start()
        carried = 0
        while True:
            self._whole = list(self._pending)
            for command in commands:
                if carried == dies:
                    # What follows from one reply is carried out without a pause, so no log sees half of it.
                    self._take_in(self._whole if flushed else [])
                    return
                carried += 1
                self.count = max(self.count, carried)
                if isinstance(command, Finish):
                    return
                replies += self._carry_out(command)
            reply = replies.pop(0) if not isinstance(replies[0], ToolDone) else replies.pop()
            if isinstance(reply, ToolDone):
                self._told.append(reply.outcome.output or "")
            commands = run.handle(reply)

    def _carry_out(self, command: Command) -> list[Reply]:
        match command:
            case Emit(events):
                self._pending += events
            case SaveStep(state, items, place, body):
                self._take_in(self._pending)
                self.answered, self._told = [*self.answered, *self._told], []
                self.state = run_state.encode(state)
                assert place == len(self.items)
                self.items += items
                self.body = msgspec.json.decode(body) if body else self.body
            case CallUpstream(body=body):
                self.asked.append(body["messages"])
                return self._turn(body["messages"])
            case ListTools():
                self.listed += 1
                return [LISTED]
            case CallTool():
                self.called.append(f"{command.about.get('name', command.tool)} {command.arguments}")
                return [ToolDone(command.item_id, self.outcome(command))]
            case Check(key):
                return [Checked(key)]
            case Save():
                return [self._end(command)]
            case _:
                raise AssertionError(command)
        return []

    def _turn(self, messages: list[Json]) -> list[Reply]:
        """The next turn is the one that follows so many of the assistant's messages."""
        said = sum(message["role"] == "assistant" for message in messages)
        chunks = [UpstreamChunks([decode_chunk(msgspec.json.encode(chunk))]) for chunk in self.turns[said]]
        return [UpstreamOpened(), *chunks, UpstreamDone(marked=True)]

    def _end(self, command: Save) -> Reply:
        if self.refusal is not None:
            refusal, self.refusal = self.refusal, None
            return SaveFailed(refusal)
        assert command.ending is not None
        self._take_in([*self._pending, *command.ending.events])
        self.answer, self.ended = command.answer, True
        return Saved()

    def _take_in(self, events: Sequence[Event]) -> None:
        self.log += [msgspec.json.decode(msgspec.json.encode(event)) for event in events]
        self._pending, self._whole = [], []
