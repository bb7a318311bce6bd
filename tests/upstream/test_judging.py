"""Judging one text, over a network that is scripted."""

import json
from typing import Any

import pytest
from cassettes.tapes import ScriptedAnswer, ScriptedNetwork
from upstream.test_guarded import JSON, judged

from antiphon.engine.commands import Judge
from antiphon.engine.replies import Judged
from antiphon.errors import CassetteMiss, UpstreamUnavailable
from antiphon.upstream.addresses import Upstream
from antiphon.upstream.catalog import Catalog
from antiphon.upstream.client import UpstreamClient
from antiphon.upstream.judging import Judges
from antiphon.upstream.listing import Listing
from antiphon.upstream.rails import Guardrails
from antiphon.wire.moderation import ModerationError, ModerationResult, Side


async def judge(network: ScriptedNetwork, side: Side = "input", rails: Guardrails | None = None) -> Judged:
    async def listed(*_: object) -> Listing:
        return Listing([])

    catalog = Catalog([Upstream("up", "http://up/v1")], network, lister=listed)
    judges = Judges(UpstreamClient(network, catalog), catalog, rails).in_scope("s")
    return await judges.judge(Judge(side, "up/judge", "Bad."))


def body_of(network: ScriptedNetwork) -> dict[str, Any]:
    (request,) = network.asked
    assert request.scope == "s"
    return dict(json.loads(request.body))


async def test_a_text_is_judged() -> None:
    network = ScriptedNetwork(judged(bad=True))
    found = await judge(network)
    assert isinstance(found.verdict, ModerationResult)
    assert (found.side, found.verdict.flagged, found.verdict.categories, found.fault) == (
        "input", True, {"hate": True}, None,
    )  # fmt: skip
    assert body_of(network) == {"model": "judge", "input": "Bad."}


async def test_the_operators_judge_is_asked_in_its_own_way() -> None:
    answer = json.dumps({"choices": [{"message": {"content": "unsafe\nS1"}}]}).encode()
    network = ScriptedNetwork(ScriptedAnswer([answer], headers=JSON))
    found = await judge(network, "output", Guardrails(model="up/judge", kind="llama-guard"))
    assert isinstance(found.verdict, ModerationResult)
    assert found.verdict.categories == {"S1": True}
    assert body_of(network)["messages"][-1] == {"role": "assistant", "content": "Bad."}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (UpstreamUnavailable("down"), "upstream_unavailable"),
        (ScriptedAnswer([b"{}"], headers=JSON), "upstream_garbage"),
        (ScriptedAnswer([b"no"], status=404, headers=JSON), "upstream_error"),
    ],
)
async def test_why_there_is_no_judgement_is_in_the_reply(answer: Any, code: str) -> None:
    found = await judge(ScriptedNetwork(answer))
    assert isinstance(found.verdict, ModerationError)
    assert (found.verdict.code, found.fault is not None) == (code, True)


async def test_a_recording_that_lacks_it_is_a_miss() -> None:
    with pytest.raises(CassetteMiss):
        await judge(ScriptedNetwork(CassetteMiss("lacks it")))
