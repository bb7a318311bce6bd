import json

import pytest
from cassettes.tapes import SSE, event

from antiphon.cassettes.faults import read_fault
from antiphon.cassettes.interaction import Answered, Chunk, End
from antiphon.cassettes.spoiling import RUBBISH, refusal, spoiled

ONE, TWO, THREE = (event(text) for text in ("one", "two", "three"))
STREAM = Answered(200, SSE, (Chunk(1, ONE + TWO[:9]), Chunk(5, TWO[9:] + THREE)), End.COMPLETE, 9)
WHOLE = Answered(200, {"content-type": "application/json"}, (Chunk(3, b'{"a":12}'),), End.COMPLETE, 4)


def body(answered: Answered) -> bytes:
    return b"".join(chunk.data for chunk in answered.chunks)


@pytest.mark.parametrize(
    ("events", "left"), [(0, b""), (1, ONE), (2, ONE + TWO), (3, ONE + TWO + THREE), (9, body(STREAM))]
)
@pytest.mark.parametrize(("kind", "end"), [("cut", End.CUT), ("stall", End.TIMEOUT)])
def test_a_stream_ends_after_some_events(kind: str, end: End, events: int, left: bytes) -> None:
    broken = spoiled(STREAM, read_fault(f"{kind} {events}"))
    assert (body(broken), broken.end) == (left, end)
    assert broken.headers == {**SSE, "antiphon-fault": kind}
    assert [chunk.ms for chunk in broken.chunks] == ([1, 5] if events > 1 else [1][:events])


def test_garbage_stands_between_the_events() -> None:
    broken = spoiled(STREAM, read_fault("garbage 2"))
    assert body(broken) == ONE + TWO + b"data: " + RUBBISH + b"\n\n" + THREE
    assert broken.end is End.COMPLETE


def test_a_body_without_events_breaks_in_the_middle() -> None:
    assert body(spoiled(WHOLE, read_fault("cut"))) == b'{"a"'
    garbled = body(spoiled(WHOLE, read_fault("garbage")))
    assert garbled == b'{"a"' + RUBBISH + b":12}"
    with pytest.raises(ValueError, match=r"decode|delimiter"):
        json.loads(garbled)


def test_a_delay_leaves_all_of_it() -> None:
    late = spoiled(WHOLE, read_fault("delay 1s"))
    assert (late.chunks, late.end) == (WHOLE.chunks, End.COMPLETE)


def test_a_refusal_says_what_it_is() -> None:
    refused = refusal(read_fault("status 429 retry-after=2"))
    assert refused.status == 429
    assert refused.headers == {"content-type": "application/json", "retry-after": "2", "antiphon-fault": "status"}
    assert json.loads(body(refused))["error"]["code"] == "injected_fault"
    assert "retry-after" not in refusal(read_fault("status 503")).headers
