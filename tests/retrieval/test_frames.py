"""Processes that are asked over pipes: answered, replaced when they break off or are too slow, ended in the end."""

import asyncio
import io
import sys

import pytest

from antiphon.retrieval.frames import LENGTH, Workers, serve

ECHO = """
import os, sys, time
from antiphon.retrieval.frames import serve_pipes
def answer(data):
    print("noise")
    if data == b"die":
        os._exit(7)
    if data == b"wait":
        time.sleep(600)
    return data + b" from %d" % os.getpid()
serve_pipes(answer)
"""
PROGRAM = (sys.executable, "-c", ECHO)


def test_frames_are_answered_until_nobody_asks() -> None:
    saying = io.BytesIO()
    asked = (3).to_bytes(LENGTH) + b"abc" + (0).to_bytes(LENGTH)
    serve(io.BytesIO(asked), saying, lambda data: data * 2)
    assert saying.getvalue() == (6).to_bytes(LENGTH) + b"abcabc" + (0).to_bytes(LENGTH)


async def test_a_process_stays_until_it_was_asked_so_often() -> None:
    workers = Workers(PROGRAM, often=2)
    said = [(await workers.ask(b"x" * 200_000, 60))[0] for _ in range(3)]
    await workers.close()
    pids = [bytes(each or b"").split()[-1] for each in said]
    assert pids[0] == pids[1] != pids[2]


async def test_one_that_breaks_off_or_is_too_slow_is_replaced() -> None:
    workers = Workers(PROGRAM)
    assert await workers.ask(b"die", 60) == (None, 7)
    with pytest.raises(TimeoutError):
        await workers.ask(b"wait", 0.2)
    assert (await workers.ask(b"a", 60))[0] is not None
    await workers.close()


async def test_one_whose_asker_left_is_replaced() -> None:
    workers = Workers(PROGRAM)
    asking = asyncio.create_task(workers.ask(b"wait", 60))
    await asyncio.sleep(0.05)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await workers.ask(b"a", 60))[0] is not None
    await workers.close()
