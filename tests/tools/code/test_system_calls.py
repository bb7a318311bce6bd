"""The filter of system calls, as a program of seccomp's; what it does is shown in `test_process.py`."""

import struct

import pytest

from antiphon.tools.code.system_calls import KILL, MACHINES, NO_SUCH_CALL, call_filter

ALLOW = 0x7FFF0000


def verdict(program: bytes, architecture: int, number: int) -> int:
    """What the kernel would do: classic BPF, as far as such a program needs it."""
    steps = list(struct.iter_unpack("=HBBI", program))
    place, loaded = 0, 0
    while True:
        code, yes, no, value = steps[place]
        place += 1
        match code:
            case 0x20:
                loaded = {0: number, 4: architecture}[value]
            case 0x15:
                place += yes if loaded == value else no
            case 0x35:
                place += yes if loaded >= value else no
            case 0x06:
                return int(value)
            case _:
                raise AssertionError(code)


@pytest.mark.parametrize("machine", MACHINES)
def test_listed_calls_are_refused_and_all_others_are_not(machine: str) -> None:
    architecture, refused = MACHINES[machine]
    program = call_filter(machine)
    said = {number: verdict(program, architecture, number) for number in range(600)}
    assert {number for number, what in said.items() if what == NO_SUCH_CALL} == set(refused)
    assert {number for number, what in said.items() if what == ALLOW} == set(range(600)) - set(refused)
    assert verdict(program, architecture, 0x40000000 + 1) == NO_SUCH_CALL
    assert verdict(program, 0x40000003, 1) == KILL


def test_another_machine_has_no_filter() -> None:
    assert call_filter("riscv64") == b""
