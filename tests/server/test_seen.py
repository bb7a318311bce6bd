"""What the operator sees, from outside: a collector, Prometheus, the logs, and `/v1/usage`."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from agent_scene import ADD, agent_on
from mcp_servers import workshop
from otel_collector import Collector, collecting
from prometheus_client.parser import text_string_to_metric_families
from running_server import Scene, Stage, running_server

from antiphon.testing import ScriptedUpstream, status, text

SECRET = "the-prompt-that-nobody-may-see"
LINES = r"(\{.*\}\n)+"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SETTINGS = """
log = "json"
metrics = true
usage = true
[otel]
endpoint = "{}"
every = 0.05
headers-env = {{ x-token = "TOKEN" }}
[prices."scripted/*"]
input = 2.0
output = 10.0
"""


class Eyes:
    """A server with all that can be seen of it."""

    def __init__(self, collector: Collector, scene: Scene) -> None:
        self.server = scene.server
        self.collector = collector
        self.scene = scene

    def metrics(self) -> dict[str, float]:
        """Each sample of `/metrics` by its name and labels."""
        answer = httpx2.get(f"{self.server.url.removesuffix('/v1')}/metrics")
        assert answer.status_code == 200
        return {
            " ".join([sample.name, *(f"{key}={value}" for key, value in sorted(sample.labels.items()))]): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }


@pytest.fixture(scope="module")
def eyes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Eyes]:
    folder: Path = tmp_path_factory.mktemp("seen")
    stage = Stage()
    with ExitStack() as stack:
        collector = stack.enter_context(collecting())
        upstream = stack.enter_context(ScriptedUpstream(default=stage, models=["m"]))
        (folder / "antiphon.toml").write_text(SETTINGS.format(collector.url))
        flags = ("--upstream", f"scripted={upstream.url}")
        server = stack.enter_context(
            running_server(*flags, folder=folder, variables={"TOKEN": "t-1"}, complaints=LINES)
        )
        yield Eyes(collector, Scene(server, upstream, stage.script))


async def test_an_agents_run_is_one_trace(eyes: Eyes) -> None:
    collector = eyes.collector
    async with agent_on(eyes.scene, workshop()) as agent:
        told = await agent.ask(
            ADD,
            text("It is 5."),
            input=SECRET,
            safety_identifier="ann@example.com",
            extra_headers={"traceparent": PARENT},
        )
    response_id = told.final["id"]
    collector.wait(lambda seen: any(span.about.get("gen_ai.response.id") == response_id for span in seen.spans))
    spans = [span for span in collector.spans if span.trace == PARENT.split("-")[1]]
    root = next(span for span in spans if span.kind == "server")
    assert (root.name, root.parent) == ("response scripted/m", PARENT.split("-")[2])
    inside = sorted((span for span in spans if span is not root), key=lambda span: span.start)
    assert [span.name for span in inside] == ["list_tools shop", "chat m", "execute_tool add", "chat m", "save"]
    assert {span.parent for span in inside} == {root.id}
    assert all(root.start <= span.start <= span.end <= root.end for span in inside)
    assert root.about["gen_ai.usage.output_tokens"] == 2
    assert root.about["antiphon.cost"] == pytest.approx((root.about["gen_ai.usage.input_tokens"] * 2 + 20) / 1e6)
    assert root.events == ["first token"]
    assert 0 < root.about["antiphon.time_to_first_token"] < 60
    assert inside[1].about["gen_ai.provider.name"] == "scripted"
    # The model's server is told which of our spans asks it.
    turns = [span for span in inside if span.name == "chat m"]
    sent = [call.headers["traceparent"] for call in eyes.scene.calls[-2:]]
    assert sent == [f"00-{span.trace}-{span.id}-01" for span in turns]
    assert collector.headers[-1]["x-token"] == "t-1"
    assert collector.resources[-1]["service.name"] == "antiphon"
    assert not any(word in repr(collector.spans) for word in (SECRET, "It is 5", "ann@"))


def test_a_fault_shows_in_its_trace_and_its_metrics(eyes: Eyes) -> None:
    eyes.scene.play(status(500, {"error": {"message": "broken"}}))
    answer = eyes.scene.answer(model="scripted/m", input=SECRET)
    assert answer.status == 500
    eyes.collector.wait(lambda seen: any(span.failed and span.name == "chat m" for span in seen.spans))
    (failed,) = [span for span in eyes.collector.spans if span.failed and span.name.startswith("response")]
    assert failed.about["error.type"] == "upstream_error"
    metrics = eyes.metrics()
    assert metrics["antiphon_responses_total model=scripted/m outcome=failed"] == 1
    assert metrics["antiphon_turn_faults_total error=upstream_error model=scripted/m"] == 1
    assert metrics["antiphon_http_requests_total method=POST route=/v1/responses status=500"] == 1


def test_metrics_of_a_response(eyes: Eyes) -> None:
    before = eyes.metrics()
    eyes.scene.play(text("One."))
    eyes.scene.stream()
    after = eyes.metrics()

    def more(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    assert more("antiphon_responses_total model=scripted/m outcome=completed") == 1
    assert more("antiphon_first_token_seconds_count model=scripted/m") == 1
    assert more("antiphon_tokens_total kind=output model=scripted/m") == 1
    assert more("antiphon_cost_total model=scripted/m") > 0
    assert more("antiphon_save_seconds_count") == 1
    assert after["antiphon_open_responses"] == 0
    eyes.server.get("/no/such/thing")
    assert eyes.metrics()["antiphon_http_requests_total method=GET route=other status=404"] >= 1


def test_metrics_reach_the_collector_too(eyes: Eyes) -> None:
    eyes.collector.wait(lambda seen: "gen_ai.server.time_to_first_token" in seen.metrics)
    assert {"gen_ai.client.operation.duration", "gen_ai.client.token.usage"} <= eyes.collector.metrics.keys()


def test_usage_by_model_and_day(eyes: Eyes) -> None:
    def row() -> dict[str, int]:
        rows = eyes.server.get("/usage", model="scripted/m").json["data"]
        return dict(rows[0]) if rows else {"requests": 0, "output_tokens": 0, "turns": 0}

    before = row()
    eyes.scene.play(text("One."))
    eyes.scene.answer()
    after = row()
    assert [after[name] - before[name] for name in ("requests", "output_tokens", "turns")] == [1, 1, 1]
    assert eyes.server.get("/usage", model="scripted/other").json == {"object": "list", "data": []}
    day = str(after["date"])
    assert len(eyes.server.get("/usage", start_date=day, end_date=day).json["data"]) == 1
    assert eyes.server.get("/usage", end_date="2000-01-01").json["data"] == []
    for wrong in ({"limit": "0"}, {"limit": "x"}, {"start_date": "today"}, {"end_date": "2026-1-1"}):
        assert eyes.server.get("/usage", None, **wrong).error["param"] == next(iter(wrong))


def test_a_call_that_is_passed_through_counts_too(eyes: Eyes) -> None:
    asked = {"model": "scripted/chat", "messages": [{"role": "user", "content": SECRET}]}
    eyes.scene.play(text("One.", usage=(7, 3)), text("One.", usage=(7, 3)), status(400, {"error": {"message": "No."}}))
    for body in (asked, asked | {"stream": True, "stream_options": {"include_usage": True}}, asked):
        eyes.server.post(body, "/chat/completions")
    (row,) = eyes.server.get("/usage", model="scripted/chat").json["data"]
    assert [row[name] for name in ("requests", "failed", "turns", "input_tokens", "output_tokens")] == [3, 1, 3, 14, 6]


def test_logs_are_lines_of_json_without_what_was_said(tmp_path: Path) -> None:
    with ScriptedUpstream(text("The answer."), status(500, {"error": {"message": "broken"}}), models=["m"]) as upstream:
        lines = logged(tmp_path, upstream)
    response = next(line for line in lines if line["message"] == "response" and line["outcome"] == "completed")
    request = next(line for line in lines if line["message"] == "request" and line["status"] == 200)
    assert response["request_id"] == request["request_id"]
    assert (response["model"], response["project"], response["output_tokens"]) == ("scripted/m", "default", 1)
    assert (request["method"], request["path"]) == ("POST", "/v1/responses")
    assert len(response["user"]) == 16
    failed = next(line for line in lines if line["message"] == "response" and line["outcome"] == "failed")
    for line in lines:
        assert abs(datetime.fromisoformat(line["time"]).timestamp() - time.time()) < 120, line
    assert failed["error"] == "upstream_error"
    assert failed["user"] == response["user"]
    said = json.dumps(lines)
    assert not any(word in said for word in (SECRET, "The answer", "ann@example.com"))


def test_a_request_by_the_old_address_is_seen_like_any(tmp_path: Path) -> None:
    with ScriptedUpstream(text("Hello."), models=["m"]) as upstream:
        flags = ("--upstream", f"scripted={upstream.url}", "--log", "json")
        with running_server(*flags, folder=tmp_path, complaints=LINES) as server:
            answer = server.plain.post("/openai/v1/responses", json={"model": "m", "input": "Hello?"})
            server.stop()
            lines = [json.loads(line) for line in server.complaints().splitlines()]
    request = next(line for line in lines if line["message"] == "request")
    assert (answer.status_code, request["status"], request["path"]) == (200, 200, "/v1/responses")
    assert request["request_id"] == answer.headers["x-request-id"]


def logged(folder: Path, upstream: ScriptedUpstream) -> list[dict[str, Any]]:
    """What a server says of two requests, one of which fails."""
    flags = ("--upstream", f"scripted={upstream.url}", "--log", "json")
    body = {"model": "scripted/m", "input": SECRET, "user": "ann@example.com"}
    with running_server(*flags, folder=folder, complaints=LINES) as server:
        assert server.post(body).status == 200
        assert server.post(body).status == 500
        server.stop()
        return [json.loads(line) for line in server.complaints().splitlines()]


def test_nothing_is_seen_where_it_is_not_asked_for(tmp_path: Path) -> None:
    with (
        ScriptedUpstream(text("One."), models=["m"]) as upstream,
        running_server("--upstream", f"scripted={upstream.url}", folder=tmp_path) as server,
    ):
        assert server.post({"model": "scripted/m", "input": "x"}).status == 200
        assert httpx2.get(f"{server.url.removesuffix('/v1')}/metrics").status_code == 404
        assert server.get("/usage").error["code"] == "usage_not_counted"
    assert "traceparent" not in upstream.requests[-1].headers
