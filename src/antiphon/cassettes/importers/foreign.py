"""Which reader reads a file of another program: by its suffix, and where that says too little, by how it begins.

Not here: Llama Stack's recordings, which are a call a file and read when they are needed (`llama_stack.py`).
Counterpart: `open.py`.
"""

from pathlib import Path

from antiphon.cassettes.importers.calls import Foreign
from antiphon.cassettes.importers.har import read_har
from antiphon.cassettes.importers.vcr import is_vcr, read_vcr

YAML = frozenset({".yaml", ".yml"})
BEGINNING = 4096
"""Bytes of a JSON file that tell whether it is a cassette of vcrpy."""


def is_foreign(path: Path) -> bool:
    """Whether the file is an archive (HAR) or a cassette of vcrpy. Raises `OSError`."""
    if path.suffix == ".har":
        return True
    if path.suffix in YAML:
        return is_vcr(path.read_bytes())
    if path.suffix != ".json":
        return False
    with path.open("rb") as file:
        return is_vcr(file.read(BEGINNING))


def read_foreign(path: Path, name: str) -> Foreign:
    """Its calls. Raises `CassetteInvalid` for damage, `ConfigFault` where a package is lacking."""
    return read_har(path, name) if path.suffix == ".har" else read_vcr(path, name)
