from cassettes.tapes import ScriptedAnswer, ScriptedNetwork, request

from antiphon.seen.context import OUTGOING, Trace
from antiphon.seen.outgoing import Traced


async def test_what_is_sent_for_a_run_says_from_which_span() -> None:
    network = ScriptedNetwork(*[ScriptedAnswer([]) for _ in range(3)])
    traced = Traced(network)
    await traced.send(request())
    token = OUTGOING.set((Trace(b"\x09" * 16), 5))
    try:
        await traced.send(request())
        await traced.send(request(traceparent="its own"))
    finally:
        OUTGOING.reset(token)
    assert [sent.headers.get("traceparent") for sent in network.asked] == [
        None, f"00-{'09' * 16}-05{'00' * 7}-01", "its own",
    ]  # fmt: skip
    await traced.close()
    assert network.closed
