"""What seeing costs, as instructions of the processor for an answer: the same on a machine that is busy.

The server runs under valgrind, which counts; first one that sees nothing, then one with everything on, each with the
same number of streamed answers of 256 tokens. Instructions are no time, and those of the kernel are not counted, so
that what is written and sent is cheaper here than it is. It takes some minutes.

    python -m bench.instructions
    python -m bench.instructions --paced

With `--paced` a token comes every 20 ms, as from a model, and is read and written by itself: fewer answers, since the
server must keep pace under valgrind.

Needs valgrind. Counterpart: `seen.py`, which measures CPU time, for which a machine must be quiet.
"""

import argparse
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.contestants import LOADGEN, upstream
from bench.processes import Child, Cores, free_port
from bench.seen import PARTS, SETTINGS, sink


@dataclass(frozen=True, slots=True)
class Load:
    """Answers before the count and in it, how many at a time, of which model of the mock."""

    warm: int
    answers: int
    at_once: int
    model: str


BURST = Load(128, 256, 64, "mock")
PACED = Load(12, 36, 4, "mock-paced")
EVERY = 60.0
"""Seconds between exports, longer than the count takes: under valgrind a second holds a hundredth of its answers."""
START = 300.0
TOTALS = re.compile(rb"^totals: (\d+)", re.MULTILINE)


def counted(mock_port: int, cores: Cores, folder: Path, flags: list[str], load: Load = BURST) -> float:
    """Instructions of an answer by a server with these flags. Raises `ChildFailed`."""
    port, out = free_port(), folder / f"{free_port()}.callgrind"
    words = f"valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file={out} {sys.executable}"
    program = [str(Path(sys.executable).with_name("antiphon")), "serve", "--host", "127.0.0.1", "--port", str(port)]
    program += ["--upstream", f"mock=http://127.0.0.1:{mock_port}/v1", "--db", f"sqlite:///{folder / str(port)}.db"]
    with Child([*shlex.split(words), *program, *flags], cores.server, folder) as child:
        child.wait_healthy(port, "/v1/health", START)
        ask(port, load, load.warm)
        switch(child, "on")
        ask(port, load, load.answers)
        # What is kept behind the answers is theirs too.
        time.sleep(3.0)
        switch(child, "off")
        child.stop(START)
    totals = [found for path in folder.glob(f"{out.name}*") for found in TOTALS.findall(path.read_bytes())]
    return sum(map(int, totals)) / load.answers


def ask(port: int, load: Load, answers: int) -> None:
    """So many answers."""
    words = (
        f"--port {port} --api responses --store 1 --model {load.model} -c {load.at_once} --warmup 0 --duration 600 "
        f"--expect 256 --max-requests {answers}"
    )
    subprocess.run([str(LOADGEN), *shlex.split(words)], stdout=subprocess.DEVNULL, check=True, timeout=700)


def switch(child: Child, state: str) -> None:
    """Begin or end to count."""
    words = ["callgrind_control", "-i", state, str(child.process.pid)]
    subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, timeout=120)


def main() -> int:
    """Count, and say what was counted."""
    if shutil.which("valgrind") is None:
        sys.exit("valgrind isn't installed")
    parser = argparse.ArgumentParser(description="What seeing costs, in instructions of the processor.")
    parser.add_argument("--paced", action="store_true", help="a token every 20 ms, as from a model")
    load, cores = PACED if parser.parse_args().paced else BURST, Cores.find()
    with (
        tempfile.TemporaryDirectory() as name,
        upstream([] if load is PACED else ["--batch", "16"], cores, folder := Path(name)) as (_, mock_port),
        sink(cores.load, folder) as sink_port,
    ):
        config = folder / "on.toml"
        config.write_text(SETTINGS.format(sink_port, EVERY))
        every = [word for part in PARTS.values() for word in part]
        off = counted(mock_port, cores, folder, [], load)
        on = counted(mock_port, cores, folder, [*every, "--config", str(config)], load)
    print(f"{off / 1e3:,.0f} thousand instructions an answer, {on / 1e3:,.0f} with everything on: {on / off - 1:+.1%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
