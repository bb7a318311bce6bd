"""Where a server keeps things, by its settings."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from stored_files import stream

from antiphon.config import Config
from antiphon.errors import ConfigFault
from antiphon.server.keeping import open_blobs, open_kept, prepared_store_url
from antiphon.store.local_blobs import LocalBlobs


def lying(folder: Path, name: str) -> list[str]:
    """In which folders a blob lies."""
    return [path.relative_to(folder).parts[0] for path in folder.rglob(f"{name}*")]


@pytest.mark.parametrize(
    ("db", "files", "folder"),
    [
        ("sqlite:///{}/a.db", None, "a.files"),
        ("sqlite:///{}/a.db", "{}/b", "b"),
        ("memory://", None, None),
        ("memory://", "{}/b", None),
    ],
)
async def test_files_lie_where_it_is_said(tmp_path: Path, db: str, files: str | None, folder: str | None) -> None:
    config = Config(db=db.format(tmp_path), files=files.format(tmp_path) if files else None)
    async with AsyncExitStack() as stack:
        _, kept = await open_kept(stack, config, {})
        blob = await kept.blobs.put(stream(b"a"), 1)
        assert lying(tmp_path, blob.hash) == ([folder] if folder else [])


def test_a_bucket_is_opened_where_it_is_said() -> None:
    config = Config(db="sqlite:///a.db", files="s3://bucket/prefix")
    with pytest.raises(ConfigFault, match="AWS_"):
        open_blobs(config, "h0", {"AWS_ACCESS_KEY_ID": "alone"})
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    assert str(open_blobs(config, "h0", keys)) == "s3://bucket/prefix"
    assert isinstance(open_blobs(Config(db="memory://", files="s3://bucket"), "h0", keys), LocalBlobs)


def test_the_folder_of_the_default_database_is_made(tmp_path: Path) -> None:
    assert prepared_store_url(Config(db=f"sqlite:///{tmp_path}/none/a.db")) == f"sqlite:///{tmp_path}/none/a.db"
    assert not (tmp_path / "none").exists()
