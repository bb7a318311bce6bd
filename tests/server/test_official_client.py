"""The official client's own ways to ask: helpers, parsing, errors and pages, blocking and asynchronous."""

from typing import Any, Literal

import openai
import pytest
from pydantic import BaseModel
from running_server import Scene

from antiphon.testing import Gate, raw, reasoning, refusal, status, text, tool_call


class Step(BaseModel):
    """A part of the answer's form."""

    explanation: str
    kind: Literal["sum", "product"]


class Solution(BaseModel):
    """The form of an answer."""

    steps: list[Step]
    result: int


class Weather(BaseModel):
    """Arguments of a tool."""

    city: str


SOLVED = '{"steps":[{"explanation":"6 times 7","kind":"product"}],"result":42}'
SOLUTION = Solution(steps=[Step(explanation="6 times 7", kind="product")], result=42)


def test_parse_gives_an_object(scene: Scene) -> None:
    scene.play(text(SOLVED[:10], SOLVED[10:]))
    response = scene.server.client.responses.parse(model="scripted/m", input="6 * 7?", text_format=Solution)
    assert response.output_parsed == SOLUTION
    sent = scene.asked["response_format"]["json_schema"]
    assert (sent["name"], sent["strict"]) == ("Solution", True)
    assert sent["schema"]["required"] == ["steps", "result"]


def test_responses_stream_gives_an_object(scene: Scene) -> None:
    scene.play(reasoning("Hm.") + text(*SOLVED))
    with scene.server.client.responses.stream(model="scripted/m", input="6 * 7?", text_format=Solution) as stream:
        snapshots = [event.snapshot for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert snapshots[-1] == SOLVED
    assert final.output_parsed == SOLUTION
    assert final.status == "completed"


def test_responses_stream_follows_tool_calls(scene: Scene) -> None:
    scene.play(tool_call("Weather", '{"city": "Ulm"}', pieces=4) + tool_call("Weather", '{"city": "Bonn"}', id="c2"))
    tools: Any = [openai.pydantic_function_tool(Weather)]
    tools = [{"type": "function", **tool["function"]} for tool in tools]
    with scene.server.client.responses.stream(model="scripted/m", input="Weather?", tools=tools) as stream:
        snapshots = [event.snapshot for event in stream if event.type == "response.function_call_arguments.delta"]
        final = stream.get_final_response()
    assert '{"city": "Ulm"}' in snapshots
    calls = [item for item in final.output if item.type == "function_call"]
    assert [call.arguments for call in calls] == ['{"city": "Ulm"}', '{"city": "Bonn"}']


async def test_the_asynchronous_client(scene: Scene) -> None:
    scene.play(text("Hel", "lo!"), text(SOLVED), text("Hello!"), text("Hello!"))
    async with scene.server.async_client() as client:
        stream = await client.responses.create(model="scripted/m", input="Hello?", stream=True)
        events = [event async for event in stream]
        assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "Hello!"
        parsed = await client.responses.parse(model="scripted/m", input="6 * 7?", text_format=Solution)
        assert parsed.output_parsed == SOLUTION
        async with client.responses.stream(model="scripted/m", input="Hello?") as helper:
            assert (await helper.get_final_response()).output_text == "Hello!"
        whole = await client.responses.create(model="scripted/m", input="Hello?")
        assert await client.responses.retrieve(whole.id) == whole
        await client.responses.delete(whole.id)
        with pytest.raises(openai.NotFoundError):
            await client.responses.retrieve(whole.id)


def test_a_refusal_is_no_parsed_object(scene: Scene) -> None:
    scene.play(refusal("I won't."))
    response = scene.server.client.responses.parse(model="scripted/m", input="?", text_format=Solution)
    assert response.output_parsed is None


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
    ],
)
def test_refusals_are_raised(scene: Scene, code: int, kind: type[openai.APIStatusError], *, stream: bool) -> None:
    scene.play(status(code, {"error": {"message": "No.", "code": "why", "param": "p"}}, headers={"retry-after": "60"}))
    with pytest.raises(kind) as raised:
        scene.server.client.responses.create(model="scripted/m", input="?", stream=stream)
    assert (raised.value.code, raised.value.param) == ("why", "p")
    assert "No." in raised.value.message
    assert (raised.value.request_id or "").startswith("req_")


def test_a_failure_in_a_stream_is_raised(scene: Scene) -> None:
    scene.play(raw([b'data: {"choices":[{"delta":{"content":"Hel"}}]}\n\n']))
    came = []
    with pytest.raises(openai.APIError, match="without a finish reason"):
        came += [
            event.type for event in scene.server.client.responses.create(model="scripted/m", input="?", stream=True)
        ]
    assert came == []


def test_the_client_tries_again_by_itself(scene: Scene) -> None:
    """As it does for every server that says so by its status."""
    scene.play(status(500, {"error": {"message": "Again."}}), text("Hello!"))
    patient = scene.server.client.with_options(max_retries=1)
    assert patient.responses.create(model="scripted/m", input="?").output_text == "Hello!"


def test_input_items_page_by_page(scene: Scene) -> None:
    scene.play(text("Hello!"))
    items: Any = [{"role": "user", "content": str(number)} for number in range(7)]
    client = scene.server.client
    response = client.responses.create(model="scripted/m", input=items)
    listed = list(client.responses.input_items.list(response.id, limit=3, order="asc"))
    assert [item.content[0].text for item in listed if item.type == "message"] == list("0123456")  # type: ignore[union-attr] # It is text.


def test_the_output_goes_back_as_the_client_has_it(scene: Scene) -> None:
    """`input=response.output`, with all that the client's models added to it."""
    scene.play(reasoning("Hm.") + text("Let me see.") + tool_call("Weather", '{"city": "Ulm"}'), text("Sunny."))
    client = scene.server.client
    history: Any = [{"role": "user", "content": "Weather?"}]
    tools: Any = [{"type": "function", "name": "Weather", "parameters": Weather.model_json_schema(), "strict": True}]
    first = client.responses.create(model="scripted/m", input=history, tools=tools, store=False)
    history += first.output
    history += [{"type": "function_call_output", "call_id": "call_1", "output": "sunny"}]
    second = client.responses.create(model="scripted/m", input=history, tools=tools, store=False)
    assert second.output_text == "Sunny."
    assert [message["role"] for message in scene.calls[-1].json["messages"]] == ["user", "assistant", "tool"]


def test_leaving_a_stream_by_its_context(scene: Scene) -> None:
    scene.play(text("Hel", "lo!").held(Gate(), at=2))
    with scene.server.client.responses.create(model="scripted/m", input="?", stream=True) as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                break
    scene.upstream.wait(lambda: scene.calls[0].aborted)


def test_every_extra_of_the_client_is_taken(scene: Scene) -> None:
    scene.play(text("Hello!"))
    response = scene.server.client.responses.create(
        model="scripted/m", input="?", extra_body={"top_k": 3}, extra_headers={"x-mine": "1"}, extra_query={"a": "b"}
    )
    assert response.output_text == "Hello!"
