"""How one JSON value differs from another, as a list to be carried out: `[path, value]` sets, `[path]` takes away.

It keeps what a conversion loses. Pure. Counterpart: `exporters/llama_stack.py`, which undoes a conversion with it.
"""

from collections.abc import Iterable, Iterator
from typing import Any

Path = list[str | int]

Change = tuple[Path] | tuple[Path, Any]


def difference(have: Any, want: Any, path: Path | None = None) -> Iterator[Change]:  # noqa: ANN401 - JSON
    """What turns `have` into `want`; `1`, `1.0` and `true` are different things."""
    path = path or []
    if isinstance(have, dict) and isinstance(want, dict):
        yield from (([*path, name],) for name in have if name not in want)
        for name, member in want.items():
            if name in have:
                yield from difference(have[name], member, [*path, name])
            else:
                yield [*path, name], member
    elif isinstance(have, list) and isinstance(want, list) and len(have) == len(want):
        for number, (one, other) in enumerate(zip(have, want, strict=True)):
            yield from difference(one, other, [*path, number])
    elif type(have) is not type(want) or have != want:
        yield path, want


def changed(value: Any, changes: Iterable[Any]) -> Any:  # noqa: ANN401 - JSON
    """`value` with the changes carried out, in itself; one whose place isn't there is passed over."""
    for path, *new in changes:
        if not path:
            value = new[0] if new else value
            continue
        place = _at(value, path[:-1])
        if isinstance(place, dict) and isinstance(path[-1], str):
            place.pop(path[-1], None)
            if new:
                place[path[-1]] = new[0]
        elif isinstance(place, list) and isinstance(path[-1], int) and path[-1] < len(place):
            place[path[-1] : path[-1] + 1] = new
    return value


def _at(value: Any, path: Path) -> Any:  # noqa: ANN401 - JSON
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value
