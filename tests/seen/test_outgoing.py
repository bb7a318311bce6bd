from cassettes.tapes import ScriptedAnswer, ScriptedNetwork, request

from antiphon.seen.context import OUTGOING
from antiphon.seen.outgoing import Traced


async def test_what_is_sent_for_a_run_says_from_which_span() -> None:
    network = ScriptedNetwork(*[ScriptedAnswer([]) for _ in range(3)])
    traced = Traced(network)
    await traced.send(request())
    token = OUTGOING.set({"traceparent": "ours"})
    try:
        await traced.send(request())
        await traced.send(request(traceparent="its own"))
    finally:
        OUTGOING.reset(token)
    assert [sent.headers.get("traceparent") for sent in network.asked] == [None, "ours", "its own"]
    await traced.close()
    assert network.closed
