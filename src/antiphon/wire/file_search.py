"""File search on the wire: the tool that a request declares, and how what is found is ranked.

Source: API reference, `tools` of type `file_search`. Not here: the item (`items.py`), filters (`retrieval/filters.py`).
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

MOST_RESULTS = 50


class RankingOptions(msgspec.Struct, kw_only=True):
    """`score_threshold` leaves out what scores less; `hybrid_search` are weights (`retrieval/rank.py`)."""

    ranker: Literal["none", "auto", "default-2024-11-15"] | None = None
    score_threshold: Annotated[float, Meta(ge=0, le=1)] | None = None
    hybrid_search: dict[str, Any] | None = None


class FileSearchTool(msgspec.Struct, kw_only=True):
    """Where to search, and for how much. `filters` are as the API has them, over the attributes of files."""

    vector_store_ids: list[str]
    filters: dict[str, Any] | None = None
    max_num_results: Annotated[int, Meta(ge=1, le=MOST_RESULTS)] | None = None
    ranking_options: RankingOptions | None = None
