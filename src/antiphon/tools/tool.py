"""A tool that this server runs itself: what it is told of a call, and what it gives.

Not here: which tools there are (`table.py`), who calls them (`server_tools.py`). Counterparts: `engine/kinds/`, where
each has the face that shows its calls.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from antiphon.engine.kinds.face import Outcome
from antiphon.errors import AntiphonError


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call to carry out.

    `about` is what the call's binding says of it, `arguments` JSON text as the model wrote it. `run_id` is the
    response's id, which all its calls share; `project` is whose it is; `scope` names the test that it is made for
    (`HttpRequest.scope`). `report` shows something at once, while the call is at work: what the face's `progress`
    understands.
    """

    about: Mapping[str, Any]
    arguments: str
    run_id: str
    project: str
    scope: str
    report: Callable[[object], None]


class Tool(Protocol):
    """One object serves the whole process; its calls run at the same time."""

    async def call(self, call: ToolCall) -> Outcome:
        """Carry a call out.

        What goes wrong is best told in the outcome, in the shape that the item has for it; an `AntiphonError` that
        is raised becomes one, but for faults of a cassette or of the store, which end the run.
        """
        ...

    async def leave(self, run_id: str) -> None:
        """A run is over: let go of what was kept for it."""
        ...

    async def close(self) -> None:
        """The server stops."""
        ...


def failed(error: AntiphonError) -> Outcome:
    """The outcome for an error that a tool raised."""
    return Outcome(error={"code": error.code or error.type, "message": error.message})
