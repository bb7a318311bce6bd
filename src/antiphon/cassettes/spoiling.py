"""Answers as a fault leaves them: cut off, garbled, or an error in their place. Pure; when it happens is `faults.py`'s.

Counterparts: `transport.py`, which asks, and `replayed.py`, which gives them out and does the waiting.
"""

import json
from dataclasses import replace

from antiphon.cassettes.faults import Fault, Kind
from antiphon.cassettes.format import event_pieces
from antiphon.cassettes.interaction import Answered, Chunk, End

FAULT_HEADER = "antiphon-fault"

RUBBISH = b'{"garbled": \xff\xfe'
"""Neither JSON nor text."""


def refusal(fault: Fault) -> Answered:
    """The answer of a `status` fault, in the form in which model servers refuse."""
    said = {"message": f"The fault '{fault.text}' happened here.", "type": "injected_fault", "code": "injected_fault"}
    body = json.dumps({"error": said, "type": "error"}).encode()
    headers = {"content-type": "application/json", **({"retry-after": fault.retry_after} if fault.retry_after else {})}
    return Answered(fault.number, headers | {FAULT_HEADER: fault.kind}, (Chunk(0, body),), End.COMPLETE)


def spoiled(answered: Answered, fault: Fault) -> Answered:
    """What a fault leaves of an answer; a `delay` all of it."""
    marked = replace(answered, headers={**answered.headers, FAULT_HEADER: fault.kind})
    first, rest = _parted(answered, fault.number)
    last = first[-1].ms if first else 0
    match fault.kind:
        case Kind.CUT:
            return replace(marked, chunks=first, end=End.CUT, ms=last)
        case Kind.STALL:
            return replace(marked, chunks=first, end=End.TIMEOUT, ms=last)
        case Kind.GARBAGE:
            return replace(marked, chunks=(*first, Chunk(last, _rubbish(answered)), *rest))
        case _:
            return marked


def _parted(answered: Answered, events: int) -> tuple[tuple[Chunk, ...], tuple[Chunk, ...]]:
    """The first `events` and what follows, chunk by chunk; of a body that has no events, its halves."""
    kind = answered.headers.get("content-type", "")
    if "event-stream" in kind or "ndjson" in kind:
        at = _after(b"".join(chunk.data for chunk in answered.chunks), kind, events)
    else:
        at = sum(len(chunk.data) for chunk in answered.chunks) // 2
    first, rest = list[Chunk](), list[Chunk]()
    for chunk in answered.chunks:
        before, behind = chunk.data[: max(0, at)], chunk.data[max(0, at) :]
        at -= len(chunk.data)
        first += [Chunk(chunk.ms, before)] if before else []
        rest += [Chunk(chunk.ms, behind)] if behind else []
    return tuple(first), tuple(rest)


def _after(body: bytes, kind: str, events: int) -> int:
    return sum(len(piece) for piece in event_pieces(body, kind)[:events])


def _rubbish(answered: Answered) -> bytes:
    return b"data: " + RUBBISH + b"\n\n" if "event-stream" in answered.headers.get("content-type", "") else RUBBISH
