"""Who is compared with whom: the command line of each server and the shape of the requests it gets.

Not here: starting them (`processes`), loading them (`workloads`).
"""

import contextlib
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.figures import DIRECT, OURS, OURS_UNSTORED, PASSTHROUGH
from bench.processes import Child, Cores, free_port

ROOT = Path(__file__).parent.parent
MOCK = ROOT / "bench" / "mock_upstream"
LOADGEN = ROOT / "bench" / "loadgen"

OUR_COMMAND = (
    f"{shlex.quote(str(Path(sys.executable).with_name('antiphon')))} serve --host 127.0.0.1 --port {{port}} "
    "--upstream mock=http://127.0.0.1:{mock_port}/v1 --db sqlite:///{db}"
)
PASSTHROUGH_COMMAND = (
    f"{shlex.quote(sys.executable)} -m bench.passthrough --port {{port}} --upstream http://127.0.0.1:{{mock_port}}/v1"
)


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server to be measured; one without a command line is the upstream itself."""

    name: str
    api: str
    command: str = ""
    store: bool | None = None

    def load_flags(self) -> list[str]:
        """What the load generator has to know about it."""
        stored = [] if self.store is None else ["--store", str(int(self.store))]
        return ["--api", self.api, *stored]


def contestants(our_command: str = OUR_COMMAND) -> tuple[Contestant, ...]:
    """All four. `our_command` has the fields {port}, {mock_port} and {db}."""
    return (
        Contestant(OURS, "responses", our_command, store=True),
        Contestant(OURS_UNSTORED, "responses", our_command, store=False),
        Contestant(PASSTHROUGH, "chat", PASSTHROUGH_COMMAND),
        Contestant(DIRECT, "chat"),
    )


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a contestant stands: the mock behind it, the server itself (the mock, if it is that), its database."""

    server: Child
    port: int
    mock_port: int
    db: Path


@contextlib.contextmanager
def upstream(flags: list[str], cores: Cores, folder: Path) -> Iterator[tuple[Child, int]]:
    """The mock upstream on the core of the load, and its port."""
    port = free_port()
    with Child([str(MOCK), "--port", str(port), *flags], cores.load, folder) as mock:
        mock.wait_healthy(port, "/health")
        yield mock, port


@contextlib.contextmanager
def serving(contestant: Contestant, mock_port: int, cores: Cores, folder: Path) -> Iterator[Stage]:
    """A fresh server with an empty database before a mock that runs, healthy and alone on its core.

    Raises `ChildFailed`.
    """
    port, db = free_port(), folder / f"{mock_port}-{contestant.api}.db"
    command = shlex.split(contestant.command.format(port=port, mock_port=mock_port, db=shlex.quote(str(db))))
    with Child(command, cores.server, folder) as server:
        server.wait_healthy(port, "/v1/health")
        yield Stage(server, port, mock_port, db)


@contextlib.contextmanager
def on_stage(contestant: Contestant, mock_flags: list[str], cores: Cores, folder: Path) -> Iterator[Stage]:
    """A fresh mock and a fresh server before it; for the upstream itself, the mock alone. Raises `ChildFailed`."""
    with upstream(mock_flags, cores, folder) as (mock, mock_port):
        if not contestant.command:
            yield Stage(mock, mock_port, mock_port, folder / "none.db")
            return
        with serving(contestant, mock_port, cores, folder) as stage:
            yield stage
