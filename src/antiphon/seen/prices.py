"""What tokens cost, by prices that the operator names.

They stand under `[prices."PATTERN"]` in antiphon.toml; patterns match full model ids. Not here: counting (`usage.py`).
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from math import floor
from typing import Annotated

import msgspec
from msgspec import Meta

from antiphon.wire.responses import Usage

Money = Annotated[float, Meta(ge=0)]
KNOWN = 1024
"""Models whose prices are remembered, so that patterns aren't compared for each answer."""


class Price(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Of a million tokens, in a currency of the operator's choice; `cached` is that of input where it isn't said."""

    input: Money = 0.0
    cached: Money | None = None
    output: Money = 0.0

    def cost(self, usage: Usage) -> int:
        """In millionths of the currency."""
        given, whole = usage.input_tokens, usage.output_tokens * self.output
        if cached := usage.input_tokens_details.cached_tokens:
            cached = min(cached, given)
            given -= cached
            whole += cached * (self.input if self.cached is None else self.cached)
        return floor(whole + given * self.input + 0.5)


class Prices:
    """The prices there are, by patterns of models."""

    def __init__(self, by_pattern: Mapping[str, Price]) -> None:
        self._by_pattern = by_pattern
        self._of = lru_cache(KNOWN)(self._find)

    def cost(self, model: str, usage: Usage | None) -> int:
        """What these tokens cost, in millionths; nothing for a model that has no price. The first pattern counts."""
        if usage is None or not self._by_pattern:
            return 0
        price = self._of(model)
        return 0 if price is None else price.cost(usage)

    def _find(self, model: str) -> Price | None:
        return next((price for pattern, price in self._by_pattern.items() if fnmatchcase(model, pattern)), None)
