"""What of a request couldn't be done as asked: named in response headers, or refused when asked strictly."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote

from antiphon.errors import InvalidRequest

LONGEST_NAME, LONGEST_HEADER = 100, 2_000
"""Characters of one name and of one header: clients read no more than 8 KB of headers."""


@dataclass(slots=True)
class Notes:
    """Names of request fields (`reasoning.effort`, `tools[1]`), in the order they were met."""

    approximated: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    def headers(self) -> dict[str, str]:
        """`antiphon-approximated` and `antiphon-ignored`, where there is something to say."""
        said = {"antiphon-approximated": self.approximated, "antiphon-ignored": self.ignored}
        return {name: _listed(fields) for name, fields in said.items() if fields}

    def refuse(self) -> None:
        """Raise `InvalidRequest` for the first note: the client asked for all or nothing."""
        for fields, what in ((self.ignored, "can't honour"), (self.approximated, "can only approximate")):
            if fields:
                raise InvalidRequest(
                    f"This upstream {what} '{fields[0]}', and the request says antiphon-strict. "
                    "Leave the field out, or leave the header out to have it noted instead.",
                    code="unsupported_parameter",
                    param=fields[0],
                )


def _listed(fields: Iterable[str]) -> str:
    """The names once each. A client may choose them, so that what a header can't hold is percent-encoded."""
    names = [quote(name[:LONGEST_NAME], safe="[]/:@~") for name in dict.fromkeys(fields)]
    while sum(len(name) + 2 for name in names) > LONGEST_HEADER:
        names = [*names[: len(names) // 2], "..."]
    return ", ".join(names)
