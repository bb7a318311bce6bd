"""A client within guardrails, over a network that is scripted: what is asked in which order, and what gets through."""

import json
from typing import Any

import pytest
from cassettes.tapes import ScriptedAnswer, ScriptedNetwork

from antiphon.engine.commands import CallUpstream
from antiphon.engine.replies import Reply, UpstreamChunks, UpstreamDone, UpstreamFailed, UpstreamOpened
from antiphon.errors import CassetteMiss, UpstreamUnavailable
from antiphon.upstream.addresses import Upstream
from antiphon.upstream.catalog import Catalog
from antiphon.upstream.guarded import GuardedClient
from antiphon.upstream.listing import Listing
from antiphon.upstream.rails import Guardrails
from antiphon.wire.chat import one_by_one
from antiphon.wire.models import Model

JSON = {"content-type": "application/json"}
ASK = CallUpstream("up", {"model": "m", "messages": [{"role": "user", "content": "Hello?"}]})
AGAIN = CallUpstream("up", {"model": "m", "messages": [{"role": "tool", "content": "4"}]})


def judged(*, bad: bool = False) -> ScriptedAnswer:
    result = {"flagged": bad, "categories": {"hate": bad}}
    return ScriptedAnswer([json.dumps({"results": [result]}).encode()], headers=JSON)


def saying(*texts: str) -> ScriptedAnswer:
    chunks = [{"choices": [{"index": 0, "delta": {"content": text}}]} for text in texts]
    return ScriptedAnswer(
        [*(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks), b"data: [DONE]\n\n"]
    )


async def replies(network: ScriptedNetwork, call: CallUpstream = ASK, **settings: Any) -> list[Reply]:
    async def listed(*_: object) -> Listing:
        return Listing([Model("judge", 0, "up"), Model("m", 0, "up")])

    catalog = Catalog([Upstream("up", "http://up/v1")], network, lister=listed)
    client = GuardedClient(network, catalog, Guardrails(model="up/judge", **settings)).in_scope("s")
    return [reply async for reply in client.ask(call)]


def told(found: list[Reply]) -> list[str]:
    """Each text and refusal that got through, in order."""
    choices = [
        choice
        for reply in found
        if isinstance(reply, UpstreamChunks)
        for chunk in one_by_one(reply.chunks)
        for choice in chunk.choices or ()
    ]
    return [
        str(choice.delta.content or choice.delta.refusal or choice.finish_reason) for choice in choices if choice.delta
    ]


def paths(network: ScriptedNetwork) -> list[str]:
    return [request.url.rpartition("/")[2] for request in network.asked]


async def test_what_may_be_said_gets_through_sentence_by_sentence() -> None:
    network = ScriptedNetwork(judged(), saying("One", ". ", "Two", ". ", "Three"), judged(), judged(), judged())
    found = await replies(network)
    assert told(found) == ["One", ". ", "Two", ". ", "Three"]
    assert paths(network) == ["moderations", "completions", "moderations", "moderations", "moderations"]
    asked = [json.loads(request.body)["input"] for request in network.asked if request.url.endswith("moderations")]
    assert asked == ["Hello?", "One. ", "One. Two. ", "One. Two. Three"]
    assert isinstance(found[0], UpstreamOpened)
    assert found[-1] == UpstreamDone(marked=True)
    assert {request.scope for request in network.asked} == {"s"}


async def test_an_input_that_may_not_be_asked_never_reaches_the_model() -> None:
    network = ScriptedNetwork(judged(bad=True))
    found = await replies(network, refusal="No.")
    assert (told(found), found[-1]) == (["No."], UpstreamDone(marked=True))
    assert paths(network) == ["moderations"]


@pytest.mark.parametrize(("action", "end"), [("refuse", "No."), ("filter", "content_filter")])
async def test_a_sentence_that_may_not_be_said_ends_the_answer(action: str, end: str) -> None:
    answer = saying("Fine. ", "Bad. ", "Never read.")
    network = ScriptedNetwork(judged(), answer, judged(), judged(bad=True))
    assert told(await replies(network, action=action, refusal="No.")) == ["Fine. ", end]
    assert answer.closed


async def test_what_is_not_to_be_judged_is_not() -> None:
    network = ScriptedNetwork(saying("One."))
    assert told(await replies(network, input=False, output=False)) == ["One."]
    network = ScriptedNetwork(saying("One."), judged())
    assert told(await replies(network, AGAIN)) == ["One."]


async def test_a_judge_that_is_gone_fails_the_call_or_is_done_without() -> None:
    def gone() -> ScriptedNetwork:
        return ScriptedNetwork(UpstreamUnavailable("down"), saying("One."), judged())

    (failed,) = await replies(gone())
    assert isinstance(failed, UpstreamFailed)
    assert failed.error.message == "down"
    assert told(await replies(gone(), when_unavailable="allow")) == ["One."]


async def test_a_recording_that_lacks_a_judgement_is_a_miss_in_any_case() -> None:
    (failed,) = await replies(ScriptedNetwork(CassetteMiss("lacks it")), when_unavailable="allow")
    assert isinstance(failed, UpstreamFailed)
    assert isinstance(failed.error, CassetteMiss)
