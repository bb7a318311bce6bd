"""What seeing costs: the CPU time of one server that shows everything beside one that shows nothing.

Both stand before the same mock upstream, on the same core, and are loaded in turn with the same number of streamed
answers; each round asks both, the one first in one round and the other in the next, and a ratio is taken within a
round. CPU time is the kernel's, to the microsecond, of all threads of the process, and what is sent later (to the
collector, into the table of usage) counts: a round ends when it is sent. Nothing here depends on how long it took.

Loads are long: a server that wasn't asked for a while has to come back into the processor's caches, and with 800
answers at a time the one that was asked after a rest took up to a quarter more.

    python -m bench.seen
    python -m bench.seen --only otel
    python -m bench.seen --paced --answers 256 --at-once 128 --rounds 8

With `--paced` a token comes every 20 ms, as from a model, and is read and written by itself.

Not a workload of `run`: there each contestant stands alone, here the two stand side by side. Counterpart:
`otlp_sink.py`.
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
WANTED = 1.03
US = 1e6


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two servers."""

    child: Child
    port: int

    def cpu(self) -> float:
        """Seconds of CPU that it has used."""
        return cpu_of(self.child.process.pid)


def cpu_of(pid: int) -> float:
    """CPU seconds of a process with all threads it has and had: its clock, by clock_getcpuclockid(3)."""
    return time.clock_gettime(~pid << 3 | 2)


@contextlib.contextmanager
def serving(mock_port: int, core: int, folder: Path, flags: Sequence[str]) -> Iterator[Side]:
    """A server with an empty database. Raises `ChildFailed`."""
    port = free_port()
    words = [str(Path(sys.executable).with_name("antiphon")), "serve", "--host", "127.0.0.1", "--port", str(port)]
    words += ["--upstream", f"mock=http://127.0.0.1:{mock_port}/v1", "--db", f"sqlite:///{folder / str(port)}.db"]
    with Child([*words, *flags], core, folder) as child:
        child.wait_healthy(port, "/v1/health")
        yield Side(child, port)


@contextlib.contextmanager
def sink(core: int, folder: Path) -> Iterator[int]:
    """A collector; its port."""
    port = free_port()
    with Child([sys.executable, "-m", "bench.otlp_sink", "--port", str(port)], core, folder) as child:
        child.wait_healthy(port, "/")
        yield port


def load(side: Side, core: int, options: argparse.Namespace) -> None:
    """So many streamed answers of 256 tokens that are stored. Raises `ChildFailed`."""
    words = f"--port {side.port} --api responses --store 1 -c {options.at_once} --warmup 0 --duration 300 --expect 256"
    paced = ["--model", "mock-paced", "--ramp-ms", str(LENGTH_MS)] if options.paced else []
    command = [str(LOADGEN), *shlex.split(words), *paced, "--max-requests", str(options.answers)]
    with on_core(core):
        done = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)
    if done.returncode:
        raise ChildFailed(done.stderr)
    told = parse_load(done.stdout)
    if told.trouble:
        raise ChildFailed(told.trouble)


def a_round(sides: Sequence[Side], core: int, options: argparse.Namespace, number: int) -> list[float]:
    """CPU seconds of each side, over the whole round; the first side sees nothing."""
    before = [side.cpu() for side in sides]
    for side in sides if number % 2 else sides[::-1]:
        load(side, core, options)
        if side is sides[1] and "metrics" in options.parts:
            get(side.port, "/metrics")
    time.sleep(EVERY * 1.1)
    return [side.cpu() - was for side, was in zip(sides, before, strict=True)]


def summed_up(rounds: Sequence[Sequence[float]], answers: int) -> dict[str, float]:
    """Both in µs an answer; what the second takes more: median and quartiles over the rounds, and by totals."""
    ratios = sorted(on / off for off, on in rounds)
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
    off, on = (statistics.median(column) / answers * US for column in zip(*rounds, strict=True))
    whole = sum(on for _, on in rounds) / sum(off for off, _ in rounds)
    return {"off_us": off, "on_us": on, "ratio": middle, "low": low, "high": high, "totals": whole}


def read_options(words: Sequence[str]) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="bench.seen", description="Measure what seeing costs.")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--answers", type=int, default=4_000, help="of each server in each round")
    parser.add_argument("--at-once", type=int, default=48)
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
        with (
            serving(mock_port, cores.server, folder, []) as off,
            serving(mock_port, cores.server, folder, shown) as on,
        ):
            a_round((off, on), cores.load, options, 0)
            rounds: list[list[float]] = []
            for number in range(options.rounds):
                rounds.append(a_round((off, on), cores.load, options, number))
                print(f"round {number + 1}: {rounds[-1][1] / rounds[-1][0] - 1:+.1%}", flush=True)
            taken = get(sink_port, "/")[1].decode()
    told = summed_up(rounds, options.answers)
    print(f"{taken} exports; parts: {', '.join(options.parts)}")
    print(json.dumps({key: round(value, 4) for key, value in told.items()}))
    return 0 if told["ratio"] <= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
