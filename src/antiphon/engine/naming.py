"""The names under which a chat model is offered tools that stand in a namespace. Pure.

Fixed: `namespace__name`, so that a conversation means the same in every later request. Counterpart: `kinds/function.py`
and `kinds/custom.py`, whose items show the name and the namespace apart.
"""

import hashlib

LONGEST = 64
"""Characters that chat-completions servers take as a function's name."""


def chat_name(name: str, namespace: str | None) -> str:
    """The function for a tool; one over 64 characters is cut, and ends in a digest of all of it."""
    if not namespace:
        return name
    whole = f"{namespace}__{name}"
    if len(whole) <= LONGEST:
        return whole
    digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{whole[: LONGEST - 9]}_{digest}"
