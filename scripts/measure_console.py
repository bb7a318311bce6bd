"""Measures the console of a server started as a user starts it: its first page, its memory, what watching costs.

Times are on loopback, CPU time is the server's own (Linux only). Runs with and without a watcher alternate, so that a
machine that is busy with other things is so for both. Not here: what a browser takes to draw.
"""

import argparse
import os
import re
import statistics
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import httpx2
from running_server import RunningServer, Scene, Stage, running_server

from antiphon.testing import ScriptedUpstream, text

ITEMS = 5_000
MADE = re.compile(r'data: \{"type":"response\.created".*?"id":"(resp_\w+)"')
CPU_CLOCK = 2
"""What makes the number of a process the number of its clock (`clock_getcpuclockid`, Linux)."""
WATCHERS = 10
"""Watchers of one run: what one costs is a tenth of what they do, and can be told from what a busy machine adds."""
FILES = ("console.css", "console.js", "duration.js", "mark.svg")
SETTLED = 1.0
"""Seconds after which a server has said where it is and asked its upstreams."""
NOWHERE = "nobody=http://127.0.0.1:9/v1"


def console_of(server: RunningServer) -> str:
    """Where the pages are."""
    return server.url.removesuffix("/v1") + "/console"


def timed(address: str) -> tuple[float, int]:
    """Milliseconds that a page takes on a new connection, and its bytes."""
    with httpx2.Client(timeout=60) as http:
        began = time.perf_counter()
        answer = http.get(address)
        took = time.perf_counter() - began
    answer.raise_for_status()
    return took * 1000, len(answer.content)


def cpu(server: RunningServer) -> float:
    """Seconds of CPU that the server has had, all its threads together, those that have ended too."""
    return time.clock_gettime(~server.process.pid << 3 | CPU_CLOCK)


def first_page(starts: int) -> None:
    """The first page that a server gives after so many fresh starts, each of a process that imports anew."""
    took, used, size = list[float](), list[float](), 0
    for _ in range(starts):
        with (
            ScriptedUpstream() as upstream,
            running_server("--upstream", f"scripted={upstream.url}", restore_signals=True) as server,
        ):
            time.sleep(SETTLED)
            began = cpu(server)
            ms, size = timed(console_of(server) + "/")
            took.append(ms)
            used.append((cpu(server) - began) * 1000)
            size += sum(timed(f"{console_of(server)}/static/{name}")[1] for name in FILES)
    again = f"CPU {statistics.median(used):.0f} ms, {size:,} bytes with its files"
    print(f"first page of {starts} starts: {statistics.median(took):.0f} ms, at most {max(took):.0f}; {again}")


def idle(seconds: float) -> None:
    """Memory of a server that nobody asks anything, so long after its start."""
    for flags in ((), ("--no-console",)):
        with running_server("--upstream", NOWHERE, *flags, restore_signals=True) as server:
            time.sleep(seconds)
            print(f"idle for {seconds:.0f} s {' '.join(flags)}: {server.memory / 2**20:.1f} MB")


def long_response() -> None:
    """The pages of a response of many items."""
    stage = Stage()
    with (
        ScriptedUpstream(default=stage) as upstream,
        running_server("--upstream", f"scripted={upstream.url}") as server,
    ):
        scene = Scene(server, upstream, stage.script)
        scene.play(text("Done."))
        items = [{"role": "user", "content": f"Item number {number}, with **words**."} for number in range(ITEMS)]
        kept = scene.stream(input=items).response["id"]
        for path in (f"{kept}", f"{kept}/items?at=50", f"{kept}/items?at={ITEMS - 50}"):
            tries = [timed(f"{console_of(server)}/responses/{path}") for _ in range(10)]
            took = statistics.median(ms for ms, _ in tries)
            print(f"{ITEMS} items, {path.partition('/')[2] or 'the page':>14}: {took:.1f} ms, {tries[0][1]:,} bytes")


def follow(address: str, seen: list[int]) -> None:
    """Watch a timeline to its end."""
    with httpx2.stream("GET", address, timeout=120) as answer:
        for piece in answer.iter_raw():
            seen[0] += len(piece)


def paced(server: RunningServer, runs: int, watchers: int) -> tuple[float, int]:
    """Seconds of CPU for so many runs at once, with so many watchers of the first; bytes that they were sent."""
    began, seen, watching = cpu(server), [0], list[threading.Thread]()

    def run(number: int) -> None:
        body = {"model": "scripted/m", "input": "x", "stream": True}
        with httpx2.stream("POST", f"{server.url}/responses", json=body, timeout=120) as answer:
            for line in answer.iter_lines():
                if number == 0 and watchers and (found := MADE.match(line)):
                    address = f"{console_of(server)}/responses/{found[1]}/timeline"
                    for _ in range(watchers):
                        watching.append(threading.Thread(target=follow, args=(address, seen)))
                        watching[-1].start()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(runs)]
    for thread in threads:
        thread.start()
        time.sleep(0.1)
    for thread in threads:
        thread.join()
    for thread in watching:
        thread.join()
    return cpu(server) - began, seen[0]


def watching(runs: int, seconds: float, rounds: int) -> None:
    """What a watcher of one run costs among so many runs."""
    pieces = [f"word{number} " for number in range(int(seconds * 50))]
    reply = text(*pieces, usage=(10, len(pieces))).timed(between=0.02)
    with (
        ScriptedUpstream(default=lambda _: reply) as upstream,
        running_server("--upstream", f"scripted={upstream.url}") as server,
    ):
        paced(server, 1, WATCHERS)
        plain, watched, sent = list[float](), list[float](), 0
        for _ in range(rounds):
            plain.append(paced(server, runs, 0)[0])
            one, sent = paced(server, runs, WATCHERS)
            watched.append(one)
    without = statistics.median(plain)
    more = [(with_ - alone) * 1000 / WATCHERS for with_, alone in zip(watched, plain, strict=True)]
    told = f"{without * 1000:.0f} ms, and {statistics.median(more):+.1f} ms for each watcher"
    share = statistics.median(more) / 1000 / without
    print(f"{runs} runs of {len(pieces)} tokens in {seconds:.0f} s, {rounds} rounds")
    print(f"  CPU of the server {told} ({share:+.1%})")
    print(f"  each round {', '.join(f'{one:+.1f}' for one in more)} ms; {sent // WATCHERS:,} bytes to each watcher")


def main() -> None:
    """Measure all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="how long a run that is watched goes on")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=("first", "idle", "long", "watching"))
    said = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}")
    if said.only in {None, "first"}:
        first_page(said.rounds)
    if said.only in {None, "idle"}:
        idle(60)
    if said.only in {None, "long"}:
        long_response()
    for runs in (1, 10) if said.only in {None, "watching"} else ():
        watching(runs, said.seconds, said.rounds)
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
