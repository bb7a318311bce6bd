"""A JSON answer. Counterpart: `limits.py`, which reads JSON requests."""

import msgspec
from starlette.responses import Response

from antiphon.server.errors import JSON


def json_response(value: object) -> Response:
    """`value`, a Struct or plain data, as the body of a 200."""
    return Response(msgspec.json.encode(value), media_type=JSON)
