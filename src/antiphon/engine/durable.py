"""A run that outlives its process: after each step it says what is to be kept, and elsewhere it goes on from there.

No turn that the model ended is asked again, and no tool that answered is called again. Its end is kept together with
its answer. Pure. Not here: what a run does otherwise (`run.py`), keeping (`runner/background.py`). Counterparts:
`run_state.py`, what is kept; `resuming.py`, what is known when it is taken up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

import msgspec

from antiphon.engine.commands import CallTool, Command, Emit, Finish, Save, SaveStep
from antiphon.engine.course import Course
from antiphon.engine.plan import Plan
from antiphon.engine.replies import ToolDone
from antiphon.engine.resuming import Resumption, repeatable, unknown
from antiphon.engine.run import Run
from antiphon.engine.run_state import Phase, RunState
from antiphon.engine.seals import Seal
from antiphon.engine.state import IllegalMove, State, move
from antiphon.errors import AntiphonError
from antiphon.sources import Sources
from antiphon.wire import events as ev
from antiphon.wire.answers import Answer
from antiphon.wire.responses import Response

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Enqueued:
    """A run before anybody is at work on it: its first events, how far it came, and its response."""

    events: Emit
    state: RunState
    answer: Answer


class DurableRun(Run):
    """A run in the background. One that is `resumed` was begun elsewhere."""

    def __init__(
        self, plan: Plan, sources: Sources, seal: Seal | None = None, resumed: Resumption | None = None
    ) -> None:
        super().__init__(plan, sources, seal)
        self._seal = seal
        self._resumed = resumed
        self._saved_items = 0
        self._closing: list[ev.Event] = []
        if resumed is not None:
            self._go_back(resumed)

    def enqueue(self) -> Enqueued:
        """Have it queued; `start` follows, here or wherever it is taken up."""
        response = msgspec.structs.replace(self._plan.response, status=State.QUEUED.value)
        events = self._emit([ev.ResponseCreated(response=response), ev.ResponseQueued(response=response)])
        return Enqueued(events, RunState(phase="queued", sequence=self._outlet.sequence), self._answer(response))

    def start(self) -> list[Command]:
        resumed = self._resumed
        if resumed is None:
            return [*self._announce(), *self._check()]
        if resumed.ending is not None:
            return [self._emit(self._closing), *self.handle(resumed.ending)]
        phase = resumed.state.phase
        announced = self._announce()
        return [*announced, self._emit(self._closing), *self._step(phase), *self._go_on(phase)]

    @property
    def _promised(self) -> bool:
        return True

    def _announce(self) -> list[Command]:
        """That work has begun; the events before that were out when it was queued."""
        if self._announced:
            return []
        self._announced = True
        response = self._plan.response
        body = _encode(msgspec.structs.replace(response, output=[]))
        return [self._emit([ev.ResponseInProgress(response=response)]), *self._step("queued", body)]

    def _step(self, phase: Phase, body: bytes | None = None) -> list[Command]:
        waits = phase == "calling"
        state = RunState(
            phase=phase,
            sequence=self._outlet.sequence,
            begun=self._announced,
            calls=self._course.calls,
            turns=self._course.kept(waiting=waits),
            waiting=self._turn.kept() if waits else None,
            sources=self._course.sources,
            besides=self._course.besides,
            found=self._belt.found,
        )
        place, items = self._saved_items, self.output
        self._saved_items = len(items)
        return [SaveStep(state, tuple(items[place:]), place, body)]

    def _go_back(self, resumed: Resumption) -> None:
        """Be where the run was when it was kept last."""
        state = resumed.state
        self._announced = resumed.begun
        self._closing = resumed.closed()
        past = resumed.past(self._closing)
        self._course = Course(self._plan, self._sources)
        self._course.go_on(state, past, resumed.compactions(self._seal))
        ids = set(state.ids)
        self._saved_items = sum(item.id in ids for item in resumed.items)
        self._show(resumed, [item for turn in past for item in turn.output])
        self._take_lists(resumed)
        if state.phase in {"asking", "calling"}:
            self._offer_tools()
            self._belt.find(state.found)
        self._turn = self._course.next_turn(self._belt.bindings)
        if resumed.waits and state.waiting is not None:
            self._turn.bring_back(state.waiting, resumed.output(state.waiting.ids), self._plan.approved)

    def _show(self, resumed: Resumption, items: Sequence[msgspec.Raw]) -> None:
        """What clients have seen; the last item isn't out yet when it is about to be closed."""
        waiting = resumed.state.waiting
        own = resumed.output(waiting.ids) if resumed.waits and waiting is not None else []
        self._outlet.go_on(resumed.sequence, [*(items[:-1] if self._closing else items), *own])

    def _take_lists(self, resumed: Resumption) -> None:
        for label, listed in resumed.lists().items():
            if label in self._to_list:
                self._to_list.remove(label)
                self._tools[label] = tuple(listed.tools)

    def _go_on(self, phase: Phase) -> list[Command]:
        match phase:
            case "queued":
                return self._check()
            case "listing":
                return self._list()
            case "asking":
                return self._ask()
            case "calling":
                self.state = move(self.state, State.CALLING_TOOLS)
                return self._call_again()
            case _:
                assert_never(phase)

    def _call_tools(self) -> list[Command]:
        """As it is, but kept before the first call is made."""
        commands = super()._call_tools()
        calls = [command for command in commands if isinstance(command, CallTool)]
        if not calls:
            return commands
        return [*(one for one in commands if not isinstance(one, CallTool)), *self._step("calling"), *calls]

    def _call_again(self) -> list[Command]:
        """Make the calls that were under way again, those that may be made twice; of the others nothing is known."""
        commands: list[Command] = []
        for call in self._turn.waiting:
            if repeatable(call.binding, tuple(self._belt.bindings.values()), self._plan.repeatable):
                commands.append(CallTool(call.key, call.binding.runs or "", call.binding.about, call.arguments))
            else:
                commands += self._tool_done(ToolDone(call.key, unknown(call.binding)))
        return commands

    def _save(self, response: Response) -> list[Command]:
        """The end of the stream is kept with the answer: neither is ever there without the other."""
        return [Save(self._answer(response), self._emit(self._last_events()))]

    def _end(self, finish_error: AntiphonError | None) -> list[Command]:
        if self._ending is None:
            raise IllegalMove(f"nothing was to be saved in state {self.state}")
        self.state = move(self.state, self._ending[0])
        return [Finish(error=finish_error)]

    def _unsaved(self, error: AntiphonError) -> list[Command]:
        """An answer that is refused has failed, and that is kept instead; where it can't be either, nothing is."""
        if self._ending is None:
            raise IllegalMove(f"nothing was to be saved in state {self.state}")
        self._outlet.take_back(self._last_events())
        if self._ending[2] is not None:
            return [Finish(error=error)]
        response = self._response(State.FAILED, error)
        self._ending = (State.FAILED, response, error)
        return self._save(response)
