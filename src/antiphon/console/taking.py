"""A stored response as a cassette to be downloaded: one file, or an archive where large bodies stand beside it.

Counterpart: `server/retaking.py`, which makes it.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from antiphon.cassettes.index import SUFFIX
from antiphon.config import Config, Environment
from antiphon.server.retaking import Kept, retake

LINES, ARCHIVE = "application/jsonl", "application/zip"


@dataclass(frozen=True, slots=True)
class Download:
    """A file as it is handed out."""

    name: str
    media: str
    data: bytes


class Unneeded(Mapping[str, str]):
    """An environment in which every key is set: nobody outside is asked, so any will do."""

    def __getitem__(self, name: str) -> str:
        return "unneeded"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


async def taken(kept: Kept, config: Config, name: str) -> Download:
    """The response as a cassette. Raises `ConfigFault` where it can't be made."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / f"{name}.jsonl"
        await retake(kept, config, Environment(variables=Unneeded()), out)
        return _download(out)


def _download(out: Path) -> Download:
    """The file, packed with what stands beside it."""
    files = sorted(path for path in out.parent.rglob("*") if path.is_file() and path.suffix != SUFFIX)
    if files == [out]:
        return Download(out.name, LINES, out.read_bytes())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.relative_to(out.parent))
    return Download(f"{out.stem}.zip", ARCHIVE, packed.getvalue())
