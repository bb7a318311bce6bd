"""The moderation that a request asks for, by the official client: told, or held back, streamed too."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import openai
import pytest
from openai.types.responses import Response
from openai.types.responses.response_create_params import Moderation
from running_server import RunningServer, running_server
from server.test_guardrails import BAD, model

from antiphon.testing import Reply, Request, ScriptedUpstream, check_stream, status, text

OMNI = "omni-moderation-latest"
Mode = Literal["score", "block"]


def judge(request: Request) -> Reply:
    """A judge that knows one bad word, and one that it breaks at."""
    said = str(request.json["input"])
    if "break" in said:
        return status(500, {"error": {"message": "The judge is ill."}})
    flagged = BAD in said
    result = {"flagged": flagged, "categories": {"illicit": flagged}, "category_scores": {"illicit": 0.9 * flagged}}
    return status(200, {"id": "modr_1", "model": "omni-1", "results": [result]})


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(default=model, models=["m", OMNI], paths={"POST /v1/moderations": judge}) as made:
        yield made


@pytest.fixture(scope="module")
def server(upstream: ScriptedUpstream) -> Iterator[RunningServer]:
    with running_server("--upstream", f"up={upstream.url}") as made:
        yield made


def moderation(*, block: bool = False) -> Moderation:
    mode: Mode = "block" if block else "score"
    return {"model": OMNI, "policy": {"input": {"mode": mode}, "output": {"mode": mode}}}


def made(server: RunningServer, asked: str, *, stream: bool, **said: Any) -> Response:
    """What the official client gets for a question."""
    if not stream:
        return Response.model_validate(server.client.responses.create(model="up/m", input=asked, **said).model_dump())
    with server.client.responses.create(model="up/m", input=asked, stream=True, **said) as events:
        told = [event.model_dump() for event in events]
    check_stream(told)
    return Response.model_validate(told[-1]["response"])


def flags(response: Response) -> tuple[bool, bool]:
    assert response.moderation is not None
    sides = response.moderation.input, response.moderation.output
    assert all(side.type == "moderation_result" and side.model in {"omni-1", f"up/{OMNI}"} for side in sides)
    first, last = (side.flagged for side in sides if side.type == "moderation_result")
    return first, last


@pytest.mark.parametrize("stream", [False, True])
def test_input_and_output_are_told(server: RunningServer, *, stream: bool) -> None:
    fine = made(server, "Hello?", stream=stream, moderation={"model": OMNI})
    assert (flags(fine), fine.output_text) == ((False, False), "Well. Fine.")
    bad = made(server, f"A hint of {BAD}?", stream=stream, moderation=moderation())
    assert (flags(bad), bad.status, bad.output_text) == ((True, True), "completed", "Well. It is poison. More.")
    assert bad.moderation is not None
    assert bad.moderation.input.type == "moderation_result"
    assert bad.moderation.input.category_scores == {"illicit": 0.9}
    assert server.client.responses.retrieve(bad.id).moderation == bad.moderation


@pytest.mark.parametrize("stream", [False, True])
def test_what_is_flagged_is_held_back_where_that_is_wished(server: RunningServer, *, stream: bool) -> None:
    fine = made(server, "Hello?", stream=stream, moderation=moderation(block=True))
    assert (flags(fine), fine.output_text) == ((False, False), "Well. Fine.")
    said = made(server, "A hint?", stream=stream, moderation=moderation(block=True))
    assert (flags(said), said.output_text, said.status) == ((False, True), "Well. ", "incomplete")
    asked = made(server, f"Where is {BAD}?", stream=stream, moderation=moderation(block=True))
    assert (flags(asked), asked.output, asked.status) == ((True, False), [], "incomplete")
    reasons = [each.incomplete_details and each.incomplete_details.reason for each in (said, asked)]
    assert reasons == ["content_filter", "content_filter"]


def test_what_is_blocked_never_reaches_the_model(server: RunningServer, upstream: ScriptedUpstream) -> None:
    before = len(upstream.requests)
    made(server, f"Never {BAD}", stream=False, moderation=moderation(block=True))
    assert [request.path for request in upstream.requests[before:]] == ["/v1/moderations"]


def test_a_judge_that_fails_is_told_of_and_lets_nothing_through_that_it_should_hold(server: RunningServer) -> None:
    told = made(server, "break", stream=False, moderation=moderation())
    assert told.moderation is not None
    assert (told.moderation.input.type, told.moderation.output.type) == ("error", "moderation_result")
    with pytest.raises(openai.APIStatusError):
        made(server, "break", stream=False, moderation=moderation(block=True))


def test_in_the_background_too(server: RunningServer) -> None:
    begun = made(server, f"A hint of {BAD}?", stream=True, background=True, moderation=moderation())
    assert flags(server.client.responses.retrieve(begun.id)) == (True, True)


def test_where_nobody_judges_it_is_named(server: RunningServer) -> None:
    asked = {"model": "up/m", "input": "Hello?", "moderation": {"model": "nobody-has-it"}}
    assert server.post(asked).headers["antiphon-ignored"] == "moderation"
    assert server.post(asked, headers={"antiphon-strict": "1"}).status == 400
    assert "antiphon-ignored" not in server.post({**asked, "moderation": {"model": OMNI}}).headers


def test_the_judge_of_the_guardrails_stands_in(tmp_path: Path) -> None:
    """It is a Llama Guard here, which flags by a word of its own; no upstream has the model that is asked for."""
    (tmp_path / "antiphon.toml").write_text(
        '[guardrails]\nmodel = "up/guard"\nkind = "llama-guard"\ninput = false\noutput = false\n'
    )

    def answer(request: Request) -> Reply:
        return text("unsafe\nS1" if request.json["model"] == "guard" else "Hello.")

    with (
        ScriptedUpstream(default=answer, models=["m", "guard"]) as upstream,
        running_server("--upstream", f"up={upstream.url}", folder=tmp_path) as server,
    ):
        told = made(server, "Hello?", stream=False, moderation=moderation())
        assert told.moderation is not None
        assert told.moderation.output.type == "moderation_result"
        assert told.moderation.output.categories == {"S1": True}


def test_a_recording_holds_the_judgements(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    tape = str(tmp_path / "tape.jsonl")
    with running_server("--upstream", f"up={upstream.url}", "--cassette", tape, "--mode", "record") as recording:
        said = made(recording, "A hint?", stream=True, moderation=moderation(block=True))
    with running_server("--cassette", tape, "--mode", "replay") as replaying:
        again = made(replaying, "A hint?", stream=True, moderation=moderation(block=True))
        assert (again.moderation, again.output_text) == (said.moderation, "Well. ")
