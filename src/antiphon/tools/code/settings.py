"""The table `[tools.code_interpreter]` of antiphon.toml: which sandbox there is, and what code may use in it.

Handed down as values. Not here: reading the file (`config.py`), what the sandboxes make of it (`jails.py`).
"""

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from antiphon.errors import ConfigFault

SandboxName = Literal["bubblewrap", "nsjail", "container", "jupyter"]
Count = Annotated[int, Meta(ge=1)]
Size = Annotated[str, Meta(pattern=r"^[0-9]+[kmg]$")]
UNITS = {"k": 1024, "m": 1024**2, "g": 1024**3}
PROGRAMS = {"bubblewrap": "bwrap", "nsjail": "nsjail", "container": "docker"}


class CodeSettings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """What `code_interpreter` runs in. Sizes are `256m` or `1g`, times are seconds.

    `program` is the sandbox's own, where it isn't found by its usual name; `python` the interpreter inside.
    `readable` are folders that the code may read beside the system's, `options` more options for the program. `image`
    is for a container, `url` and `token_env`, the variable with its token, for a Jupyter server. `seconds` is for one
    call, `idle_seconds` how long a container is kept that nobody uses, `containers` how many there may be at a time.
    """

    sandbox: SandboxName
    program: str | None = None
    python: str | None = None
    readable: list[str] = []
    options: list[str] = []
    image: str = "python:3.13-slim"
    url: str | None = None
    token_env: str | None = None
    memory: Size = "1g"
    disk: Size = "256m"
    processes: Count = 64
    seconds: Count = 60
    idle_seconds: Count = 1200
    output: Size = "64k"
    containers: Count = 16

    @property
    def command(self) -> str:
        """The program that makes the sandbox."""
        return self.program or PROGRAMS[self.sandbox]

    @property
    def memory_bytes(self) -> int:
        """Of all processes of one container together."""
        return size(self.memory)

    @property
    def disk_bytes(self) -> int:
        """Of the work folder; it is kept in memory."""
        return size(self.disk)

    @property
    def output_bytes(self) -> int:
        """Of what one call prints, and of the value that it ends with, and of what it raises."""
        return size(self.output)


def checked(settings: CodeSettings) -> CodeSettings:
    """The settings. Raises `ConfigFault` where a sandbox lacks what it needs."""
    at = "[tools.code_interpreter]"
    if settings.sandbox == "jupyter" and not settings.url:
        raise ConfigFault(f'{at} needs url = "http://…", the address of the Jupyter server.')
    if settings.url and not re.match(r"https?://", settings.url):
        raise ConfigFault(f"{at} url must be an http:// or https:// address, not {settings.url!r}.")
    wrong = [folder for folder in settings.readable if not folder.startswith("/")]
    if wrong:
        raise ConfigFault(f"{at} readable takes whole paths such as /opt/science, not {wrong[0]!r}.")
    return settings


def size(text: str) -> int:
    """Bytes: `1g` -> 1073741824."""
    return int(text[:-1]) * UNITS[text[-1]]
