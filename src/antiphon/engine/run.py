"""The whole answer to one request, as a conversation: told replies, it answers with commands.

`start()` once, then `handle(reply)` until a `Finish` comes back. Nothing here waits, looks at a clock
or reaches outside. Not here: one upstream stream (`turn.py`), how a request becomes a plan (`prepare.py`).
Counterpart: `runner/drive.py`, which carries the commands out.
"""

from typing import assert_never

import msgspec

from antiphon.engine.belt import Belt
from antiphon.engine.calls import WaitingCall
from antiphon.engine.commands import CallTool, CallUpstream, Check, Command, Finish, ListTools, Measure, Save
from antiphon.engine.compacting import Compacting
from antiphon.engine.course import Course
from antiphon.engine.endings import TERMINAL, error_event, response_error
from antiphon.engine.fitting import Fitting, Step
from antiphon.engine.kinds.face import Outcome, arguments_in
from antiphon.engine.kinds.mcp import list_text
from antiphon.engine.kinds.tool_search import TOOL_SEARCH, FoundItem
from antiphon.engine.moderating import CONTENT_FILTER, Moderating
from antiphon.engine.open_items import OpenItem
from antiphon.engine.outlet import Outlet
from antiphon.engine.past import stored_items
from antiphon.engine.plan import Plan
from antiphon.engine.replies import (
    Cancelled,
    Checked,
    Judged,
    Measured,
    Reply,
    Saved,
    SaveFailed,
    ToolDone,
    ToolProgress,
    ToolsListed,
    UpstreamChunks,
    UpstreamDone,
    UpstreamFailed,
    UpstreamOpened,
)
from antiphon.engine.review import Review
from antiphon.engine.run_state import Phase
from antiphon.engine.seals import Seal
from antiphon.engine.state import IllegalMove, State, move
from antiphon.engine.tool_search import as_tools, words_of
from antiphon.errors import (
    AntiphonError,
    ContextTooLong,
    InvalidRequest,
    UpstreamCut,
    UpstreamGarbage,
    UpstreamUnfit,
)
from antiphon.sources import Sources
from antiphon.wire import events as ev
from antiphon.wire.answers import Answer, StoredItem
from antiphon.wire.responses import IncompleteDetails, Response, Usage

MAX_OUTPUT_TOKENS = "max_output_tokens"
KNOWN_TIERS = frozenset({"auto", "default", "flex", "scale", "priority", "fast", "ultrafast"})

_encode = msgspec.json.Encoder().encode


class Run:
    """One response in the making. `seal` seals the reasoning that the client wants to carry.

    Counterpart: `DurableRun`, which outlives its process.
    """

    def __init__(self, plan: Plan, sources: Sources, seal: Seal | None = None) -> None:
        self.state = State.QUEUED
        self._plan = plan
        self._sources = sources
        self._belt = Belt(plan.tools, plan.bindings, plan.choice, plan.deferred, plan.stamp)
        self._course = Course(plan, sources)
        self._turn = self._course.next_turn(self._belt.bindings)
        self._announced = False
        self._tools = {server.tool.server_label: server.listed for server in plan.servers}
        self._to_list = [label for label, listed in self._tools.items() if listed is None]
        self._lists: dict[str, ToolsListed] = {}
        self._outlet = Outlet(plan.response.id, plan.include, seal)
        self._emit = self._outlet.emit
        self._over: tuple[State, AntiphonError | None] | None = None
        self._ending: tuple[State, Response, AntiphonError | None] | None = None
        self._fitting = Fitting(plan.window)
        self._asked: CallUpstream | None = None
        self._compacting = Compacting(plan.compaction, sources, seal)
        self._moderating = Moderating(plan.moderation)
        self._unsound = set(plan.constraints)
        self._review: Review | None = None

    @property
    def id(self) -> str:
        """The response's id."""
        return self._plan.response.id

    @property
    def response(self) -> Response:
        """The response object as it stood at the start."""
        return self._plan.response

    @property
    def usage(self) -> Usage | None:
        """The tokens so far, as upstreams told them."""
        return self._course.usage

    @property
    def output(self) -> list[StoredItem]:
        """The items so far as a store keeps them: whole, whatever of them the client is shown."""
        return stored_items(self._course.output)

    def start(self) -> list[Command]:
        """The first commands."""
        return self._check()

    @property
    def _promised(self) -> bool:
        """Whether the client knows of the response; before that it gets an HTTP error, and may try again."""
        return self._announced

    def _step(self, phase: Phase) -> list[Command]:
        """A step is done, and this comes next: what is to be kept of it, where anything is."""
        del phase
        return []

    def _check(self) -> list[Command]:
        if not self._unsound:
            return self._list()
        self.state = move(self.state, State.CHECKING)
        return [Check(place, constraint) for place, constraint in self._plan.constraints.items()]

    def _list(self) -> list[Command]:
        if not self._plan.generate:
            # Made ready for what continues it, and asked nothing itself.
            return [*self._announce(), *self._close([], State.COMPLETED)]
        if not self._to_list:
            return self._begin()
        self.state = move(self.state, State.LISTING)
        asking: list[Command] = [ListTools(server.tool) for server in self._plan.servers if server.listed is None]
        return [*self._announce(), *asking]

    def handle(self, reply: Reply) -> list[Command]:
        """What to do now that `reply` came. Raises `IllegalMove` for a reply nothing was asked for."""
        match reply:
            case UpstreamChunks(chunks):
                commands = [] if self.state is State.STREAMING else self._stream()
                if self._compacting.asking:
                    self._compacting.feed(chunks)
                else:
                    commands.append(self._emit([event for chunk in chunks for event in self._turn.feed(chunk)]))
            case UpstreamOpened():
                commands = self._open()
            case UpstreamDone(marked):
                commands = self._done(marked=marked)
            case UpstreamFailed(error):
                commands = self._failed(error)
            case Cancelled():
                commands = self._cancelled()
            case Saved():
                commands = self._end(None)
            case SaveFailed(error):
                commands = self._unsaved(error)
            case _:
                commands = self._found(reply)
        return commands

    def _found(self, reply: ToolsListed | ToolProgress | ToolDone | Checked | Measured | Judged) -> list[Command]:
        """What to do now that somebody else than the model answered."""
        match reply:
            case ToolsListed():
                return self._listed(reply)
            case ToolDone():
                return self._tool_done(reply)
            case ToolProgress():
                return [self._emit(self._turn.progress(self._called(reply), reply.piece))]
            case Checked():
                return self._checked(reply)
            case Measured():
                return self._measured(reply)
            case Judged():
                return self._judged(reply)
            case _:
                assert_never(reply)

    def _announce(self) -> list[Command]:
        """The first two events, once: from here on a failure is said in the stream."""
        if self._announced:
            return []
        self._announced = True
        response = self._plan.response
        return [self._emit([ev.ResponseCreated(response=response), ev.ResponseInProgress(response=response)])]

    def _listed(self, listed: ToolsListed) -> list[Command]:
        """Servers answer in any order; their items come in that of the request, so that a replay is the same."""
        self._lists[listed.server_label] = listed
        events: list[ev.Event] = []
        while self._to_list and self._to_list[0] in self._lists:
            label = self._to_list.pop(0)
            self._tools[label] = tuple(self._lists[label].tools)
            events += self._turn.list_tools(self._lists[label], self._mark(label))
        listed_now: list[Command] = [self._emit(events), *(self._step("listing") if events else [])]
        return listed_now if self._to_list else [*listed_now, *self._begin()]

    def _mark(self, label: str) -> str:
        server = next(server.tool for server in self._plan.servers if server.tool.server_label == label)
        return self._plan.stamp.mark(list_text(server))

    def _begin(self) -> list[Command]:
        """Make the calls that the client approved, then ask."""
        self._offer_tools()
        events = [event for call in self._plan.approved for event in self._turn.begin_call(call)]
        if not self._plan.approved:
            return self._ask()
        self.state = move(self.state, State.CALLING_TOOLS)
        return [*self._announce(), self._emit(events), *self._call_tools()]

    def _offer_tools(self) -> None:
        for server in self._plan.servers:
            # In the request's order, so that names don't depend on which server answered first.
            self._belt.add(server, self._tools[server.tool.server_label] or ())

    def _ask(self) -> list[Command]:
        if self._course.tokens_left == 0:
            return self._close([], State.INCOMPLETE)
        if asking := self._moderating.before():
            self.state = move(self.state, State.JUDGING)
            return [*asking]
        call = self._course.call(self._belt)
        if self._compacting.due(call, self._course.last_usage):
            self._asked, self.state = None, move(self.state, State.ASKING)
            return [self._compacting.ask(call)]
        return self._go(self._fitting.before(call))

    def _judged(self, told: Judged) -> list[Command]:
        """A text of the moderation is judged: go on with what hung on it. What a guard tells of is known, no more."""
        self._moderating.told(told)
        if self.state is not State.JUDGING or not self._moderating.over:
            return []
        if self._over is not None:
            return self._keep(*self._over)
        if self._moderating.fault is not None:
            return self._failed(self._moderating.fault)
        if self._moderating.blocked:
            return [*self._announce(), *self._close([], State.INCOMPLETE)]
        return self._ask()

    def _summarised(self) -> list[Command]:
        """What came before is one item from now on: the model goes on from it, or the response was all about that."""
        made = self._compacting.finish()
        if made is None and self._compacting.only:
            return self._failed(UpstreamGarbage("The model didn't summarise the conversation."))
        events: list[ev.Event] = []
        if made is not None:
            view, item = made
            self._course.compacted(view, self._compacting.cost)
            events = self._turn.put(item)
        if self._compacting.only:
            return self._close(events, State.COMPLETED)
        emitted: list[Command] = [self._emit(events), *(self._step("asking") if events else [])]
        return [*emitted, *self._go(self._fitting.before(self._course.call(self._belt)))]

    def _go(self, step: Step) -> list[Command]:
        """Make a call, or find out first whether its model can take it."""
        match step:
            case ContextTooLong():
                return self._failed(step)
            case Measure(call):
                self._asked, self.state = call, move(self.state, State.MEASURING)
            case CallUpstream():
                self._asked, self.state = step, move(self.state, State.ASKING)
                self._course.shortened(step.body["messages"])
            case _:
                assert_never(step)
        return [step]

    def _measured(self, told: Measured) -> list[Command]:
        if self._asked is None or self.state is not State.MEASURING:
            raise IllegalMove(f"nothing was to be measured in state {self.state}")
        return self._go(self._fitting.measured(self._asked, told))

    def _checked(self, told: Checked) -> list[Command]:
        """A constraint of the request is sound or not, or something of the turn keeps one or doesn't."""
        if self.state is not State.CHECKING:
            raise IllegalMove(f"nothing was to be checked in state {self.state}")
        if self._review is None:
            return self._sound(told)
        self._review.told(told)
        if not self._review.over:
            return []
        return self._reviewed([], self._review)

    def _sound(self, told: Checked) -> list[Command]:
        if told.fault is not None:
            said = f"Invalid value for '{told.key}': {told.fault}"
            return self._failed(InvalidRequest(said, code="invalid_value", param=told.key))
        self._unsound.discard(told.key)
        return [] if self._unsound else self._list()

    def _open(self) -> list[Command]:
        if self.state in {State.LISTING, State.CALLING_TOOLS}:
            # Opened because the client can't be kept waiting, while something else than the model is waited for.
            return self._announce()
        return self._stream()

    def _stream(self) -> list[Command]:
        """The model answers; in a state in which it wasn't asked, that is an illegal move."""
        if self.state is State.STREAMING:
            return []
        self.state = move(self.state, State.STREAMING)
        return self._announce()

    def _done(self, *, marked: bool) -> list[Command]:
        if not marked and self._turn.finish_reason is None:
            return self._failed(UpstreamCut("The upstream's stream ended without a finish reason or [DONE]."))
        if self._turn.broken:
            return self._failed(UpstreamCut(f"The upstream broke its answer off: {self._turn.finish_reason}."))
        opened = self._open()
        if self._compacting.asking:
            return [*opened, *self._summarised()]
        events = self._turn.settle()
        review = self._turn.review(self._plan.form)
        if review and (checks := review.checks()):
            self._review, self.state = review, move(self.state, State.CHECKING)
            return [*opened, self._emit(events), *checks]
        return [*opened, *self._reviewed(events, review)]

    def _reviewed(self, events: list[ev.Event], review: Review | None) -> list[Command]:
        """The turn ends, or tools are called, or the model is asked again for what it did wrong: once."""
        self._turn.rejected = review.settle() if review else []
        if self._turn.rejected and (self._course.second_try or any(one.hopeless for one in self._turn.rejected)):
            unfit = UpstreamUnfit(self._turn.rejected[0].sentence)
            return self._close([*events, *self._turn.abort()], State.FAILED, unfit)
        events += self._turn.finish()
        if self._turn.nameless_call:
            error = UpstreamGarbage("The upstream asked for a tool without naming it.")
            return self._close(events, State.FAILED, error)
        if self._turn.waiting:
            self.state = move(self.state, State.CALLING_TOOLS)
            return [self._emit(events), *self._call_tools()]
        if self._turn.rejected:
            return self._next_turn(events)
        state = State.INCOMPLETE if self._turn.incomplete_reason else State.COMPLETED
        return self._close(events, state)

    def _next_turn(self, events: list[ev.Event]) -> list[Command]:
        emitted = self._emit(events)
        self._turn = self._course.next_turn(self._belt.bindings)
        return [emitted, *self._step("asking"), *self._ask()]

    def _call_tools(self) -> list[Command]:
        """Call what the turn waits for, all at once; a call beyond `max_tool_calls` is refused."""
        commands: list[Command] = []
        for call in self._turn.waiting:
            allowed = self._course.may_call()
            if call.binding.runs == TOOL_SEARCH:
                commands += self._searched(call, allowed=allowed)
            elif allowed:
                commands.append(CallTool(call.key, call.binding.runs or "", call.binding.about, call.arguments))
            else:
                why = "No more tool calls are allowed for this response (max_tool_calls)."
                refused = Outcome(error=call.binding.face.fault(why))
                commands += self._tool_done(ToolDone(call.key, refused))
        return commands

    def _searched(self, call: WaitingCall, *, allowed: bool) -> list[Command]:
        """A search for tools is answered at once: what there is to find is known."""
        found = self._belt.search(words_of(arguments_in(call.arguments)) or call.arguments) if allowed else []
        follower = FoundItem(self._sources.ids("tso"), as_tools(found))
        return self._tool_done(ToolDone(call.key, Outcome()), follower)

    def _tool_done(self, done: ToolDone, follower: OpenItem | None = None) -> list[Command]:
        call = self._called(done)
        events = self._turn.answer(call, done.outcome, follower)
        if self._turn.waiting:
            return [self._emit(events), *self._step("calling")]
        if self._turn.client_is_asked and not self._turn.rejected:
            return self._close(events, State.COMPLETED)
        return self._next_turn(events)

    def _called(self, said: ToolDone | ToolProgress) -> WaitingCall:
        """The call that a tool speaks of; raises `IllegalMove` where none is waited for."""
        call = next((call for call in self._turn.waiting if call.key == said.item_id), None)
        if call is None or self.state is not State.CALLING_TOOLS:
            raise IllegalMove(f"no tool was to answer for {said.item_id} in state {self.state}")
        return call

    def _failed(self, error: AntiphonError) -> list[Command]:
        if isinstance(error, ContextTooLong) and self._asked is not None and not self._turn.begun:
            shorter = self._fitting.refused(self._asked, error)
            if shorter is not None:
                return self._again(shorter)
        if not self._promised:
            self.state = move(self.state, State.FAILED)
            return [Finish(error=error)]
        return self._close(self._turn.abort(), State.FAILED, error)

    def _again(self, shorter: CallUpstream) -> list[Command]:
        """The same call without its oldest part; the client was told nothing of the refusal."""
        if self.state is State.STREAMING:
            # Only opened, because the client can't be kept waiting; not a word was said.
            self.state = move(self.state, State.ASKING)
        self._asked = shorter
        self._course.shortened(shorter.body["messages"])
        return [shorter]

    def _cancelled(self) -> list[Command]:
        if not self._promised:
            self.state = move(self.state, State.CANCELLED)
            return [Finish()]
        return self._close(self._turn.abort(), State.CANCELLED)

    def _close(self, events: list[ev.Event], state: State, error: AntiphonError | None = None) -> list[Command]:
        """Emit the last items, have judged what is to be, then save, then (in `_end`) the terminal event."""
        emitted = self._emit(events)
        said = state in {State.COMPLETED, State.INCOMPLETE}
        if said and (asking := self._moderating.after(self._course.output)):
            self._over, self.state = (state, error), move(self.state, State.JUDGING)
            return [emitted, *asking]
        return [emitted, *self._keep(state, error)]

    def _keep(self, state: State, error: AntiphonError | None) -> list[Command]:
        self.state = move(self.state, State.SAVING)
        response = self._response(state, error)
        self._ending = (state, response, error)
        return self._save(response)

    def _save(self, response: Response) -> list[Command]:
        if not self._plan.store:
            return self._end(None)
        return [Save(self._answer(response))]

    def _unsaved(self, error: AntiphonError) -> list[Command]:
        """What isn't saved is never called completed."""
        if self.state is not State.SAVING:
            raise IllegalMove(f"nothing was to be saved in state {self.state}")
        self._ending = (State.FAILED, self._response(State.FAILED, error), error)
        return self._end(error)

    def _end(self, finish_error: AntiphonError | None) -> list[Command]:
        if self._ending is None:
            raise IllegalMove(f"nothing was to be saved in state {self.state}")
        self.state = move(self.state, self._ending[0])
        return [self._emit(self._last_events()), Finish(error=finish_error)]

    def _last_events(self) -> list[ev.Event]:
        if self._ending is None:
            raise IllegalMove(f"nothing was to be saved in state {self.state}")
        state, response, error = self._ending
        return [*([error_event(error)] if error else []), TERMINAL[state](response=response)]

    def _response(self, state: State, error: AntiphonError | None) -> Response:
        # Where the turn itself came to its end, there is nothing left for another one.
        blocked = CONTENT_FILTER if self._moderating.blocked else None
        reason = blocked or self._turn.incomplete_reason or MAX_OUTPUT_TOKENS if state is State.INCOMPLETE else None
        tier = self._turn.service_tier or ""
        return msgspec.structs.replace(
            self._plan.response,
            status=state.value,
            completed_at=self._sources.now() if state is State.COMPLETED else None,
            error=response_error(error) if error else None,
            incomplete_details=IncompleteDetails(reason=reason) if reason else None,
            output=self._outlet.output,
            usage=self._course.usage,
            moderation=self._moderating.found,
            service_tier=tier if tier in KNOWN_TIERS else "default",
        )

    def _answer(self, response: Response) -> Answer:
        return Answer(
            id=response.id,
            created_at=response.created_at,
            status=response.status,
            model=response.model,
            previous_response_id=response.previous_response_id,
            conversation_id=response.conversation.id if response.conversation else None,
            body=_encode(msgspec.structs.replace(response, output=[])),
            input=self._plan.input,
            output=tuple(self.output),
        )

    def __repr__(self) -> str:
        return f"<Run {self._plan.response.id} {self.state} at {self._outlet.sequence}>"
