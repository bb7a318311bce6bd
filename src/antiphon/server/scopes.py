"""Scopes: one server, many tests at once. A request says which test it belongs to.

Counterpart: `cassettes/cassette.py`, where a scope finds interactions of its own.
"""

from collections.abc import Mapping

import msgspec

SCOPE_HEADER = "x-antiphon-scope"
PROVIDER_DATA = ("x-llamastack-provider-data", "x-ogx-provider-data")
"""Headers of other servers' clients that hold JSON, in which a test names itself as `__test_id`."""


class _ProviderData(msgspec.Struct):
    test_id: str = msgspec.field(name="__test_id", default="")


_decoder = msgspec.json.Decoder(_ProviderData)


def scope_of(headers: Mapping[str, str]) -> str:
    """The scope of a request, from its headers by their lower-case names; empty for none."""
    if scope := headers.get(SCOPE_HEADER, "").strip():
        return scope
    return next(filter(None, (_test_id(headers[name]) for name in PROVIDER_DATA if name in headers)), "")


def _test_id(data: str) -> str:
    try:
        return _decoder.decode(data).test_id
    except (msgspec.MsgspecError, UnicodeEncodeError):
        # It is the other server's business what else stands there.
        return ""
