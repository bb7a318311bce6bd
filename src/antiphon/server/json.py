"""A JSON answer. Counterpart: `limits.py`, which reads JSON requests."""

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from antiphon.server.errors import JSON


def json_response(value: object, headers: Mapping[str, str] | None = None) -> Response:
    """`value`, a Struct or plain data, as the body of a 200."""
    return Response(msgspec.json.encode(value), media_type=JSON, headers=headers)
