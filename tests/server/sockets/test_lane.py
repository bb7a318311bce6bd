"""Lines of requests."""

import json
from functools import partial

import pytest

from antiphon.server.sockets.lane import MOST_QUEUED, Lane
from antiphon.wire.sockets import SocketError, SocketErrorDetail


class Heard:
    def __init__(self) -> None:
        self.told: list[bytes] = []

    async def __call__(self, text: bytes) -> None:
        self.told.append(text)


async def test_one_after_the_other_and_what_is_urgent_first() -> None:
    done: list[int] = []
    lane = Lane(None, Heard())

    async def work(number: int) -> None:
        done.append(number)
        if number == 0:
            lane.add(partial(work, 9), first=True)

    for number in range(3):
        lane.add(partial(work, number))
    while len(done) < 4:
        await lane.settled()
    assert done == [0, 9, 1, 2]
    lane.add(partial(work, 4))
    await lane.settled()
    assert done[-1] == 4


async def test_a_request_that_breaks_is_told_of() -> None:
    told: list[bool] = []
    lane = Lane(None, Heard(), lambda: told.append(True))

    async def work(*, broken: bool) -> None:
        if broken:
            raise ZeroDivisionError

    lane.add(partial(work, broken=False))
    await lane.settled()
    assert told == []
    lane.add(partial(work, broken=True))
    with pytest.raises(ZeroDivisionError):
        await lane.settled()
    assert told == [True]


async def test_what_waits_is_dropped_at_the_end() -> None:
    done: list[int] = []
    lane = Lane("a", Heard())

    async def work(number: int) -> None:
        done.append(number)

    for number in range(MOST_QUEUED):
        assert not lane.full
        lane.add(partial(work, number))
    assert lane.full
    await lane.end()
    assert done == []


async def test_a_lane_names_itself_in_each_event() -> None:
    heard = Heard()
    event = SocketError(SocketErrorDetail("no", "x"), 400)
    await Lane('a"b', heard).say(event)
    await Lane(None, heard).say(event)
    named, unnamed = map(json.loads, heard.told)
    assert named == {"stream_id": 'a"b', **unnamed}
    assert unnamed["type"] == "error"
