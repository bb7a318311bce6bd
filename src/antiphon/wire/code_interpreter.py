"""The tool `code_interpreter` as a request declares it. Source: API reference, "Code interpreter"."""

from typing import Any, Literal

import msgspec

MemoryLimit = Literal["1g", "4g", "16g", "64g"]


class AutoContainer(msgspec.Struct, tag="auto", kw_only=True):
    """A container that is found or made as needed; there is no network in it, whatever the policy."""

    file_ids: list[str] | None = None
    memory_limit: MemoryLimit | None = None
    network_policy: dict[str, Any] | None = None


class CodeInterpreterTool(msgspec.Struct, kw_only=True):
    """`container` is a container's id, or says how one is had."""

    container: str | AutoContainer
