"""What the compatibility page says, held against a running server that knows one model server as every make.

Each field, tool, choice, include value and input item is sent by its sample; what the answer's headers name is what
the page says isn't done. Not here: what each of them does; tests of their own show that.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from judged_http import NO_TLS
from running_server import PATIENCE, Answer, RunningServer, running_server
from shown import SHOWN

from antiphon.engine.dialects import DIALECTS
from antiphon.testing import Reply, Request, ScriptedUpstream, reasoning, text, tool_call
from compatibility import APPROXIMATED, HONOURED, IGNORED, REFUSED, USER, Row, is_about, rows
from compatibility_samples import CHOICES, ITEMS, TOOLS
from docs_requests import BASE, SAMPLES, field_paths, sample_of, with_field

Json = dict[str, Any]

ROWS = rows()
SETTINGS = """
[tools.web_search]
backend = "searxng"
url = "http://127.0.0.1:9"

[tools.image_generation]
upstream = "openai"

[models."*/thinker"]
reasoning_summary = "text"
"""
"""So that a request can name these tools; no model of this file calls one."""
REFERRING = {"previous_response_id", "conversation"}
FIELDS = dict(field_paths())


@pytest.fixture(scope="module")
def script() -> list[Reply]:
    """What the model says next; when that is over, the same to everybody."""
    return []


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, script: list[Reply]) -> Iterator[RunningServer]:
    def says(_: Request) -> Reply:
        return script.pop(0) if script else text("{}")

    folder: Path = tmp_path_factory.mktemp("compatibility")
    (folder / "antiphon.toml").write_text(SETTINGS)
    with ScriptedUpstream(default=says, models=["m", "thinker"]) as upstream:
        flags = [word for name in DIALECTS for word in ("--upstream", f"{name}={upstream.url},dialect={name}")]
        with running_server(*flags, folder=folder) as made:
            yield made


@pytest.fixture(scope="module")
def plain(server: RunningServer) -> Iterator[httpx2.Client]:
    """Asks without judging: these answers are many, and much the same."""
    with httpx2.Client(base_url=server.url, timeout=PATIENCE, verify=NO_TLS) as made:
        yield made


def named(row: Row) -> str:
    return row.name


def of(kind: str, *words: str) -> pytest.MarkDecorator:
    chosen = [row for row in ROWS if row.kind == kind and (not words or words[0] in row.by.values())]
    return pytest.mark.parametrize("row", chosen, ids=named)


def each_way(row: Row) -> dict[str, str]:
    """A dialect for each thing that becomes of it; the fields are sent to all."""
    return {next(name for name, each in row.by.items() if each == due): due for due in set(row.by.values())}


def word(answer: Answer, *paths: str) -> str:
    """What an answer's headers say of a field."""
    if answer.status in {400, 404}:
        return REFUSED
    assert answer.status == 200, answer.body
    for header in (IGNORED, APPROXIMATED):
        notes = answer.headers.get(f"antiphon-{header}", "").split(", ")
        if any(is_about(note, path) for note in notes for path in paths):
            return header
    return HONOURED


def requested(server: RunningServer, dialect: str, path: str) -> Json:
    """A request that has the field; what it refers to is there."""
    value = SAMPLES.get(path, sample_of(FIELDS[path]))
    if path == "conversation":
        value = server.post({}, "/conversations").json["id"]
    if path == "previous_response_id":
        value = server.post({**BASE, "model": f"{dialect}/m"}).json["id"]
    request = with_field(path, value)
    if "prompt" in request:
        template = {"input": [USER], "instructions": "{{k}}"}
        request["prompt"] = {
            "id": server.post(template, "/prompts").json["id"], "variables": {"k": "v"}, "version": "1",
        }  # fmt: skip
    if "moderation" in request:
        # By its bare name every upstream of this file has it.
        request["moderation"]["model"] = f"{dialect}/m"
    return {**request, "model": f"{dialect}/m"}


@of("field")
def test_a_field(server: RunningServer, plain: httpx2.Client, row: Row) -> None:
    for dialect, due in row.by.items():
        sent = plain.post("/responses", json=requested(server, dialect, row.name))
        answer = Answer(sent.status_code, sent.headers, sent.content)
        assert word(answer, row.name) == due, dialect
        SHOWN.add(f"field:{row.name}@{dialect}")


@of("include")
def test_a_value_of_include(server: RunningServer, row: Row) -> None:
    for dialect, due in each_way(row).items():
        answer = server.post({**BASE, "model": f"{dialect}/m", "include": [row.name]})
        assert word(answer, f"include[{row.name}]") == due, dialect


@of("tool")
def test_a_tool(server: RunningServer, row: Row) -> None:
    if row.remark and "code" in row.name:
        pytest.skip("its own tests set it up")
    if row.name == "mcp":
        pytest.skip("it is asked for its tools; its own tests have a server")
    for dialect, due in each_way(row).items():
        answer = server.post({**BASE, "model": f"{dialect}/m", "tools": [{"type": row.name, **TOOLS[row.name]}]})
        assert word(answer, "tools") == due, dialect


@of("choice")
def test_a_choice(server: RunningServer, row: Row) -> None:
    choice, kind = CHOICES[row.name]
    if kind in {"mcp", "code_interpreter"}:
        pytest.skip("its tool's own tests show it")
    for dialect, due in each_way(row).items():
        tools = [{"type": kind, **TOOLS[kind]}]
        answer = server.post({**BASE, "model": f"{dialect}/m", "tools": tools, "tool_choice": choice})
        assert word(answer, "tool_choice", "tools") == due, dialect


@pytest.mark.parametrize("row", [row for row in ROWS if row.kind == "input" and row.name in ITEMS], ids=named)
def test_an_input_item(server: RunningServer, row: Row) -> None:
    for dialect in each_way(row):
        answer = server.post({**BASE, "model": f"{dialect}/m", "input": [USER, *ITEMS[row.name]]})
        assert answer.status == 200, answer.body


def test_an_item_that_is_named_by_its_id(server: RunningServer) -> None:
    [said] = server.post({**BASE, "model": "generic/m"}).output
    answer = server.post({**BASE, "model": "generic/m", "input": [{"type": "item_reference", "id": said["id"]}, USER]})
    assert answer.status == 200, answer.body


def test_a_summary_of_thinking(server: RunningServer, script: list[Reply]) -> None:
    script += [reasoning("Hm.") + text("Yes.")]
    asked = {**BASE, "model": "generic/thinker", "reasoning": {"summary": "auto"}, "stream": True}
    answer = server.post(asked)
    assert answer.output[0]["summary"] == [{"type": "summary_text", "text": "Hm."}]


def test_a_patch_whose_diff_is_streamed(server: RunningServer, script: list[Reply]) -> None:
    operation = {"type": "create_file", "path": "a", "diff": "+a"}
    script += [tool_call("apply_patch", {"operation": operation}, pieces=3)]
    answer = server.post({**BASE, "model": "generic/m", "tools": [{"type": "apply_patch"}], "stream": True})
    assert answer.output[0]["operation"] == operation


@pytest.mark.parametrize("row", [row for row in ROWS if row.never], ids=named)
def test_what_is_never_sent_has_no_struct(row: Row) -> None:
    """Or nothing that sends it; a test that meets with it speaks against the row."""
    assert set(row.by.values()) == {IGNORED}
    SHOWN.add(*row.evidence)
