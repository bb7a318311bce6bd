"""The file in which a server keeps the key that it made for itself: found, or made once.

Two processes that start at the same time end up with the same key: each writes a file of its own and links it to
the name; the second link fails, and what stands there is read. Not here: what keys are for (`sealing.py`).
"""

import logging
import os
import stat
from base64 import b64encode
from contextlib import suppress
from pathlib import Path

from antiphon.errors import ConfigFault
from antiphon.sealing import configured_keys
from antiphon.sources import chance

log = logging.getLogger("antiphon")

NAME = "sealing.key"
SIZE = 32
"""Bytes of a key that is made."""


def found_or_made(folder: Path) -> list[bytes]:
    """The keys in the folder's file, made with mode 0600 where there is none. Raises `ConfigFault`.

    Where nothing can be written there, the key lives as long as this process, and the log says so.
    """
    path = folder / NAME
    try:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            _make(path)
    except OSError as error:
        log.warning(
            "no key can be kept in %s (%s): what is sealed now can't be opened after a restart; name keys with "
            "ANTIPHON_SEALING_KEYS or sealing-key-file",
            folder,
            error.strerror or error,
        )
        return [b64encode(chance(SIZE))]
    return read_keys(path)


def read_keys(path: Path) -> list[bytes]:
    """The keys of a file, one a line, the newest first. Raises `ConfigFault`."""
    try:
        lines = path.read_text().splitlines()
        mode = stat.S_IMODE(path.stat().st_mode)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigFault(f"The keys in {path} can't be read: {error}.") from None
    if os.name == "posix" and mode & 0o077:
        log.warning("others on this machine may read the keys in %s: chmod 600 it", path)
    keys = configured_keys(lines, str(path))
    if not keys:
        raise ConfigFault(f"There is no key in {path}. Put one there, or delete the file to have one made.")
    return keys


def _make(path: Path) -> None:
    """Make the file, whole from the moment on that it has its name."""
    own = path.with_name(f".{path.name}.{chance(8).hex()}")
    try:
        with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(b64encode(chance(SIZE)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            # Another process was first.
            os.link(own, path)
    finally:
        with suppress(FileNotFoundError):
            own.unlink()
