"""What seeing costs: the CPU time of a server that shows everything beside one that shows nothing.

Both are in one process and on one event loop (`twins.py`), stand before the same mock upstream, and are loaded in turn
with streamed answers: in a round the one, the other, the other, the one, and the other way round in the next. A ratio
is taken within a round, of the process's CPU time with all its threads, by the kernel's clock. What is told some at a
time is told before the other's turn comes. What goes to the collector every two seconds may fall into either's: a
thousandth of the time.

    python -m bench.seen
    python -m bench.seen --only otel
    python -m bench.seen --paced --answers 128 --at-once 128 --rounds 8

With `--paced` a token comes every 20 ms, as from a model, and is read and written by itself.

Not a workload of `run`: there each contestant stands alone. Counterparts: `otlp_sink.py`; `instructions.py`, which
counts instructions instead.
"""

import argparse
import contextlib
import json
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.contestants import LOADGEN, upstream
from bench.figures import parse_load
from bench.processes import Child, ChildFailed, Cores, free_port, get, on_core

EVERY = 2.0
"""Seconds between what is sent to the collector: more often than by default, which costs more."""
SETTINGS = '[prices."mock/*"]\ninput = 1.25\noutput = 10.0\n[otel]\nendpoint = "http://127.0.0.1:{}"\nevery = {}\n'
PARTS: dict[str, list[str]] = {
    "nothing": [],
    "metrics": ["--metrics"],
    "usage": ["--usage"],
    "logs": ["--log", "json"],
    "otel": [],
}
LENGTH_MS = 256 * 20
"""How long a paced answer takes."""
REST = 0.35
"""Seconds after a load until all is told that was seen of it."""
WARM = 400
"""Answers of each before anything is counted."""
WANTED = 1.03
US = 1e6


def cpu_of(pid: int) -> float:
    """CPU seconds of a process with all threads it has and had: its clock, by clock_getcpuclockid(3)."""
    return time.clock_gettime(~pid << 3 | 2)


@dataclass(frozen=True, slots=True)
class Twins:
    """Two servers of one process; the first sees nothing."""

    child: Child
    ports: tuple[int, int]

    def cpu(self) -> float:
        """Seconds of CPU that both together have used."""
        return cpu_of(self.child.process.pid)


@contextlib.contextmanager
def serving(mock_port: int, core: int, folder: Path, more: Sequence[str]) -> Iterator[Twins]:
    """Twins with empty databases. Raises `ChildFailed`."""
    ports = free_port(), free_port()
    flags = f"--host 127.0.0.1 --upstream mock=http://127.0.0.1:{mock_port}/v1"
    words = [sys.executable, "-m", "bench.twins", "--flags", flags, "--ports", *map(str, ports)]
    with Child([*words, "--more", shlex.join(more), str(folder)], core, folder) as child:
        for port in ports:
            child.wait_healthy(port, "/v1/health")
        yield Twins(child, ports)


@contextlib.contextmanager
def sink(core: int, folder: Path) -> Iterator[int]:
    """A collector; its port."""
    port = free_port()
    with Child([sys.executable, "-m", "bench.otlp_sink", "--port", str(port)], core, folder) as child:
        child.wait_healthy(port, "/")
        yield port


def load(port: int, core: int, options: argparse.Namespace, answers: int) -> None:
    """So many streamed answers of 256 tokens that are stored. Raises `ChildFailed`."""
    words = f"--port {port} --api responses --store 1 -c {options.at_once} --warmup 0 --duration 300 --expect 256"
    paced = ["--model", "mock-paced", "--ramp-ms", str(LENGTH_MS)] if options.paced else []
    command = [str(LOADGEN), *shlex.split(words), *paced, "--max-requests", str(answers)]
    with on_core(core):
        done = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)
    if done.returncode:
        raise ChildFailed(done.stderr)
    told = parse_load(done.stdout)
    if told.trouble:
        raise ChildFailed(told.trouble)


def a_round(twins: Twins, core: int, options: argparse.Namespace, number: int) -> list[float]:
    """CPU seconds of each for twice so many answers."""
    used = [0.0, 0.0]
    for which in (0, 1, 1, 0) if number % 2 else (1, 0, 0, 1):
        before = twins.cpu()
        load(twins.ports[which], core, options, options.answers)
        time.sleep(REST)
        used[which] += twins.cpu() - before
    return used


def summed_up(rounds: Sequence[Sequence[float]], answers: int) -> dict[str, float]:
    """Both in µs an answer; what the second takes more: median, quartiles, mean and its standard error."""
    ratios = sorted(on / off for off, on in rounds)
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
    off, on = (statistics.median(column) / answers * US for column in zip(*rounds, strict=True))
    mean, error = statistics.mean(ratios), statistics.stdev(ratios) / len(ratios) ** 0.5 if len(ratios) > 1 else 0.0
    return {"off_us": off, "on_us": on, "ratio": middle, "low": low, "high": high, "mean": mean, "error": error}


def read_options(words: Sequence[str]) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="bench.seen", description="Measure what seeing costs.")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--answers", type=int, default=150, help="of each load; a round has four")
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--paced", action="store_true", help="a token every 20 ms instead of as fast as it is taken")
    parser.add_argument("--only", choices=PARTS, action="append", dest="parts", help="these parts; all without it")
    parser.add_argument("--server-core", type=int)
    options = parser.parse_args(words)
    options.parts = options.parts or [part for part in PARTS if part != "nothing"]
    return options


def main() -> int:
    """Measure, and say what was measured."""
    options, found = read_options(sys.argv[1:]), Cores.find()
    core = found.server if options.server_core is None else options.server_core
    cores = Cores(core, found.server if core == found.load else found.load)
    with (
        tempfile.TemporaryDirectory() as name,
        upstream(["--batch", "16"], cores, folder := Path(name)) as (_, mock_port),
        sink(cores.load, folder) as sink_port,
    ):
        config = folder / "on.toml"
        config.write_text(SETTINGS.format(sink_port, EVERY) if "otel" in options.parts else "")
        shown = [word for part in options.parts for word in PARTS[part]] + ["--config", str(config)]
        with serving(mock_port, cores.server, folder, shown) as twins:
            for port in twins.ports:
                load(port, cores.load, options, max(WARM, options.at_once))
            rounds: list[list[float]] = []
            for number in range(options.rounds):
                rounds.append(a_round(twins, cores.load, options, number))
                print(f"round {number + 1}: {rounds[-1][1] / rounds[-1][0] - 1:+.1%}", flush=True)
            taken = get(sink_port, "/")[1].decode()
    told = summed_up(rounds, 2 * options.answers)
    print(f"{taken} exports; parts: {', '.join(options.parts)}")
    print(json.dumps({key: round(value, 4) for key, value in told.items()}))
    return 0 if told["ratio"] <= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
