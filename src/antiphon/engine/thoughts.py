"""Which earlier thinking goes back to the model: `reasoning.context` of a request. Pure.

Not here: in which field (`dialects/`), how a message carries it (`prompt.py`).
"""

from collections.abc import Sequence
from dataclasses import replace

from antiphon.engine.input import Item
from antiphon.wire.items import MessageView, ReasoningView
from antiphon.wire.responses import ReasoningConfig


def with_thoughts_wanted(items: Sequence[Item], reasoning: ReasoningConfig | None) -> list[Item]:
    """With `current_turn`, what was thought before the last question has no words; else all of it has."""
    if reasoning is None or reasoning.context != "current_turn":
        return list(items)
    asked = [
        place for place, item in enumerate(items) if isinstance(item.view, MessageView) and item.view.role == "user"
    ]
    last = asked[-1] if asked else 0
    return [replace(item, view=None) if _is_thought(item) and at < last else item for at, item in enumerate(items)]


def _is_thought(item: Item) -> bool:
    return isinstance(item.view, ReasoningView)
