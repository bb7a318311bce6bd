"""What the client asks, as a cassette sees it. The answers are tried in `test_service.py`."""

import pytest

from antiphon.errors import AntiphonError, InvalidRequest, NotFound, SandboxFailed
from antiphon.tools.code.client import CodeClient
from antiphon.tools.code.service import Given, RunCode
from antiphon.transport import HttpAnswer, HttpRequest


class Canned:
    """Answers everything alike and keeps what it was asked."""

    def __init__(self, answer: Given) -> None:
        self.answer = answer
        self.asked: list[HttpRequest] = []

    async def send(self, request: HttpRequest) -> HttpAnswer:
        self.asked.append(request)
        return self.answer

    async def close(self) -> None:
        return


async def test_a_run_is_one_request() -> None:
    transport = Canned(Given(body=b'{"ran": {"logs": "hi"}, "fresh": true}'))
    ran = await CodeClient(transport, "p/1", "a test").run("cntr_1", RunCode(code="x", make=True, memory="1g"))
    assert (ran.ran.logs, ran.fresh) == ("hi", True)
    (asked,) = transport.asked
    assert (asked.method, asked.url) == ("POST", "sandbox://code/v1/p%2F1/containers/cntr_1/run")
    assert (asked.upstream, asked.scope) == ("code_interpreter", "a test")
    assert asked.body == b'{"code":"x","make":true,"memory":"1g"}'


@pytest.mark.parametrize(("status", "kind"), [(404, NotFound), (400, InvalidRequest), (424, SandboxFailed)])
async def test_a_fault_is_raised_again(status: int, kind: type[AntiphonError]) -> None:
    transport = Canned(Given(status=status, body=b'{"message": "No.", "param": "file"}'))
    with pytest.raises(kind, match=r"No\.") as raised:
        await CodeClient(transport, "p").all()
    assert raised.value.param == "file"
