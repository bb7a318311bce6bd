"""Containers and their files as the API shows them. Source: API reference, "Containers" and "Container files"."""

import msgspec

from antiphon.wire.code_interpreter import MemoryLimit


class ExpiresAfter(msgspec.Struct, kw_only=True):
    """A container expires so many minutes after it was last used."""

    minutes: int
    anchor: str = "last_active_at"


class Container(msgspec.Struct, kw_only=True):
    """A place in which code runs, with its variables and files; times in Unix seconds.

    `memory_limit` is None where it is none of those that the API knows.
    """

    id: str
    name: str
    created_at: int
    last_active_at: int
    expires_after: ExpiresAfter
    memory_limit: str | None = None
    object: str = "container"
    status: str = "running"
    network_policy: dict[str, str] = msgspec.field(default_factory=lambda: {"type": "disabled"})


class ContainerFile(msgspec.Struct, kw_only=True):
    """A file in a container; `source` is `user` or `assistant`."""

    id: str
    container_id: str
    path: str
    bytes: int
    created_at: int
    source: str
    object: str = "container.file"


class CreateContainer(msgspec.Struct, kw_only=True):
    """The body of `POST /v1/containers`."""

    name: str
    memory_limit: MemoryLimit | None = None
    expires_after: ExpiresAfter | None = None
    file_ids: list[str] | None = None


class CopyFile(msgspec.Struct, kw_only=True):
    """The body that puts a file into a container by its id."""

    file_id: str
