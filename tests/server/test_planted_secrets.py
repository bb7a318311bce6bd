"""Twelve secrets in headers, bodies, URLs and tool results of recorded calls, and none of them in any file."""

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mcp_servers import TOKEN, serving, workshop
from running_server import running_server
from running_standin import running_standin

from antiphon.cassettes.open import read_cassette
from antiphon.cassettes.verify import verify
from antiphon.testing import Reply, Request, ScriptedUpstream, status, text, tool_call

LETTERS = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7"

SECRETS = {
    "bearer token of the client": f"sk-proj-own{LETTERS}",
    "another header with a key": "9c1185a5c5e9fc54612808977ee8f548b2258d31",
    "session cookie": "sid-4d6f6e5ec7",
    "header nobody knows": "corp-sso-77aa21",
    "key in the query": f"AIzaSyA-{LETTERS}123456",
    "signature of a URL in a text": "3fd1c0ffee5a9e",
    "password of a URL in a text": "hunter2hunter2",
    "password in a tool's arguments": "correct-horse-9",
    "token in a tool's result": f"ghp_{LETTERS}0123456789",
    "private key in a tool's result": LETTERS * 2,
    "cookie that an answer sets": "sess-ion-88bb32",
    "key that a model spells": f"gsk_{LETTERS}987654",
}

PEM = f"-----BEGIN PRIVATE KEY-----\n{LETTERS * 2}\n-----END PRIVATE KEY-----"

HEADERS = {
    "authorization": f"Bearer {SECRETS['bearer token of the client']}",
    "x-api-key": SECRETS["another header with a key"],
    "cookie": f"sid={SECRETS['session cookie']}",
    "x-corp-sso": SECRETS["header nobody knows"],
}
QUERY = f"?alt=sse&key={SECRETS['key in the query']}"
ARGUMENTS = json.dumps({"user": "ann", "password": SECRETS["password in a tool's arguments"]})
URLS = (
    f"https://bucket.example/x?X-Amz-Signature={SECRETS['signature of a URL in a text']} and "
    f"postgres://ann:{SECRETS['password of a URL in a text']}@db.example/x"
)
RESULT = json.dumps({"stdout": "token " + SECRETS["token in a tool's result"] + "\n" + PEM})
CALL = {"id": "call_1", "type": "function", "function": {"name": "log_in", "arguments": ARGUMENTS}}
CHAT: dict[str, Any] = {
    "model": "m",
    "stream": True,
    "messages": [
        {"role": "user", "content": f"Look at {URLS}."},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": RESULT},
    ],
}


def files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    return ((path, path.read_bytes()) for path in folder.rglob("*") if path.is_file())


def found_in(folder: Path, secrets: dict[str, str]) -> list[str]:
    """The secrets that stand in some file, as they are or in base64."""
    forms = {name: (secret.encode(), base64.b64encode(secret.encode())) for name, secret in secrets.items()}
    return [
        f"{name} in {path.name}"
        for path, content in files(folder)
        for name, some in forms.items()
        if any(form in content for form in some)
    ]


def said_in(stream: str) -> str:
    deltas = [json.loads(line[6:])["choices"] for line in stream.split("\n\n") if line.startswith("data: {")]
    return "".join(choices[0]["delta"].get("content") or "" for choices in deltas if choices)


def test_the_table_has_twelve_and_each_would_be_found(tmp_path: Path) -> None:
    assert len(set(SECRETS.values())) == 12
    (tmp_path / "spoiled").write_text("\n".join(SECRETS.values()))
    assert len(found_in(tmp_path, SECRETS)) == 12


def test_none_of_twelve_planted_secrets_is_written(tmp_path: Path) -> None:
    cookie = {"set-cookie": f"s={SECRETS['cookie that an answer sets']}", "content-type": "application/json"}
    echoed = {"error": {"message": f"Incorrect API key provided: {SECRETS['bearer token of the client']}."}}

    def refusal(_: Request) -> Reply:
        return status(401, echoed, headers=cookie)

    with (
        ScriptedUpstream(text(*SECRETS["key that a model spells"]), paths={"POST /v1/refused": refusal}) as api,
        running_standin("record", "--upstream", api.url, "tape.jsonl", folder=tmp_path) as recording,
    ):
        answers = [
            recording.http.post(path + QUERY, json=CHAT, headers=HEADERS)
            for path in ("/v1/chat/completions", "/v1/refused")
        ]
        assert SECRETS["bearer token of the client"] in answers[1].text
        assert SECRETS["cookie that an answer sets"] in answers[1].headers["set-cookie"]
        sent = [(request.path, str(request.headers), request.body) for request in api.requests]
    on_the_wire = f"{sent} {answers[1].headers} {said_in(answers[0].text)}"
    assert [name for name, secret in SECRETS.items() if secret not in on_the_wire] == []
    assert found_in(tmp_path, SECRETS) == []
    tape = read_cassette(tmp_path / "tape.jsonl")
    assert len(tape) == 2
    assert [finding for finding in verify(tape) if finding.grave] == []
    with running_standin("replay", "tape.jsonl", folder=tmp_path) as replay:
        again = replay.http.post("/v1/chat/completions" + QUERY, json=CHAT, headers={**HEADERS, "authorization": "x"})
    assert again.status_code == 200
    assert said_in(again.text) == "[redacted]"


async def test_what_an_mcp_server_is_sent_and_answers_is_searched_too(tmp_path: Path) -> None:
    shop = workshop(bearer=True)
    secret = SECRETS["token in a tool's result"]
    shop.server.add_tool(lambda: f"The token is {secret}.", name="tell", description="Tells")
    script = (tool_call("tell", "{}"), text("Done."))
    async with serving(shop.app("streamable")) as base:
        mcp = {"type": "mcp", "server_label": "shop", "server_url": f"{base}/mcp", "require_approval": "never",
               "authorization": TOKEN}  # fmt: skip
        with ScriptedUpstream(*script) as upstream:
            flags = ("--upstream", f"up={upstream.url}", "--cassette", "tape.jsonl", "--mode", "record")
            with running_server(*flags, folder=tmp_path) as server:
                asked = {"model": "up/m", "input": "Tell.", "tools": [mcp]}
                answer = await asyncio.to_thread(server.post, asked)
    assert [item["type"] for item in answer.output] == ["mcp_list_tools", "mcp_call", "message"]
    assert secret in answer.output[1]["output"]
    assert found_in(tmp_path, {"result": secret, "authorization": TOKEN}) == []
