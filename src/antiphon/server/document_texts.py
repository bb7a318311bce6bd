"""The text of a file: as it stands where it is text, else read out of it, once for as long as it is remembered.

Not here: reading (`retrieval/extracting.py`), whose file it is. Used by `attaching.py`.
"""

import hashlib
import tempfile
from asyncio import to_thread
from collections import OrderedDict
from pathlib import Path

from antiphon.engine.file_text import plain
from antiphon.retrieval.extracting import Extractor

REMEMBERED = 16 << 20
"""Characters of text that are remembered, so that a document isn't read in every turn of a conversation anew."""


class DocumentTexts:
    """Texts of files, the latest ones by the hashes of their bytes. `extractor` is its owner's to close."""

    def __init__(self, extractor: Extractor, most: int = REMEMBERED) -> None:
        """`most` is how many characters are remembered."""
        self.extractor = extractor
        self._most = most
        self._size = 0
        self._known: OrderedDict[str, str] = OrderedDict()

    async def text(self, name: str, data: bytes) -> str:
        """The text of a file of this name. Raises `UnreadableFile`, `PackageMissing`."""
        said = plain(data)
        if said is not None:
            return said
        key = hashlib.sha256(data).hexdigest()
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        text = await self._read(name, data)
        self._remember(key, text)
        return text

    async def _read(self, name: str, data: bytes) -> str:
        with tempfile.TemporaryDirectory(prefix="antiphon-") as folder:
            path = Path(folder) / "file"
            await to_thread(path.write_bytes, data)
            return (await self.extractor.document(name, path)).text

    def _remember(self, key: str, text: str) -> None:
        self._size += len(text) - len(self._known.pop(key, ""))
        self._known[key] = text
        while self._size > self._most:
            _, gone = self._known.popitem(last=False)
            self._size -= len(gone)
