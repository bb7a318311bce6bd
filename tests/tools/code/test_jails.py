"""The commands of sandboxes: what each must hold. That bubblewrap's works is shown in `test_process.py`."""

import json
import os
import shlex

import pytest

from antiphon.tools.code.jails import FILTER, Host, Jail, jail
from antiphon.tools.code.settings import CodeSettings

USER = Host(links=("bin", "lib", "lib64", "sbin"), machine="x86_64", is_root=False)
ROOT = Host(links=(), machine="riscv64", is_root=True)


def made(sandbox: str, host: Host = USER, **settings: object) -> tuple[str, dict[str, int]]:
    """The command as one line without the program inside, and that program's settings."""
    said = CodeSettings(sandbox=sandbox, **settings)  # type: ignore[arg-type] # by name
    command = jail(said, "cntr_1", 1 << 30, host).command
    return shlex.join(command[:-2]), json.loads(command[-1])


@pytest.mark.parametrize(
    ("sandbox", "wanted"),
    [
        (
            "bubblewrap",
            [
                "bwrap --unshare-all --unshare-user", "--cap-drop ALL", "--die-with-parent", "--clearenv", "--proc /proc",
                "--size 268435456 --tmpfs /mnt/data", "--remount-ro / ", "--ro-bind /usr /usr", "--symlink usr/lib64 /lib64",
                f"--seccomp {FILTER}", "--setenv HOME /mnt/data", "--new-session", "-- /usr/bin/python3 -I -c",
            ],
        ),
        (
            "nsjail",
            [
                "nsjail --mode o", "--iface_no_lo", "--rlimit_as 1024", "--rlimit_fsize 256", "--rlimit_nproc 64",
                "--bindmount_ro /usr", "--tmpfsmount /mnt/data --tmpfs_size 268435456", "-- /usr/bin/python3 -I -c",
            ],
        ),
        (
            "container",
            [
                "docker run --rm --interactive", "--name cntr_1", "--network none", "--read-only", "--cap-drop ALL",
                "--security-opt no-new-privileges", "--memory 1073741824 --memory-swap 1073741824", "--pids-limit 64",
                "--tmpfs /mnt/data:rw,nosuid,nodev,size=268435456,mode=1777", "python:3.13-slim python3 -I -c",
            ],
        ),
    ],
)  # fmt: skip
def test_each_keeps_code_in(sandbox: str, wanted: list[str]) -> None:
    command, inside = made(sandbox)
    assert [part for part in wanted if part not in f"{command} "] == []
    assert (inside["memory"], inside["file_bytes"], inside["output_bytes"]) == (1 << 30, 1 << 28, 1 << 16)
    assert inside["processes"] == (0 if sandbox == "container" else 64)


@pytest.mark.parametrize("sandbox", ["bubblewrap", "nsjail", "container"])
def test_settings_are_followed(sandbox: str) -> None:
    command, _ = made(sandbox, program="/opt/x", python="/opt/py", readable=["/opt/science"], options=["--more", "1"])
    assert command.startswith("/opt/x ")
    assert "--more 1 " in command
    assert "/opt/science" in command
    assert command.endswith("/opt/py -I -c")


def test_root_becomes_nobody() -> None:
    command, _ = made("bubblewrap", ROOT)
    assert command.startswith("setpriv --reuid=65534 --regid=65534 --clear-groups -- bwrap ")
    assert "--ro-bind-try /lib64 /lib64" in command
    assert "--seccomp" not in command
    assert made("container", ROOT)[0].startswith("docker ")


def test_a_container_is_ended_by_name() -> None:
    said = CodeSettings(sandbox="container", program="podman")
    assert jail(said, "cntr_1", 1 << 30, USER).ending == ["podman", "rm", "--force", "cntr_1"]
    assert jail(CodeSettings(sandbox="nsjail"), "cntr_1", 1 << 30, USER).ending == []


def test_a_filter_is_handed_over_by_a_descriptor() -> None:
    with Jail(["run", "--seccomp", FILTER], filter=b"program").ready() as (command, (descriptor,)):
        assert command == ["run", "--seccomp", str(descriptor)]
        assert os.read(descriptor, 99) == b"program"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_this_machine_is_known() -> None:
    host = Host.here()
    assert host.is_root is (os.geteuid() == 0)
    assert host.machine
