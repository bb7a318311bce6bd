"""What a server keeps: its store and its files, opened by the settings and swept while it runs.

Not here: what else it is made of (`services.py`), what is too old (`runner/`).
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from antiphon.config import Config
from antiphon.runner.file_sweeping import keep_sweeping_files
from antiphon.runner.retention import keep_sweeping, keep_sweeping_logs
from antiphon.sources import live
from antiphon.store.base import OpenStore
from antiphon.store.blob_store import BlobStore
from antiphon.store.filing import Filing
from antiphon.store.local_blobs import LocalBlobs
from antiphon.store.open import SQLITE, open_store
from antiphon.store.s3_blobs import SCHEME, S3Blobs


async def open_kept(stack: AsyncExitStack, config: Config, variables: Mapping[str, str]) -> tuple[OpenStore, Filing]:
    """Store and files; `stack` closes them, and ends their sweeping first.

    `variables` are the environment's, for a bucket. Raises `ConfigFault`.
    """
    store = await open_store(prepared_store_url(config))
    stack.push_async_callback(store.close)
    if config.keep_seconds is not None:
        sweeping = asyncio.create_task(keep_sweeping(store, config.keep_seconds, live().clock))
        stack.push_async_callback(stop, sweeping)
    logs = keep_sweeping_logs(store.runs, config.keep_events_seconds, live().clock)
    stack.push_async_callback(stop, asyncio.create_task(logs))
    blobs, spare = open_blobs(config, await store.files.home(), variables), LocalBlobs()
    for door in (blobs, spare):
        stack.push_async_callback(door.close)
    files = Filing(store.files, blobs, spare)
    stack.push_async_callback(stop, asyncio.create_task(keep_sweeping_files(files, live().clock)))
    return store, files


def open_blobs(config: Config, home: str, variables: Mapping[str, str]) -> BlobStore:
    """Where the bytes of files are, by the settings. Raises `ConfigFault`."""
    if config.files and config.files.startswith(SCHEME) and not config.store_url.startswith("memory:"):
        return S3Blobs(config.files, home, variables)
    return LocalBlobs(config.files_folder, home)


async def stop(task: "asyncio.Task[None]") -> None:
    """End a task, and wait until it has ended."""
    task.cancel()
    await asyncio.wait({task})


def prepared_store_url(config: Config) -> str:
    """The store's URL; the folder of the default one is made."""
    url = config.store_url
    if not config.db and url.startswith(SQLITE):
        Path(url.removeprefix(SQLITE)).parent.mkdir(parents=True, exist_ok=True)
    return url
