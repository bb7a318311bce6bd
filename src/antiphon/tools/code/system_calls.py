"""A filter of system calls for bubblewrap: those by which code gets memory that no limit counts, or the kernel's ear.

A classic BPF program of the kind seccomp takes: it looks at the architecture and the number of a call, and refuses
those listed as if the kernel didn't have them. Pure. Sources: seccomp(2), linux/filter.h, and the kernel's tables
of numbers. Counterpart: `jails.py`.
"""

import struct

# Memory that isn't a process's own and isn't in a folder with a limit: memfd_create, memfd_secret, shmget, mq_open,
# msgget, semget. The kernel's larger and newer doors: bpf, userfaultfd, perf_event_open, io_uring_*. Its keys: add_key,
# request_key, keyctl. Other processes: ptrace, process_vm_readv, process_vm_writev. Files by handle, past the mounts.
X86_64 = (319, 447, 29, 240, 68, 64, 321, 323, 298, 425, 426, 427, 248, 249, 250, 101, 310, 311, 303, 304)
AARCH64 = (279, 447, 194, 180, 186, 190, 280, 282, 241, 425, 426, 427, 217, 218, 219, 117, 270, 271, 264, 265)
MACHINES = {"x86_64": (0xC000003E, X86_64), "aarch64": (0xC00000B7, AARCH64)}
"""By the machine's name: what the kernel calls its architecture there, and the calls that are refused."""

NUMBER, ARCHITECTURE = 0, 4
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, NO_SUCH_CALL, KILL = 0x7FFF0000, 0x00050000 | 38, 0x80000000
OTHER_WIDTH = 0x40000000
"""Numbers from here on are the same calls again, for programs with shorter pointers."""


def call_filter(machine: str) -> bytes:
    """The program for a machine (`x86_64`); empty for one whose numbers aren't known here."""
    if machine not in MACHINES:
        return b""
    architecture, refused = MACHINES[machine]
    program = [_step(LOAD, ARCHITECTURE), _step(EQUAL, architecture, yes=1), _step(RETURN, KILL), _step(LOAD, NUMBER)]
    # Each comparison jumps over those that are left, and over the permission, to the refusal at the end.
    left = len(refused) + 1
    program.append(_step(AT_LEAST, OTHER_WIDTH, yes=left))
    for place, number in enumerate(refused, 1):
        program.append(_step(EQUAL, number, yes=left - place))
    return b"".join([*program, _step(RETURN, ALLOW), _step(RETURN, NO_SUCH_CALL)])


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)
