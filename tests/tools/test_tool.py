"""What every tool of this server has in common."""

from antiphon.engine.kinds.face import Outcome
from antiphon.errors import ToolFailed
from antiphon.tools.tool import failed


def test_an_error_that_was_raised_is_an_outcome() -> None:
    assert failed(ToolFailed("No.")) == Outcome(error={"code": "tool_failed", "message": "No."})
    assert failed(ToolFailed("No.", code="blocked")) == Outcome(error={"code": "blocked", "message": "No."})
