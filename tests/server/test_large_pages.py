"""Memory in large pages: which of it, and that a server has some where this machine can."""

import platform
import subprocess
import sys

import pytest

from antiphon.server.large_pages import SIZE, SWITCH, places

MAPS = """\
10100000-10a00000 rw-p 00000000 00:00 0                                  [heap]
Size:               9216 kB
KernelPageSize:        4 kB
Rss:                9000 kB
Pss:                9000 kB
20000000-20400000 rw-p 00000000 00:00 0
Size:               4096 kB
Rss:                 512 kB
30000000-30400000 r-xp 00000000 fe:00 26933                              /usr/lib/libpython3.so
Size:               4096 kB
Rss:                4096 kB
40000000-40400000 rw-p 00443000 fe:00 26933                              /usr/lib/libpython3.so
Size:               4096 kB
Rss:                4096 kB
50000000-50400000 rw-p 00000000 00:00 0                                  [stack]
Size:               4096 kB
Rss:                4096 kB
60000000-60200000 rw-p 00000000 00:00 0
Size:               2048 kB
Rss:                2048 kB
"""

MOVED = """\
from antiphon.server.large_pages import MAPS, move, places
held = [bytes(4000) for _ in range(5000)]
def figure(name): return sum(int(line.split()[1]) for line in MAPS.read_text().splitlines() if line.startswith(name))
before = figure("Rss:")
could = len(list(places(MAPS.read_text())))
moved = move()
print(could, moved, figure("AnonHugePages:"), figure("Rss:") - before)
assert held == [bytes(4000)] * 5000
"""


def test_only_what_is_full_and_private_is_moved() -> None:
    assert list(places(MAPS)) == [0x10200000, 0x10400000, 0x10600000, 0x10800000, 0x60000000]


def test_what_is_moved_lies_in_large_pages_and_takes_no_more_memory() -> None:
    if platform.system() != "Linux" or not SWITCH.exists() or "[never]" in SWITCH.read_text():
        pytest.skip("NO LARGE PAGES HERE: this system has none, or isn't to give any")
    told = subprocess.run([sys.executable, "-c", MOVED], capture_output=True, text=True, check=True, timeout=60)
    could, moved, kilobytes, more = map(int, told.stdout.split())
    assert could >= moved
    assert could > 2, "twenty megabytes fill some"
    if not moved:
        pytest.skip("NO LARGE PAGES HERE: the kernel is older than 6.1, or has no whole ones left")
    assert kilobytes * 1024 >= moved * SIZE
    assert more < moved * SIZE // 1024 // 5
