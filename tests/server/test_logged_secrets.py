"""A server whose every logger says all it has to say, its libraries' too: of keys, cookies and contents it says nothing."""

import asyncio
from pathlib import Path

import httpx2
import pytest
from mcp_servers import TOKEN, serving, workshop
from running_server import RunningServer, run, running_server

from antiphon.testing import Reply, Request, ScriptedUpstream, status, text, tool_call

UPSTREAM_KEY = "sk-of-the-upstream-5f3a9c"
COOKIE = "sid-of-somebody-77aa21"
PROMPT = "a question that is nobody's business"
ANSWER = "an answer that is nobody's either"
USER = "ann@example.com"
TALKATIVE = """
import logging, sys
logging.basicConfig(level=logging.NOTSET, stream=sys.stderr, format="%(name)s %(levelname)s %(message)s")
logging.getLogger("tests").debug("everything is said")
"""


def echoing(_: Request) -> Reply:
    """What a careless model server says of a key that it doesn't take."""
    return status(401, {"error": {"message": f"Incorrect API key provided: {UPSTREAM_KEY}."}})


def use(server: RunningServer, key: str, mcp: dict[str, str]) -> list[int]:
    """Requests that go well and that don't, over HTTP and a WebSocket's handshake; their status."""
    headers = {"authorization": f"Bearer {key}", "cookie": f"sid={COOKIE}"}
    asked = {"model": "up/m", "input": PROMPT, "user": USER, "safety_identifier": USER}
    answers = [
        server.post({**asked, "tools": [mcp]}, headers=headers),
        server.post({**asked, "stream": True}, headers=headers),
        server.post({**asked, "model": "bad/m"}, headers=headers),
        server.post({**asked, "model": "nowhere/m"}, headers=headers),
        server.post(b'{"model": "up/m", "input": "' + PROMPT.encode(), headers=headers),
        server.post(asked, headers={**headers, "authorization": f"Bearer {key}x"}),
    ]
    with httpx2.Client(timeout=60) as plain:
        refused = plain.get(server.url + "/responses", headers={**headers, "upgrade": "websocket"})
    return [*(answer.status for answer in answers), refused.status_code]


@pytest.mark.parametrize("form", ["text", "json"])
async def test_no_logger_tells_a_secret(form: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(TALKATIVE)
    key = run("keys", "create", "--project", "p", "--db", "sqlite:///kept.db", folder=tmp_path).stdout.split()[0]
    shop = workshop(bearer=True)
    async with serving(shop.app("streamable")) as base:
        mcp = {"type": "mcp", "server_label": "shop", "server_url": f"{base}/mcp", "require_approval": "never",
               "authorization": TOKEN}  # fmt: skip
        script = (tool_call("add", '{"a": 1, "b": 2}'), text(ANSWER), text(ANSWER))
        with (
            ScriptedUpstream(*script, models=["m"]) as upstream,
            ScriptedUpstream(echoing, models=["m"]) as bad,
            running_server(
                "--upstream", f"up={upstream.url},key-env=UP_KEY", "--upstream", f"bad={bad.url},key-env=UP_KEY",
                "--allow-private-urls", "--log", form,
                folder=tmp_path, variables={"UP_KEY": UPSTREAM_KEY, "PYTHONPATH": str(tmp_path)}, complaints=".*",
            ) as server,
        ):  # fmt: skip
            statuses = await asyncio.to_thread(use, server, key, mcp)
            said = server.complaints()
        assert upstream.requests[-1].headers["authorization"] == f"Bearer {UPSTREAM_KEY}"
    assert statuses == [200, 200, 401, 404, 400, 401, 426]
    assert "everything is said" in said
    assert "httpx2 INFO HTTP Request" in said
    secrets = {"the client's key": key, "the upstream's": UPSTREAM_KEY, "the MCP server's": TOKEN, "a cookie": COOKIE,
               "a prompt": PROMPT, "an answer": ANSWER, "a user": USER}  # fmt: skip
    assert [name for name, secret in secrets.items() if secret in said] == []
