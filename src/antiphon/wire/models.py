"""Models as `GET /v1/models` lists them. Not here: where they come from (`upstream/catalog.py`)."""

from typing import Literal

import msgspec


class Model(msgspec.Struct):
    """One model. `id` is `upstream/model`, `created` Unix seconds, 0 where the upstream doesn't say."""

    id: str
    created: int
    owned_by: str
    object: Literal["model"] = "model"


class ModelList(msgspec.Struct):
    """All models; never cut into pages."""

    data: list[Model]
    object: Literal["list"] = "list"
