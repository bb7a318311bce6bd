"""What of a request couldn't be done as asked: named in response headers, or refused when asked strictly."""

from dataclasses import dataclass, field

from antiphon.errors import InvalidRequest


@dataclass(slots=True)
class Notes:
    """Names of request fields (`reasoning.effort`, `tools[1]`), in the order they were met."""

    approximated: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    def headers(self) -> dict[str, str]:
        """`antiphon-approximated` and `antiphon-ignored`, where there is something to say."""
        said = {"antiphon-approximated": self.approximated, "antiphon-ignored": self.ignored}
        return {name: ", ".join(dict.fromkeys(fields)) for name, fields in said.items() if fields}

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
