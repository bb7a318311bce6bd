"""A part of a page is rendered when it has changed, until it is over."""

import json

from starlette.requests import Request

from antiphon.console.live import PING_AFTER, Part, watch


class Here(Request):
    """A browser that stays for so many looks."""

    def __init__(self, looks: int) -> None:
        super().__init__({"type": "http", "headers": []})
        self._looks = looks

    async def is_disconnected(self) -> bool:
        self._looks -= 1
        return self._looks < 0


async def told(looks: int, marks: list[int], over_at: int) -> list[bytes]:
    seen: list[int] = []

    def mark() -> int:
        seen.append(marks[min(len(seen), len(marks) - 1)])
        return seen[-1]

    async def render() -> str:
        return f"<p>{seen[-1]}</p>"

    answer = watch(Here(looks), Part(mark, render, lambda: len(seen) > over_at), 0)
    return [bytes(piece) async for piece in answer.body_iterator if isinstance(piece, bytes)]


async def test_only_changes_are_sent_and_the_last_is_told() -> None:
    messages = await told(9, [1, 1, 2, 2], 3)
    assert messages == [
        b'event: part\ndata: "<p>1</p>"\n\n',
        b'event: part\ndata: "<p>2</p>"\n\n',
        b'event: over\ndata: "<p>2</p>"\n\n',
    ]
    assert json.loads(messages[0].splitlines()[1][6:]) == "<p>1</p>"


async def test_a_browser_that_left_ends_it() -> None:
    assert len(await told(1, [1, 2, 3], 99)) == 1


async def test_a_quiet_part_keeps_the_connection_open() -> None:
    assert (await told(PING_AFTER, [1], 999))[-1] == b": still here\n\n"
