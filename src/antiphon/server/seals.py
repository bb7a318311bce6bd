"""The seals of this server, by its settings: keys of the operator's, keys of a file, or a key that it made itself.

Not here: how a seal is made (`sealing.py`), where a made key is kept (`key_file.py`).
"""

from pathlib import Path

from antiphon.config import Config
from antiphon.engine.own import MARK
from antiphon.key_file import SIZE, found_or_made, read_keys
from antiphon.sealing import Sealing, configured_keys, open_to_all
from antiphon.sources import chance

REASONING = "reasoning"
"""What a seal of thinking is good for; one made for anything else doesn't open as that."""
ITEM = "item"
"""What the mark of an item is good for."""


def sealing_of(config: Config) -> Sealing:
    """Under a cassette the seals that every replay makes alike. Raises `ConfigFault` for keys that are none."""
    return open_to_all() if config.cassette else vault_of(config)


def vault_of(config: Config) -> Sealing:
    """The seals of credentials, which stand in no cassette: under one they are as secret as without it."""
    keys = configured_keys(config.sealing_keys, "sealing-keys")
    if config.sealing_key_file:
        keys += read_keys(Path(config.sealing_key_file))
    folder = config.data_folder
    if not keys:
        keys = found_or_made(folder) if folder is not None else [chance(SIZE)]
    return Sealing(keys)


class ReasoningSeal:
    """Seals the thinking of one project's answers. Counterpart: the protocol in `engine/seals.py`."""

    def __init__(self, sealing: Sealing, project: str) -> None:
        self._sealing = sealing
        self._project = project

    def close(self, text: str) -> str:
        return self._sealing.seal(self._project, REASONING, text.encode())

    def open(self, sealed: str) -> str | None:
        data = self._sealing.open(self._project, REASONING, sealed)
        return None if data is None else data.decode()


class ItemStamp:
    """Marks items of one project, so that an approval is good for the call it was asked for, and only here.

    Counterpart: the protocol in `engine/own.py`.
    """

    def __init__(self, sealing: Sealing, project: str) -> None:
        self._sealing = sealing
        self._project = project

    def mark(self, text: str) -> str:
        return self._sealing.digest(self._project, ITEM, text.encode())[:MARK]

    def confirms(self, text: str, mark: str) -> bool:
        return self._sealing.confirms(self._project, ITEM, text.encode(), mark, length=MARK)
