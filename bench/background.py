"""Background runs that many follow: how much later a token is seen than when its model wrote it.

Each of the runs has a reader of its own, at another server than the one that carries it out where there are two. The
mock's tokens carry the time at which they were written, so that what is measured is everything in between: the server,
the log of events, and for two servers PostgreSQL and its notifications. Not a workload of `run`: it needs the runs to
be followed, which the load generator can't.

    python -m bench.background --runs 500 --servers 2
"""

import argparse
import asyncio
import contextlib
import json
import re
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.contestants import upstream
from bench.processes import Child, Cores, ask, cpu_seconds, free_port
from bench.store import own_postgres

STAMP = re.compile(rb"@([0-9a-z]{5})")
STAMP_MOD = 36**5
US = 1_000_000
WANTED = {1: 50.0, 2: 150.0}
"""Milliseconds at the 99th percentile, in one process and across two."""
CHUNKS, PAUSE_US = 40, 500_000


def age(stamp: bytes, now_us: int) -> int:
    """Microseconds since a token's five digits were written; they wrap after a minute."""
    return (now_us - int(stamp, 36)) % STAMP_MOD


def percentile(values: Sequence[float], part: float) -> float:
    """The value that so large a part of all is below."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


class Reader(asyncio.Protocol):
    """Follows one run; notes the age of each token as it comes."""

    def __init__(self, port: int, run_id: str, ages: list[int]) -> None:
        self.over: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.port = port
        self._run_id = run_id
        self._ages = ages
        self._rest = b""

    def itself(self) -> "Reader":
        """For whoever wants it made."""
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        head = f"GET /v1/responses/{self._run_id}?stream=true HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n"
        transport.write(head.encode())  # type: ignore[attr-defined] # it is one that writes

    def data_received(self, data: bytes) -> None:
        """Events, split anywhere."""
        now = time.monotonic_ns() // 1_000
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in whole:
            # Events of the whole text hold all stamps again.
            if b'"response.output_text.delta"' in line:
                self._ages += [age(found[1], now) for found in STAMP.finditer(line)]
            elif b'"response.completed"' in line and line.startswith(b"data"):
                self._end(ended=True)

    def connection_lost(self, error: Exception | None) -> None:
        """Nothing more comes, for whatever reason."""
        del error
        self._end(ended=False)

    def _end(self, *, ended: bool) -> None:
        if not self.over.done():
            self.over.set_result(ended)


def begin(port: int) -> str:
    """A run in the background; its id."""
    body = json.dumps({"model": "mock", "input": "Tell me a story.", "background": True}).encode()
    _, answer = ask(port, "POST", "/v1/responses", body)
    return str(json.loads(answer)["id"])


async def followed(ports: Sequence[int], runs: int) -> tuple[list[int], int]:
    """The ages of all tokens, and how many runs were seen to their end."""
    ages: list[int] = []
    readers: list[Reader] = []
    for number in range(runs):
        run_id = await asyncio.to_thread(begin, ports[number % len(ports)])
        reader = Reader(ports[(number + 1) % len(ports)], run_id, ages)
        readers.append(reader)
        await asyncio.get_running_loop().create_connection(reader.itself, "127.0.0.1", reader.port)
    ended = await asyncio.gather(*(reader.over for reader in readers))
    return ages, sum(ended)


@contextlib.contextmanager
def servers(count: int, mock_port: int, cores: Cores, folder: Path) -> Iterator[tuple[list[int], list[Child]]]:
    """So many servers over one database, by their ports: SQLite for one, PostgreSQL for more."""
    with contextlib.ExitStack() as stack:
        db = stack.enter_context(own_postgres(folder)) if count > 1 else f"sqlite:///{folder / 'runs.db'}"
        ports, children = [free_port() for _ in range(count)], []
        for place, port in enumerate(ports):
            words = [
                str(Path(sys.executable).with_name("antiphon")),
                "serve",
                "--host",
                "127.0.0.1",
                "--port",
                str(port),
            ]
            words += ["--upstream", f"mock=http://127.0.0.1:{mock_port}/v1", "--db", db]
            core = cores.server if place == 0 else cores.load
            child = stack.enter_context(Child(words, core, folder))
            child.wait_healthy(port, "/v1/health")
            children.append(child)
        yield ports, children


def read_options(words: Sequence[str]) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="bench.background", description="Measure background runs that are followed.")
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--servers", type=int, default=1, choices=WANTED)
    return parser.parse_args(words)


def main() -> int:
    """Measure, and say what was measured."""
    options, cores = read_options(sys.argv[1:]), Cores.find()
    pace = shlex.split(f"--chunks {CHUNKS} --delay-us {PAUSE_US}")
    with (
        tempfile.TemporaryDirectory() as name,
        upstream(pace, cores, Path(name)) as (_, mock_port),
        servers(options.servers, mock_port, cores, Path(name)) as (ports, children),
    ):
        began, pids = time.monotonic(), [pid for child in children for pid in child.pids()]
        cpu = cpu_seconds(pids)
        ages, ended = asyncio.run(followed(ports, options.runs))
        seconds, cpu = time.monotonic() - began, cpu_seconds(pids) - cpu
    low, high = (percentile(ages, part) / 1_000 for part in (0.5, 0.99))
    wanted = WANTED[options.servers]
    print(f"{ended} of {options.runs} runs followed to their end on {options.servers} servers in {seconds:.0f} s")
    print(f"a token under way: {low:.1f} ms p50, {high:.1f} ms p99 of {len(ages):,} (to reach: {wanted:g})")
    print(f"the servers' CPU: {cpu / len(ages) * US:.0f} µs a token, its run's share of beginning and ending included")
    return 0 if ended == options.runs else 1


if __name__ == "__main__":
    sys.exit(main())
