"""The seven workloads: burst, paced, idle, start, store, threads, tools. Each asks contestants and notes figures.

Every contestant is started afresh for every round, and the rounds are interleaved, so that a machine that slows
down slows all of them. Not here: what the figures are worth (`figures`). Counterpart: the two C programs.
"""

import contextlib
import http.client
import json
import shlex
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from antiphon.errors import ConfigFault
from bench import threads, tools
from bench.contestants import LOADGEN, Contestant, Stage, on_stage, serving, upstream
from bench.figures import OURS, PASSTHROUGH, Figures, Key, Load, parse_load
from bench.processes import Child, ChildFailed, Cores, ask, free_port, get, on_core
from bench.store import own_postgres

LEAST_BYTES = 384  # the text alone of the shortest stored answer, 64 tokens
SHORT = ["--chunks", "32"]  # 192 bytes of answer, as a chat has them
SILENT = ["--delay-us", "4000000", "--paced-us", "0"]  # "mock" pauses 4 s a token, "mock-paced" doesn't


class Pace(NamedTuple):
    """How long and how often: the whole of it, or a quick look."""

    rounds: int
    burst_seconds: float
    paced_tokens: int  # of one paced stream; each takes 20 ms
    paced_seconds: float
    idle_streams: int
    starts: int
    answers: int
    answers_alone: int
    turns: tuple[int, ...]  # of the threads that grow: where they are weighed
    runs: int  # of ten tool calls


FULL = Pace(
    rounds=3,
    burst_seconds=5,
    paced_tokens=256,
    paced_seconds=10.3,
    idle_streams=1000,
    starts=5,
    answers=3000,
    answers_alone=20000,
    turns=threads.MARKS,
    runs=100,
)
QUICK = Pace(
    rounds=1,
    burst_seconds=1,
    paced_tokens=64,
    paced_seconds=1.3,
    idle_streams=1000,
    starts=3,
    answers=500,
    answers_alone=4000,
    turns=(1, 10, 100),
    runs=10,
)


@dataclass(frozen=True, slots=True)
class Bench:
    """What every workload is given."""

    entrants: tuple[Contestant, ...]
    pace: Pace
    cores: Cores
    folder: Path
    figures: Figures
    say: Callable[[str], None]

    def among(self, *names: str) -> tuple[Contestant, ...]:
        """The contestants of these names that take part."""
        return tuple(entrant for entrant in self.entrants if entrant.name in names)

    def failed(self, workload: str, contestant: Contestant, error: Exception) -> None:
        """Note that a contestant could not be measured; the others go on."""
        self.figures.errors.append(f"{workload}, {contestant.name}: {error}")
        self.say(f"{workload}, {contestant.name}: {error}")


def generate(bench: Bench, stage: Stage, contestant: Contestant, flags: list[str]) -> Load:
    """Run the load generator to its end. Raises `ChildFailed` when it gives up."""
    pids = [word for pid in stage.server.pids() for word in ("--pid", str(pid))]
    command = [str(LOADGEN), "--port", str(stage.port), *contestant.load_flags(), *pids, *flags]
    with on_core(bench.cores.load):
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        message = f"{' '.join(command)}\nended with {done.returncode}: {done.stderr.strip()}"
        raise ChildFailed(message)
    return parse_load(done.stdout)


def in_rounds(bench: Bench, workload: str, mock_flags: list[str], load_flags: list[str]) -> None:
    """Every contestant once a round, each round begun by another one."""
    out = set()
    for number in range(bench.pace.rounds):
        turn = number % len(bench.entrants)
        for contestant in (*bench.entrants[turn:], *bench.entrants[:turn]):
            if contestant.name in out:
                continue
            try:
                with on_stage(contestant, mock_flags, bench.cores, bench.folder) as stage:
                    before = file_bytes(stage.db)
                    load = generate(bench, stage, contestant, load_flags)
                    check_kept(contestant, load, file_bytes(stage.db) - before)
            except ChildFailed as error:
                bench.failed(workload, contestant, error)
                out.add(contestant.name)
                continue
            bench.figures.add_load(workload, contestant.name, load)
            rate, first = load.metrics["tok_per_cpu_s"], load.metrics["ttft_p50_ms"]
            bench.say(
                f"{workload}, round {number + 1}, {contestant.name}: {rate:,.0f} tokens per CPU second, "
                f"first token after {first:.1f} ms{load.trouble and ', TROUBLE: ' + load.trouble}"
            )


def burst(bench: Bench) -> None:
    """256-token streams as fast as they are taken, 64 at a time."""
    flags = ["--model", "mock", "-c", "64", "--expect", "256"]
    in_rounds(bench, "burst", [], [*flags, "--warmup", "0.7", "--duration", str(bench.pace.burst_seconds)])


def paced(bench: Bench) -> None:
    """A token every 20 ms, 32 and 128 streams at a time, begun evenly over the length of one."""
    tokens = bench.pace.paced_tokens
    length = tokens * 0.02
    for streams in (32, 128):
        flags = [
            "--model",
            "mock-paced",
            "-c",
            str(streams),
            "--expect",
            str(tokens),
            "--ramp-ms",
            str(int(length * 1000)),
        ]
        times = ["--warmup", str(length + 0.3), "--duration", str(bench.pace.paced_seconds)]
        in_rounds(bench, f"paced-{streams}", ["--chunks", str(tokens)], [*flags, *times])


def idle(bench: Bench) -> None:
    """Memory with no stream, and what each open but silent stream adds to it."""
    for contestant in bench.among(OURS, PASSTHROUGH):
        try:
            with on_stage(contestant, SILENT, bench.cores, bench.folder) as stage:
                measure_idle(bench, stage, contestant)
        except ChildFailed as error:
            bench.failed("idle", contestant, error)


def measure_idle(bench: Bench, stage: Stage, contestant: Contestant) -> None:
    """Resident memory after a few answers, then with all streams open. Raises `ChildFailed`."""
    warm = generate(
        bench, stage, contestant, ["--model", "mock-paced", "-c", "4", "--max-requests", "16", "--warmup", "0"]
    )
    streams, before = bench.pace.idle_streams, stage.server.rss_kb()
    begun = mock_streams(stage)
    flags = ["--model", "mock", "-c", str(streams), "--ramp-ms", "2000", "--warmup", "0", "--duration", "60"]
    command = [str(LOADGEN), "--port", str(stage.port), *contestant.load_flags(), *flags]
    with Child(command, bench.cores.load, bench.folder) as load:
        end = time.monotonic() + 40
        while mock_streams(stage) < begun + streams:
            if time.monotonic() > end or load.process.poll() is not None:
                message = f"only {mock_streams(stage) - begun} of {streams} streams opened. {load.said()}"
                raise ChildFailed(message)
            time.sleep(0.05)
        time.sleep(1.0)  # the first token of the last stream is through
        after = stage.server.rss_kb()
    bench.figures.add_load("idle-warm-up", contestant.name, Load({}, warm.trouble))
    bench.figures.add(Key("idle", contestant.name, "rss_mb"), before / 1024)
    bench.figures.add(Key("idle", contestant.name, "kb_per_stream"), (after - before) / streams)
    bench.say(
        f"idle, {contestant.name}: {before / 1024:.1f} MB, and {(after - before) / streams:.1f} KB per open stream"
    )


def mock_streams(stage: Stage) -> int:
    """How many streams the mock has begun."""
    told = json.loads(get(stage.mock_port, "/stats")[1])
    begun: int = told["streams"]
    return begun


def start(bench: Bench) -> None:
    """Seconds from exec to the first healthy answer, each time with an empty database."""
    out = set()
    for number in range(bench.pace.starts + 1):
        for contestant in bench.among(OURS, PASSTHROUGH):
            if contestant.name in out:
                continue
            try:
                seconds = time_start(bench, contestant)
            except ChildFailed as error:
                bench.failed("start", contestant, error)
                out.add(contestant.name)
                continue
            if number:  # the first one only warms the file cache
                bench.figures.add(Key("start", contestant.name, "start_s"), seconds)
                bench.say(f"start, round {number}, {contestant.name}: {seconds:.2f} s")


def time_start(bench: Bench, contestant: Contestant) -> float:
    """One start. Raises `ChildFailed`."""
    with upstream([], bench.cores, bench.folder) as (_, mock_port):
        begun = time.monotonic()
        with serving(contestant, mock_port, bench.cores, bench.folder):
            return time.monotonic() - begun


def store(bench: Bench) -> None:
    """What one stored answer of 256 tokens adds to the database file."""
    for contestant in bench.among(OURS):
        try:
            with on_stage(contestant, [], bench.cores, bench.folder) as stage:
                measure_store(bench, stage, contestant)
        except (ChildFailed, sqlite3.Error) as error:
            bench.failed("store", contestant, error)


def measure_store(bench: Bench, stage: Stage, contestant: Contestant) -> None:
    """Save answers and weigh the file before and after. Raises `ChildFailed` and `sqlite3.Error`."""
    check_stored(stage)
    before, answers = written_back(stage.db), bench.pace.answers
    flags = ["--model", "mock", "-c", "64", "--expect", "256", "--warmup", "0", "--duration", "120"]
    load = generate(bench, stage, contestant, [*flags, "--max-requests", str(answers)])
    bench.figures.add_load("store", contestant.name, load)
    grown = written_back(stage.db) - before
    check_kept(contestant, load, grown)
    bench.figures.add(Key("store", contestant.name, "kb_per_answer"), grown / answers / 1024)
    bench.say(f"store, {contestant.name}: {grown / answers / 1024:.2f} KB per answer, of {answers}")


def check_stored(stage: Stage) -> None:
    """Ask for one answer and fetch it back, so that no figure is of a server that stores nothing.

    Raises `ChildFailed`.
    """
    body = json.dumps({"model": "mock", "input": "Hello", "store": True}).encode()
    try:
        status, answer = ask(stage.port, "POST", "/v1/responses", body)
        if status == http.client.OK:
            status, _ = get(stage.port, f"/v1/responses/{json.loads(answer)['id']}")
    except (OSError, http.client.HTTPException) as error:
        raise ChildFailed(f"an answer could not be asked for and fetched back: {error}") from error
    if status != http.client.OK:
        raise ChildFailed(f"an answer could not be asked for and fetched back: status {status}")


def check_kept(contestant: Contestant, load: Load, grown: int) -> None:
    """That answers were stored where they should be, and only there: `grown` bytes have come to the database.

    Raises `ChildFailed`.
    """
    answers = load.metrics["ok"]
    if contestant.store is not None and answers and (grown >= answers * LEAST_BYTES) != contestant.store:
        wanted = "stored" if contestant.store else "stored nowhere"
        raise ChildFailed(f"{answers:.0f} answers were to be {wanted}, and the database grew by {grown} bytes")


def file_bytes(db: Path) -> int:
    """Bytes of the database and its write-ahead log, as they lie there; 0 where there is none."""
    return sum(part.stat().st_size for part in db.parent.glob(f"{db.name}*") if not part.name.endswith("-shm"))


def written_back(db: Path) -> int:
    """Bytes of the database once its write-ahead log is written back into it. Raises `sqlite3.Error`."""
    with contextlib.closing(sqlite3.connect(db, timeout=10)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file_bytes(db)


def run_store_alone(bench: Bench) -> None:
    """The store by itself, without HTTP: see `bench.store`, which runs on the core of the server."""
    command = [sys.executable, "-m", "bench.store", "--answers", str(bench.pace.answers_alone), "--json"]
    with on_core(bench.cores.server):
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        bench.figures.errors.append(f"store alone: {done.stderr.strip()[-1500:]}")
        bench.say(bench.figures.errors[-1])
        return
    if done.stderr:
        bench.say(done.stderr.strip())
    for name, told in json.loads(done.stdout).items():
        bench.say(f"store alone, {name}: {told}")
        for metric, value in told.items():
            if isinstance(value, int | float):
                bench.figures.add(Key("store alone", name, metric), value)


def grow(bench: Bench) -> None:
    """Long threads, by chain and by conversation: bytes and milliseconds as they grow."""
    for contestant in bench.among(OURS):
        try:
            for way in threads.WAYS:
                grow_on_sqlite(bench, contestant, way)
            for way in threads.WAYS:
                grow_on_postgres(bench, contestant, way)
        except (ChildFailed, sqlite3.Error) as error:
            bench.failed("threads", contestant, error)
        except ConfigFault as fault:
            bench.say(f"PostgreSQL is left out of threads: {fault}")


def grow_on_sqlite(bench: Bench, contestant: Contestant, way: str) -> None:
    """On an empty file. Raises `ChildFailed` and `sqlite3.Error`."""
    with on_stage(contestant, SHORT, bench.cores, bench.folder) as stage:
        note_growth(
            bench, f"SQLite, {way}", threads.measure(stage.port, way, lambda: written_back(stage.db), bench.pace.turns)
        )


def grow_on_postgres(bench: Bench, contestant: Contestant, way: str) -> None:
    """On an empty database. Raises `ChildFailed`, and `ConfigFault` where there is no PostgreSQL."""
    folder = bench.folder / way
    folder.mkdir()
    with own_postgres(folder) as url:
        there = replace(contestant, command=contestant.command.replace("sqlite:///{db}", shlex.quote(url)))
        with on_stage(there, SHORT, bench.cores, bench.folder) as stage:
            points = threads.measure(stage.port, way, lambda: threads.postgres_bytes(url), bench.pace.turns)
            note_growth(bench, f"PostgreSQL, {way}", points)


def note_growth(bench: Bench, name: str, points: list[threads.Point]) -> None:
    """Keep what a thread cost at each mark: milliseconds, bytes, and bytes of each turn since the mark before."""
    for point, each in zip(points[1:], threads.bytes_per_turn(points), strict=True):
        told = {"ms": point.ms, "kb": point.size / 1024, "kb_per_turn": each / 1024}
        for metric, value in told.items():
            bench.figures.add(Key("threads", name, f"{metric}@{point.turns}"), value)
        bench.say(f"threads, {name}, {point.turns} turns: {told}")


def call_tools(bench: Bench) -> None:
    """Runs of ten tool calls, the server's and the client's."""
    for number in range(bench.pace.rounds):
        for contestant in bench.among(OURS):
            try:
                with agent_stage(contestant, bench) as stage:
                    url = f"http://127.0.0.1:{stage.mock_port}/mcp"
                    costs = tools.measure(stage.server, stage.port, url, bench.pace.runs)
            except ChildFailed as error:
                bench.failed("tools", contestant, error)
                return
            for name, cost in costs.items():
                for metric, value in cost._asdict().items():
                    bench.figures.add(Key("tools", name, metric), value)
                bench.say(
                    f"tools, round {number + 1}, {name}: {cost.cpu_ms:.2f} ms of CPU a turn, {cost.ms:.2f} in all"
                )


@contextlib.contextmanager
def agent_stage(contestant: Contestant, bench: Bench) -> Iterator[Stage]:
    """A server before a model that calls tools. Raises `ChildFailed`."""
    port = free_port()
    command = [sys.executable, "-m", "bench.agent_mock", "--port", str(port)]
    with Child(command, bench.cores.load, bench.folder) as mock:
        mock.wait_healthy(port, "/health")
        with serving(contestant, port, bench.cores, bench.folder) as stage:
            yield stage


WORKLOADS: dict[str, tuple[Callable[[Bench], None], ...]] = {
    "burst": (burst,),
    "paced": (paced,),
    "idle": (idle,),
    "start": (start,),
    "store": (store, run_store_alone),
    "threads": (grow,),
    "tools": (call_tools,),
}
