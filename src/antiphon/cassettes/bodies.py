"""Large bodies beside a cassette: each in a file named by the SHA-256 of its bytes, in the folder `tape.bodies`.

Pictures and sounds would make lines that nobody can read and repositories that only grow; equal ones are kept once. Not
here: which line names which (`format.py`). Counterpart: `rewriting.py`, which takes away what no line names any more.
"""

import hashlib
import os
import re
from pathlib import Path

BINARY = 16 * 1024
"""Bytes from which on a body that is no text stands beside the file."""
MEDIA = 64 * 1024
"""The same for a text that holds an encoded picture or sound."""
TEXT = 1024 * 1024
"""The same for any other."""

SUFFIX = ".bodies"
_HASH = re.compile(r"[0-9a-f]{64}")


def belongs_beside(data: bytes) -> bool:
    """Whether some bytes are too large, for what they are, to stand in the file."""
    if len(data) < BINARY:
        return False
    if len(data) >= TEXT or (len(data) >= MEDIA and b";base64," in data):
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return True
    return False


class Bodies:
    """The folder of bodies of one cassette, which is there when the first is put into it. Raises `OSError`."""

    def __init__(self, folder: Path) -> None:
        self.named: set[str] = set()
        self._folder = folder

    @classmethod
    def of(cls, path: Path) -> "Bodies":
        """That of the cassette at `path`."""
        return cls(path.with_name(path.name.removesuffix(".zst").removesuffix(".jsonl") + SUFFIX))

    @property
    def folder(self) -> Path:
        """Where they are, if there are any."""
        return self._folder

    def put(self, data: bytes) -> str:
        """Keep a body; the name under which it is found. It is there whole, or not at all."""
        name = hashlib.sha256(data).hexdigest()
        self.named.add(name)
        path = self._folder / name
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            part = self._folder / f"{name}.{os.getpid()}.part"
            part.write_bytes(data)
            part.replace(path)
        return name

    def get(self, name: str) -> bytes:
        """A body by its name. Raises `ValueError` for one that isn't there, or isn't any more what it was."""
        if not _HASH.fullmatch(name):
            raise ValueError(f"{name!r} is no SHA-256")
        path = self._folder / name
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise ValueError(f"its body {path.parent.name}/{name} isn't there") from None
        if hashlib.sha256(data).hexdigest() != name:
            raise ValueError(f"its body {path.parent.name}/{name} was changed")
        return data

    def sweep(self) -> None:
        """Take away all that weren't put here by this very object, and the folder if it is empty then."""
        if not self._folder.is_dir():
            return
        for path in self._folder.iterdir():
            if path.name not in self.named and _HASH.match(path.name):
                path.unlink()
        if not any(self._folder.iterdir()):
            self._folder.rmdir()
