"""The commands that start a sandbox on this machine: bubblewrap, nsjail, a container.

All of them: no network, no home, the system for reading only, a work folder in memory, process ids of its own, and
none of this server's environment. What each protects from stands in docs/how-to/run-code.md. Pure but for `Host.here`.
Not here: starting them (`process.py`). Sources: bwrap(1), nsjail's config.proto, docker-run(1).
"""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from antiphon.tools.code.protocol import WorkerSettings, line
from antiphon.tools.code.settings import CodeSettings
from antiphon.tools.code.system_calls import call_filter

FOLDER = "/mnt/data"
"""Where code works and finds its files, as models expect it."""
SHARED_BYTES = 16 * 1024 * 1024
PYTHON = "/usr/bin/python3"
FILTER = "FILTER"
ENVIRONMENT = {"HOME": FOLDER, "TMPDIR": FOLDER, "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
ROOT_FOLDERS = ("bin", "lib", "lib32", "lib64", "sbin")
READABLE = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts")
"""What the dynamic linker needs, and the fonts, so that plots have text."""
WORKER = files("antiphon.tools.code").joinpath("worker.py").read_text()


@dataclass(frozen=True, slots=True)
class Jail:
    """How to start a sandbox.

    `ending` is the command that ends one which isn't a process of ours, `filter` what a file descriptor is to hold
    whose number stands in the command as `FILTER`.
    """

    command: list[str]
    ending: list[str] = field(default_factory=list)
    filter: bytes = b""

    @contextmanager
    def ready(self) -> Iterator[tuple[list[str], tuple[int, ...]]]:
        """The command as it is started now, and the descriptors that go with it."""
        if not self.filter:
            yield self.command, ()
            return
        out, into = os.pipe()
        try:
            os.write(into, self.filter)
        finally:
            os.close(into)
        try:
            yield [str(out) if word == FILTER else word for word in self.command], (out,)
        finally:
            os.close(out)


@dataclass(frozen=True, slots=True)
class Host:
    """What matters of this machine: the folders of its root that it keeps in /usr, its make, whether we are root."""

    links: tuple[str, ...]
    machine: str
    is_root: bool

    @classmethod
    def here(cls) -> "Host":
        """This one."""
        links = tuple(name for name in ROOT_FOLDERS if Path("/", name).is_symlink())
        return cls(links, platform.machine(), is_root=os.geteuid() == 0)


def jail(settings: CodeSettings, name: str, memory: int, host: Host) -> Jail:
    """The sandbox for the container `name`, whose processes may use `memory` bytes."""
    if settings.sandbox == "container":
        return _container(settings, name, memory)
    calls = call_filter(host.machine) if settings.sandbox == "bubblewrap" else b""
    build = _bubblewrap if settings.sandbox == "bubblewrap" else _nsjail
    # No limit on processes holds for root, so what serves as root runs the jail as nobody.
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"] if host.is_root else []
    return Jail([*nobody, *build(settings, memory, host)], filter=calls)


def _worker(settings: CodeSettings, memory: int, python: str, processes: int) -> list[str]:
    said = WorkerSettings(
        folder=FOLDER,
        memory=memory,
        file_bytes=settings.disk_bytes,
        processes=processes,
        output_bytes=settings.output_bytes,
    )
    return [settings.python or python, "-I", "-c", WORKER, line(said).decode().strip()]


def _bubblewrap(settings: CodeSettings, memory: int, host: Host) -> list[str]:
    shared = ["--size", str(SHARED_BYTES), "--tmpfs"]
    view = ["--ro-bind", "/usr", "/usr"]
    for name in host.links:
        view += ["--symlink", f"usr/{name}", f"/{name}"]
    for path in (*(f"/{name}" for name in ROOT_FOLDERS if name not in host.links), *READABLE, *settings.readable):
        view += ["--ro-bind-try", path, path]
    # A folder in memory has no limit of its own unless one is said, so no other can be written.
    view += ["--proc", "/proc", "--dev", "/dev", *shared, "/dev/shm", "--remount-ro", "/dev"]  # noqa: S108 - inside
    view += [*shared, "/tmp", "--size", str(settings.disk_bytes), "--tmpfs", FOLDER]  # noqa: S108 - inside
    view += ["--remount-ro", "/", "--chdir", FOLDER, "--hostname", "code", "--clearenv"]
    for variable, value in ENVIRONMENT.items():
        view += ["--setenv", variable, value]
    apart = ["--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL", "--new-session"]
    if call_filter(host.machine):
        apart += ["--seccomp", FILTER]
    inside = _worker(settings, memory, PYTHON, settings.processes)
    return [settings.command, *apart, "--die-with-parent", *view, *settings.options, "--", *inside]


def _nsjail(settings: CodeSettings, memory: int, host: Host) -> list[str]:
    # New namespaces, no capabilities, no new privileges, an empty environment, a root and a /proc for reading only,
    # and an end together with its parent: all these are nsjail's own way, unless told otherwise.
    del host
    mib = 1024 * 1024
    flags = ["--mode", "o", "--quiet", "--hostname", "code", "--cwd", FOLDER, "--time_limit", "0", "--iface_no_lo"]
    flags += ["--rlimit_as", str(memory // mib), "--rlimit_fsize", str(max(1, settings.disk_bytes // mib))]
    flags += ["--rlimit_nofile", "256", "--rlimit_nproc", str(settings.processes), "--rlimit_cpu", "max"]
    for folder in ("/usr", *(f"/{name}" for name in ROOT_FOLDERS if Path("/", name).exists()), *settings.readable):
        flags += ["--bindmount_ro", folder]
    for device in ("null", "zero", "random", "urandom"):
        flags += ["--bindmount", f"/dev/{device}"]
    flags += ["--tmpfsmount", FOLDER, "--tmpfs_size", str(settings.disk_bytes)]
    for variable, value in ENVIRONMENT.items():
        flags += ["--env", f"{variable}={value}"]
    return [settings.command, *flags, *settings.options, "--", *_worker(settings, memory, PYTHON, settings.processes)]


def _container(settings: CodeSettings, name: str, memory: int) -> Jail:
    flags = ["run", "--rm", "--interactive", "--name", name, "--network", "none", "--read-only"]
    flags += ["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", "65534:65534"]
    flags += ["--memory", str(memory), "--memory-swap", str(memory), "--pids-limit", str(settings.processes)]
    flags += ["--cpus", "1", "--log-driver", "none", "--workdir", FOLDER]
    flags += ["--tmpfs", f"{FOLDER}:rw,nosuid,nodev,size={settings.disk_bytes},mode=1777"]
    flags += ["--tmpfs", f"/tmp:rw,nosuid,nodev,size={SHARED_BYTES},mode=1777"]  # noqa: S108 - inside
    for folder in settings.readable:
        flags += ["--volume", f"{folder}:{folder}:ro"]
    for variable, value in ENVIRONMENT.items():
        flags += ["--env", f"{variable}={value}"]
    # Its processes are counted for the container, not for a user whom other containers have as well.
    inside = _worker(settings, memory, "python3", 0)
    program = settings.command
    return Jail([program, *flags, *settings.options, settings.image, *inside], [program, "rm", "--force", name])
