"""The settings of traces: what stands under `[otel]` in antiphon.toml. Not here: the file (`config.py`)."""

from typing import Annotated

import msgspec
from msgspec import Meta


class OtelSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where traces and metrics go: `endpoint` is a collector's address for OTLP over HTTP, without `/v1/traces`.

    `headers_env` names the variables that hold the values of headers; `sample` is the part of traces that is kept, of
    those that begin here; `every` is in seconds.
    """

    endpoint: str
    service: str = "antiphon"
    headers_env: dict[str, str] = {}
    sample: Annotated[float, Meta(ge=0, le=1)] = 1.0
    every: Annotated[float, Meta(gt=0)] = 5.0
    traces: bool = True
    metrics: bool = True
