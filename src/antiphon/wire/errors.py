"""The JSON body of an HTTP error. Counterpart: `antiphon/errors.py`, the exceptions it is made from."""

import msgspec


class ErrorDetail(msgspec.Struct, kw_only=True):
    """What went wrong: for people, for machines, and where."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class ErrorBody(msgspec.Struct, kw_only=True):
    """The whole body."""

    error: ErrorDetail
