"""Moves what a server has loaded into large pages of memory, where the system has them: Linux, 6.1 and later.

A request goes through some hundred functions that lie on thousands of small pages. Between two requests the processor
forgets where those are, and in a virtual machine finding each again takes longer than the code that is on it. Nothing
depends on it, and no memory is taken for it. Not here: what the collector of garbage is told (`serve.py`). Source:
madvise(2), `MADV_COLLAPSE`.
"""

import ctypes
import re
from collections.abc import Iterator
from pathlib import Path

SIZE = 2 << 20
"""Bytes of a large page, on x86 and most of arm."""
FULL = 0.9
"""The part of a mapping that must be in use: in one that is emptier, a large page would take memory."""
COLLAPSE = 25
SWITCH = Path("/sys/kernel/mm/transparent_hugepage/enabled")
MAPS = Path("/proc/self/smaps")

_MAPPING = re.compile(
    r"^(?P<start>[0-9a-f]+)-(?P<end>[0-9a-f]+) rw-p \S+ \S+ 0 *(?:\[heap\])?\n(?:.*\n)*?Rss: +(?P<used>\d+) kB",
    re.MULTILINE,
)


def move() -> int:
    """Move what fills whole large pages. Returns how many those are; 0 where the system can't, or isn't to."""
    try:
        if "[never]" in SWITCH.read_text():
            return 0
        maps = MAPS.read_text()
        advise = ctypes.CDLL(None).madvise
    except (OSError, AttributeError):
        return 0
    advise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return sum(advise(start, SIZE, COLLAPSE) == 0 for start in places(maps))


def places(maps: str) -> Iterator[int]:
    """Where large pages could begin in memory of this process alone, by the text of `/proc/self/smaps`."""
    for found in _MAPPING.finditer(maps):
        start, end = int(found["start"], 16), int(found["end"], 16)
        if int(found["used"]) * 1024 >= FULL * (end - start):
            yield from range(-(-start // SIZE) * SIZE, end - SIZE + 1, SIZE)
