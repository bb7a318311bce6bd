import json

from antiphon.server.json import json_response
from antiphon.wire.models import Model


def test_a_struct_or_plain_data_as_an_answer() -> None:
    answer = json_response({"data": [Model(id="ü", created=1, owned_by="x")]})
    assert json.loads(bytes(answer.body)) == {"data": [{"id": "ü", "object": "model", "created": 1, "owned_by": "x"}]}
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
