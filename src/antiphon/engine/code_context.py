"""What a conversation holds of running code: the container in which its calls ran. Pure.

Counterparts: `kinds/code_interpreter.py`, which declares where code runs; `tools/code/`, where containers are.
"""

from collections.abc import Sequence

import msgspec

from antiphon.engine.input import Item
from antiphon.engine.kinds.code_interpreter import Place
from antiphon.engine.reading import read

PREFIX = "cntr_"


class _Call(msgspec.Struct):
    container_id: str | None = None


def container_of(items: Sequence[Item], response_id: str) -> Place:
    """The container of a conversation: that of its last call, or one of the response's own."""
    for item in reversed(items):
        if item.type == "code_interpreter_call":
            known = read(item.raw, _Call, item.at).container_id
            if known:
                return Place(known, used_before=True)
    return Place(PREFIX + response_id.partition("_")[2])
