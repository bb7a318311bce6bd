"""A part of a page is rendered when it has changed."""

import json

from antiphon.console.live import PING_AFTER, Part, messages
from antiphon.runner.open_runs import OpenRuns


async def told(marks: list[int], count: int) -> list[bytes]:
    """So many messages of a part with these marks, look for look; the last one stays."""
    seen: list[int] = []

    def mark() -> int:
        seen.append(marks[min(len(seen), len(marks) - 1)])
        return seen[-1]

    async def render() -> str:
        return f"<p>{seen[-1]}</p>"

    stream = messages(Part(mark, render), OpenRuns(), 0)
    try:
        return [await anext(stream) for _ in range(count)]
    finally:
        await stream.aclose()  # type: ignore[attr-defined] # it is a generator


async def test_only_changes_are_sent() -> None:
    heard = await told([1, 1, 2, 2], 3)
    assert heard[:2] == [b'event: part\ndata: "<p>1</p>"\n\n', b'event: part\ndata: "<p>2</p>"\n\n']
    assert json.loads(heard[0].splitlines()[1][6:]) == "<p>1</p>"


async def test_a_quiet_part_keeps_the_connection_open() -> None:
    assert await told([1], 2) == [b'event: part\ndata: "<p>1</p>"\n\n', b": still here\n\n"]
    assert PING_AFTER > 1


async def test_a_server_that_stops_is_not_held_up() -> None:
    async def render() -> str:
        return ""

    runs = OpenRuns()
    stream = messages(Part(lambda: 1, render), runs, 600)
    await anext(stream)
    runs.close()
    assert [one async for one in stream] == []
