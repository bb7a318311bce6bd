"""The settings of this server's own tools: what stands under `[tools.NAME]` in antiphon.toml.

Not here: the file (`config.py`). Counterpart: `table.py`, which makes the tools.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from antiphon.tools.code.settings import CodeSettings


class WebSearchSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Who searches the web. `url` is the service's address, where it isn't the usual one; times in seconds.

    `key_env` names the variable that holds the key.
    """

    backend: Literal["searxng", "brave", "tavily", "exa"]
    url: str | None = None
    key_env: str | None = None
    timeout: Annotated[float, Meta(gt=0)] = 20.0


class ImageSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Who makes pictures: an upstream with the images API, by its name; times in seconds.

    `model` is asked for whatever the request says; without it the request's, or the server's own. `response_format` is
    sent where the server would give an address instead of base64.
    """

    upstream: str
    model: str | None = None
    response_format: Literal["b64_json"] | None = None
    timeout: Annotated[float, Meta(gt=0)] = 300.0


class RerankerSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Who orders found passages anew: a model of an upstream, named as clients name models.

    `form` is `tei` for Hugging Face's server; `path` follows the upstream's base URL.
    """

    model: str
    form: Literal["jina", "tei"] = "jina"
    path: str = "/rerank"


class RetrievalSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Vector stores: the model whose vectors they have unless they name another, and who orders what was found anew.

    `rewrite_model` is a chat model, named as clients name it: it writes queries anew where a search asks for that.
    """

    embedding_model: str | None = None
    rewrite_model: str | None = None
    reranker: RerankerSettings | None = None


class ToolSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The tools that are set up; None for one that isn't.

    `repeatable` names tools that may be called twice when a run in the background is taken up after a crash, though
    they don't say so: `image_generation`, or for an MCP server `label.tool` and `label.*`.
    """

    code_interpreter: CodeSettings | None = None
    image_generation: ImageSettings | None = None
    web_search: WebSearchSettings | None = None
    repeatable: tuple[str, ...] = ()
