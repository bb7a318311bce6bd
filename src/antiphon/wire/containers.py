"""Containers and their files as the API shows them. Source: API reference, "Containers" and "Container files"."""

import msgspec


class ExpiresAfter(msgspec.Struct, kw_only=True):
    """A container expires so many minutes after it was last used."""

    minutes: int
    anchor: str = "last_active_at"


class Container(msgspec.Struct, kw_only=True):
    """A place in which code runs, with its variables and files; times in Unix seconds."""

    id: str
    name: str
    created_at: int
    last_active_at: int
    expires_after: ExpiresAfter
    memory_limit: str
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
    memory_limit: str | None = None
    expires_after: ExpiresAfter | None = None
    file_ids: list[str] | None = None
