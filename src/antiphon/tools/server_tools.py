"""The tools that this server runs for a run: carries out every `Aid`.

A fault of a tool is its outcome, never raised; a tape that lacks the call, though, fails the run. Not here: the
tools themselves (`table.py` names them), what follows (`engine/run.py`). Counterpart: `runner/foreground.py`, which
hands the replies over.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from antiphon.engine.commands import CallTool, Check, Judge, ListTools, Measure
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.replies import Checked, Judged, Measured, ToolDone, ToolProgress, ToolsListed
from antiphon.errors import AntiphonError, CassetteFault, StoreFault
from antiphon.tools.checker import Checker
from antiphon.tools.mcp_calls import McpCalls
from antiphon.tools.tool import Tool, ToolCall, failed
from antiphon.upstream.judging import Judges
from antiphon.upstream.measuring import Measurer

AT_ONCE = 16
"""Calls of one run that are under way at the same time."""

Report = Callable[[ToolProgress], None]


def unheard(progress: ToolProgress) -> None:
    """For whoever doesn't want to know."""
    del progress


@dataclass(frozen=True, slots=True)
class Aids:
    """What a run needs beside tools: somebody who checks, somebody who counts, and somebody who judges."""

    checker: Checker
    measurer: Measurer
    judges: Judges

    def in_scope(self, scope: str) -> "Aids":
        """The same on behalf of a scope of the cassette."""
        return Aids(self.checker, self.measurer.in_scope(scope), self.judges.in_scope(scope))


@dataclass(frozen=True, slots=True)
class RunOf:
    """Which run: its response's id, and whose it is; `scope` names the test that it belongs to, where there is one."""

    id: str
    project: str
    scope: str = ""


class ServerTools:
    """One run's tools."""

    def __init__(self, mcp: McpCalls, tools: Mapping[str, Tool], aids: Aids, run: RunOf) -> None:
        self._aids = aids
        self._mcp = mcp
        self._tools: dict[str, Tool] = {"mcp": mcp, **tools}
        self._run = run
        self._places = asyncio.Semaphore(AT_ONCE)

    async def list(self, command: ListTools) -> ToolsListed:
        """What an MCP server offers, or why that isn't known."""
        return await self._mcp.list(command, self._run.id)

    async def call(self, command: CallTool, report: Report = unheard) -> ToolDone:
        """The tool's outcome; `report` takes what is to be shown before it."""

        def said(piece: object) -> None:
            report(ToolProgress(command.item_id, piece))

        run = self._run
        call = ToolCall(command.about, command.arguments, run.id, run.project, run.scope, said)
        async with self._places:
            return ToolDone(command.item_id, await self._outcome(command.tool, call))

    async def check(self, command: Check) -> Checked:
        """What is wrong with something that the model wrote, or with a constraint of the request."""
        return await self._aids.checker.check(command)

    async def measure(self, command: Measure) -> Measured:
        """How long a call is, and may be."""
        return await self._aids.measurer.measure(command)

    async def judge(self, command: Judge) -> Judged:
        """What a moderation model finds in a text, or why that isn't known."""
        return await self._aids.judges.judge(command)

    async def close(self) -> None:
        """Nothing more is called in this run."""
        for tool in self._tools.values():
            await tool.leave(self._run.id)

    async def _outcome(self, name: str, call: ToolCall) -> Outcome:
        try:
            return await self._tools[name].call(call)
        except (CassetteFault, StoreFault):
            raise
        except AntiphonError as error:
            return failed(error)
