"""Models as `GET /v1/models` lists them. Not here: where they come from (`upstream/catalog.py`)."""

from typing import Literal

import msgspec

ModelType = Literal["llm", "embedding"]


class Model(msgspec.Struct):
    """One model. `id` is `upstream/model`, `created` Unix seconds, 0 where the upstream doesn't say."""

    id: str
    created: int
    owned_by: str
    object: Literal["model"] = "model"


class ModelMetadata(msgspec.Struct, kw_only=True):
    """What OGX's client reads of a model: what it is for, whose it is, and its name there."""

    model_type: ModelType
    provider_id: str
    provider_resource_id: str


class ListedModel(Model, kw_only=True):
    """A model as it is shown; Llama Stack's client reads the same things of the entry itself."""

    identifier: str
    model_type: ModelType
    provider_id: str
    provider_resource_id: str
    type: Literal["model"] = "model"
    metadata: dict[str, str] = {}
    custom_metadata: ModelMetadata


class ModelList(msgspec.Struct):
    """All models; never cut into pages."""

    data: list[ListedModel]
    object: Literal["list"] = "list"
