"""Guardrails from outside: refusals and filters in the shapes of the API, streamed too; and `/v1/moderations`."""

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from running_server import RunningServer, running_server

from antiphon.testing import Reply, Request, ScriptedUpstream, status, text

BAD = "poison"


def judge(request: Request) -> Reply:
    """A judge that knows one bad word."""
    flagged = BAD in str(request.json["input"])
    result = {"flagged": flagged, "categories": {"illicit": flagged}}
    return status(200, {"id": "modr_1", "model": "judge", "results": [result]})


def model(request: Request) -> Reply:
    """A model that says what it shouldn't when it is asked for a hint."""
    asked = str(request.json["messages"][-1]["content"])
    return text("Well. ", *(["It is pois", "on. ", "More."] if "hint" in asked else ["Fine."]))


def server_with(folder: Path, more: str) -> Iterator[RunningServer]:
    folder.mkdir()
    (folder / "antiphon.toml").write_text(f'[guardrails]\nmodel = "up/judge"\n{more}\n')
    with (
        ScriptedUpstream(default=model, models=["m", "judge"], paths={"POST /v1/moderations": judge}) as upstream,
        running_server(
            "--upstream", f"up={upstream.url}", folder=folder, complaints=r"(guardrail: up/judge blocked .*\n)*"
        ) as made,
    ):
        yield made


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    yield from server_with(tmp_path_factory.mktemp("rails") / "a", 'refusal = "No."')


@pytest.fixture(scope="module")
def filtering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    yield from server_with(tmp_path_factory.mktemp("rails") / "b", 'action = "filter"')


def parts(server: RunningServer, asked: str, *, stream: bool = False) -> tuple[str, list[tuple[str, str]]]:
    """The status of a response, and the parts of its message."""
    answer = server.post({"model": "up/m", "input": asked, "stream": stream})
    assert answer.status == 200, answer.body
    response = answer.response
    found = [part for item in response["output"] for part in item["content"]]
    return response["status"], [(part["type"], part.get("text", part.get("refusal"))) for part in found]


@pytest.mark.parametrize("stream", [False, True])
def test_what_may_not_be_asked_or_said_is_refused(refusing: RunningServer, *, stream: bool) -> None:
    assert parts(refusing, "Hello?", stream=stream) == ("completed", [("output_text", "Well. Fine.")])
    assert parts(refusing, f"Where is {BAD}?", stream=stream) == ("completed", [("refusal", "No.")])
    assert parts(refusing, "A hint?", stream=stream) == ("completed", [("output_text", "Well. "), ("refusal", "No.")])


def test_or_ends_as_filtered(filtering: RunningServer) -> None:
    response = filtering.post({"model": "up/m", "input": "A hint?"}).response
    assert (response["status"], response["incomplete_details"]) == ("incomplete", {"reason": "content_filter"})
    assert response["output"][0]["content"][0]["text"] == "Well. "


def test_what_nobody_would_judge_is_not_passed_through(refusing: RunningServer) -> None:
    refused = refusing.post({"model": "up/m", "messages": []}, path="/chat/completions")
    assert (refused.status, refused.error["code"]) == (403, "guardrails")


def test_moderations_by_the_official_client(refusing: RunningServer) -> None:
    """The judge of the guardrails is the model of a moderation that names none."""
    with openai.OpenAI(base_url=refusing.url, api_key="none", max_retries=0) as client:
        assert client.moderations.create(input=f"some {BAD}").results[0].flagged
        assert not client.moderations.create(input="cake", model="up/judge").results[0].flagged
