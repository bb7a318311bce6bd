"""A request as code to paste: for curl, Python and Node. Pure.

Counterpart: `static/playground.js`, which asks for it as it is written.
"""

import json
import shlex
from collections.abc import Mapping
from typing import Any

OF_ANSWERS = frozenset(
    {
        "id", "object", "created_at", "completed_at", "status", "error", "incomplete_details", "output", "usage",
        "output_text", "billing", "next_response_ids",
    }
)  # fmt: skip
"""Members of a response that no request has."""
DEFAULTS: Mapping[str, Any] = {
    "background": False, "frequency_penalty": 0, "parallel_tool_calls": True, "presence_penalty": 0, "store": True,
    "service_tier": "auto", "temperature": 1, "text": {"format": {"type": "text"}}, "tool_choice": "auto", "tools": [],
    "top_logprobs": 0, "top_p": 1, "truncation": "disabled", "metadata": {}, "max_tool_calls": None,
}  # fmt: skip
"""What a response says where its request said nothing."""

CURL = """curl {base}/responses \\
  -H 'content-type: application/json' \\
  -H "authorization: Bearer $OPENAI_API_KEY" \\
  -d {body}"""
PYTHON = """from openai import OpenAI

client = OpenAI(base_url="{base}")
response = client.responses.create(
{members})
print(response.output_text)
"""
PYTHON_STREAM = """from openai import OpenAI

client = OpenAI(base_url="{base}")
for event in client.responses.create(
{members}):
    print(event)
"""
NODE = """import OpenAI from "openai";

const client = new OpenAI({{ baseURL: "{base}" }});
const response = await client.responses.create({body});
console.log(response.output_text);
"""
NODE_STREAM = """import OpenAI from "openai";

const client = new OpenAI({{ baseURL: "{base}" }});
const stream = await client.responses.create({body});
for await (const event of stream) console.log(event);
"""


def request_of(response: Mapping[str, Any], items: list[Any]) -> dict[str, Any]:
    """The request that a stored response answers, without what goes without saying."""
    said = {
        name: value
        for name, value in response.items()
        if name not in OF_ANSWERS and value is not None and DEFAULTS.get(name, ...) != value
    }
    if said.get("service_tier") == "default":
        del said["service_tier"]
    if isinstance(said.get("reasoning"), dict):
        said["reasoning"] = {name: value for name, value in said["reasoning"].items() if value is not None}
    if not said.get("reasoning"):
        said.pop("reasoning", None)
    if isinstance(said.get("conversation"), dict):
        said["conversation"] = said["conversation"].get("id")
    first: dict[str, Any] = {name: said.pop(name) for name in ("model", "instructions") if name in said}
    return {**first, "input": [_as_sent(item) for item in items], **said}


def _as_sent(item: Any) -> Any:  # noqa: ANN401 - JSON of every kind
    """An item without what the server added."""
    if not isinstance(item, dict):
        return item
    plain = {name: value for name, value in item.items() if name not in {"id", "status"}}
    content = plain.get("content")
    if plain.get("type") == "message" and isinstance(content, list) and len(content) == 1:
        part = content[0]
        if isinstance(part, dict) and part.get("type") == "input_text":
            return {"role": plain.get("role"), "content": part.get("text")}
    return plain


def as_curl(request: Mapping[str, Any], base: str) -> str:
    """For a shell."""
    body = shlex.quote(json.dumps(request, ensure_ascii=False, indent=2))
    return CURL.format(base=base, body=body)


def as_python(request: Mapping[str, Any], base: str) -> str:
    """With the official Python client."""
    members = "".join(f"    {name}={_python(value)},\n" for name, value in request.items())
    return (PYTHON_STREAM if request.get("stream") else PYTHON).format(base=base, members=members)


def as_node(request: Mapping[str, Any], base: str) -> str:
    """With the official client for Node."""
    body = json.dumps(request, ensure_ascii=False, indent=2)
    return (NODE_STREAM if request.get("stream") else NODE).format(base=base, body=body)


def _python(value: Any, indent: int = 4) -> str:  # noqa: ANN401 - JSON of every kind
    """A JSON value as Python writes it."""
    space, inner = " " * indent, " " * (indent + 4)
    if isinstance(value, dict) and value:
        members = "".join(
            f"{inner}{json.dumps(name)}: {_python(member, indent + 4)},\n" for name, member in value.items()
        )
        return f"{{\n{members}{space}}}"
    if isinstance(value, list) and value:
        return "[\n" + "".join(f"{inner}{_python(member, indent + 4)},\n" for member in value) + f"{space}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)


CODES = (("curl", as_curl), ("Python", as_python), ("Node", as_node))
"""The ways to write it, by their names."""
