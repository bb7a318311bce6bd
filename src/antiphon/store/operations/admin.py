"""What an operator does over all projects: the sweep of what is too old.

Not here: when it is done. Counterpart: `StoreAdmin` in `base.py`.
"""

from antiphon.store.asks import Fetch, Steps
from antiphon.store.operations import answers, chats


def sweep(before: int, limit: int) -> Steps[int]:
    """Remove the oldest responses and chat completions; how many."""
    responses = yield Fetch("old_responses", {"before": before, "limit": limit})
    for row in responses:
        yield from answers.remove(row[0])
    old_chats = yield Fetch("old_chats", {"before": before, "limit": limit - len(responses)})
    for row in old_chats:
        yield from chats.remove(row[0])
    return len(responses) + len(old_chats)
