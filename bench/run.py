"""`make bench`: everything measured in one go, printed, and kept in bench/results/.

The server under test has one core to itself; the mock upstream and the load generator have the other. A go takes
about ten minutes, `--quick` half a minute. Exit status 1 means that a stream went wrong, never that a target was
missed: a time is no test. Counterpart: `docs/performance.md`.
"""

import argparse
import json
import platform
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import FrameType
from typing import NoReturn

from bench import tables
from bench.contestants import OUR_COMMAND, ROOT, contestants
from bench.figures import TARGETS, Figures
from bench.processes import Cores
from bench.workloads import FULL, QUICK, WORKLOADS, Bench

PARTS = ("antiphon", "uvicorn", "uvloop", "httptools", "starlette", "aiohttp", "msgspec")
FILES_NEEDED = 8192


def read_options(words: list[str]) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="bench.run", description="Measure this server against a plain proxy.")
    parser.add_argument("--quick", action="store_true", help="one short round: a look, not a result")
    parser.add_argument("--only", default=",".join(WORKLOADS), help="some of %(default)s", metavar="NAMES")
    parser.add_argument("--rounds", type=int, help="rounds of each streaming workload")
    parser.add_argument(
        "--server-cmd",
        default=OUR_COMMAND,
        metavar="COMMAND",
        help="another command line for ours, with {port}, {mock_port} and {db}; a profiler can stand before it",
    )
    parser.add_argument("--out", type=Path, default=ROOT / "bench" / "results", help="where the results go")
    options = parser.parse_args(words)
    options.only = [name for name in WORKLOADS if name in options.only.split(",")]
    if not options.only:
        parser.error(f"--only: none of {', '.join(WORKLOADS)}")
    return options


def build_tools() -> None:
    """Compile the two C programs where they are not there yet. Raises `SystemExit`."""
    make = shutil.which("make")
    if not make or subprocess.run([make, "-s", "-C", str(ROOT / "bench"), "tools"], check=False).returncode:
        sys.exit("The mock upstream and the load generator could not be built: make and a C compiler are needed.")


def raise_file_limit() -> None:
    """A thousand streams are two thousand sockets in the server."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < FILES_NEEDED:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES_NEEDED, hard), hard))


def processor() -> str:
    """The name of the processor, as the kernel tells it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def installed(part: str) -> str:
    """A part with its version."""
    try:
        return f"{part} {version(part)}"
    except PackageNotFoundError:
        return f"{part} (not installed)"


def circumstances(options: argparse.Namespace, cores: Cores) -> dict[str, str]:
    """When, on what, with what: whatever a figure can depend on."""
    return {
        "when": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "length": "quick: a look, not a result" if options.quick else "full",
        "machine": f"{processor()}, {platform.system()} {platform.release()}",
        "cores": f"server on {cores.server}, load on {cores.load}",
        "python": platform.python_version(),
        "parts": ", ".join(installed(part) for part in PARTS),
    }


def write_results(figures: Figures, around: dict[str, str], report: str, folder: Path) -> None:
    """latest.json with every value of every round, latest.md with the tables."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "circumstances": around,
        "figures": [{**key._asdict(), "rounds": values} for key, values in figures.values.items()],
        "targets": [
            {
                "name": target.name,
                "measured": target.measure(figures),
                "limit": target.limit,
                "met": target.met(figures),
            }
            for target in TARGETS
        ],
        "errors": figures.errors,
    }
    (folder / "latest.json").write_text(json.dumps(told, indent=1) + "\n")
    (folder / "latest.md").write_text(report)


def stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """A SIGTERM ends this as an interrupt does: through every `with`, so that no child stays behind."""
    raise KeyboardInterrupt


def main() -> int:
    """Measure, print, write."""
    options = read_options(sys.argv[1:])
    signal.signal(signal.SIGTERM, stop)
    build_tools()
    raise_file_limit()
    cores, figures = Cores.find(), Figures()
    pace = QUICK if options.quick else FULL
    if options.rounds:
        pace = pace._replace(rounds=options.rounds)
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-") as folder:
        bench = Bench(contestants(options.server_cmd), pace, cores, Path(folder), figures, say)
        for name in options.only:
            for workload in WORKLOADS[name]:
                workload(bench)
    around = circumstances(options, cores)
    report = tables.report(figures, "\n".join(f"- {name}: {text}" for name, text in around.items()))
    write_results(figures, around, report, options.out)
    print(f"\n{report}\nwritten to {options.out}/latest.json and latest.md")
    return 1 if figures.errors else 0


def say(line: str) -> None:
    """Progress, as it comes."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Stopped.")
