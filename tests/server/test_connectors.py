"""A connector of antiphon.toml, asked through a running server by the official client."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest
from mcp_servers import TOKEN, serving, workshop
from running_server import RunningServer, running_server

from antiphon.testing import ScriptedUpstream, text, tool_call

CONNECTOR = """
[connectors.connector_dropbox]
server-url = "{base}/mcp"
authorization-env = "NOTES_TOKEN"
headers-env = {{ X-Tenant = "TENANT" }}
"""
TOOL: Any = {"type": "mcp", "server_label": "notes", "connector_id": "connector_dropbox", "require_approval": "never"}

OTHER: Any = {**TOOL, "connector_id": "other"}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RunningServer]:
    async with serving(workshop(bearer=True).app("streamable")) as base:
        (tmp_path / "antiphon.toml").write_text(CONNECTOR.format(base=base))
        secrets = {"NOTES_TOKEN": TOKEN, "TENANT": "tenant-0123"}
        told = tool_call("told", '{"name": "x-tenant"}')
        with (
            ScriptedUpstream(told, text("Yours.")) as upstream,
            running_server("--upstream", f"up={upstream.url}", folder=tmp_path, variables=secrets) as running,
        ):
            yield running


async def test_a_connector_needs_no_address_and_no_token(server: RunningServer) -> None:
    async with server.async_client() as client:
        response = await client.responses.create(model="up/m", input="Whose?", tools=[TOOL])
        assert [item.type for item in response.output] == ["mcp_list_tools", "mcp_call", "message"]
        assert response.output[1].output == "tenant-0123"  # type: ignore[union-attr] # it is an mcp_call
        assert response.tools[0].to_dict() == TOOL
        kept = await client.responses.with_raw_response.retrieve(response.id)
        assert TOKEN.encode() not in kept.content
        with pytest.raises(openai.BadRequestError) as refused:
            await client.responses.create(model="up/m", input="Whose?", tools=[OTHER])
        assert refused.value.param == "tools[0].connector_id"
        assert "There are: connector_dropbox" in refused.value.message
        assert "[connectors.other]" in refused.value.message
