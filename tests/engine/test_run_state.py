"""How far a run came, there and back; other forms of it."""

import pytest

from antiphon.engine.citations import Citable
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.rejected import Rejected
from antiphon.engine.run_state import (
    VERSION,
    KeptCall,
    KeptFind,
    KeptPast,
    KeptSource,
    KeptTurn,
    KeptWords,
    RunState,
    UnreadableState,
    decode,
    encode,
)
from antiphon.wire.chat import ChatUsage
from antiphon.wire.responses import Usage

FULL = RunState(
    phase="calling",
    sequence=40,
    begun=True,
    calls=3,
    turns=[KeptPast(["msg_1", "mcp_1"], Usage(input_tokens=3), [Rejected("No.", "{", "f", "call_1")], {"mcp_1": "5"})],
    waiting=KeptTurn(
        ids=["msg_2"],
        items=[
            KeptCall(number=0, name="f", arguments="{}", call_id="call_2", id="mcp_2"),
            KeptWords("msg_3", [("text", {"text": "And", "logprobs": []})], "commentary"),
            KeptFind("tso_1", [{"type": "function", "name": "g"}]),
        ],
        answered=[("mcp_3", Outcome("5", sources=[Citable("Words.", {"url": "u"})]))],
        usage=ChatUsage(prompt_tokens=3),
    ),
    sources=[KeptSource({"url": "u"}, "u")],
    besides=[None, Usage()],
    found=["weather"],
)


def test_a_state_comes_back_as_it_was() -> None:
    assert encode(decode(encode(FULL))) == encode(FULL)
    assert decode(encode(FULL)).ids == ["msg_1", "mcp_1", "msg_2"]
    assert encode(RunState(phase="queued", sequence=2)) == b'{"phase":"queued","sequence":2}'


@pytest.mark.parametrize("kept", [b"", b"[]", b'{"phase":"asleep","sequence":1}', b'{"version":0}', b'{"version":"x"}'])
def test_what_is_no_state_is_not_read(kept: bytes) -> None:
    with pytest.raises(UnreadableState):
        decode(kept)


def test_a_newer_form_is_refused_and_named() -> None:
    with pytest.raises(UnreadableState, match=f"version {VERSION + 1}, this program knows {VERSION}"):
        decode(b'{"version":%d}' % (VERSION + 1))
