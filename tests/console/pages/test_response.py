"""One response: chat, timeline, events, request, and what is done with it."""

import base64
from pathlib import Path

import httpx2
from console_scene import Pages, a_console

from antiphon.testing import Gate, reasoning, text, tool_call

FUNCTION = {"type": "function", "name": "add", "parameters": {"type": "object", "properties": {}}}
PIXEL = base64.b64encode(b"\x89PNG").decode()


def test_a_response_with_all_its_parts(pages: Pages) -> None:
    pages.scene.play(reasoning("So.") + tool_call("add", '{"a":1}'))
    first = pages.scene.stream(input="Count.", tools=[FUNCTION]).response
    call = first["output"][-1]
    pages.scene.play(text("It is **2**."))
    answer = {"type": "function_call_output", "call_id": call["call_id"], "output": "2"}
    second = pages.scene.stream(input=[answer], previous_response_id=first["id"]).response
    page = pages.get(f"/console/responses/{first['id']}").text
    for shown in (
        "Reasoning",
        "&#34;a&#34;: 1",
        '<div class="timeline"',
        "Continued by",
        'class="label" x="0" y="41">turn<',
    ):
        assert shown in page
    page = pages.get(f"/console/responses/{second['id']}").text
    assert "<strong>2</strong>" in page
    assert f"/console/responses/{first['id']}" in page
    assert "from openai import OpenAI" in page


def test_the_events_of_a_stream_are_kept_with_their_times(pages: Pages) -> None:
    kept = pages.answer("Hello.")
    told = pages.get(f"/console/responses/{kept}/events.json").json()
    assert told["whole"]
    assert [event["type"] for event in told["events"]][:: 10**6] == ["response.created"]
    assert told["events"][-1]["type"] == "response.completed"
    assert all(one["ms"] <= other["ms"] for one, other in zip(told["events"], told["events"][1:], strict=False))
    pages.scene.play(text("Hello."))
    plain = pages.scene.answer().response["id"]
    assert pages.get(f"/console/responses/{plain}/events.json").json() == {"events": [], "whole": True}


def test_images_come_through_the_server(pages: Pages) -> None:
    parts = [{"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}", "detail": "auto"}]
    kept = pages.answer(input=[{"role": "user", "content": parts}])
    (item,) = pages.scene.server.get(f"/responses/{kept}/input_items").json["data"]
    assert f'src="/console/items/{item["id"]}/images/0"' in pages.get(f"/console/responses/{kept}").text
    image = pages.get(f"/console/items/{item['id']}/images/0")
    assert (image.content, image.headers["content-type"]) == (b"\x89PNG", "image/png")
    assert pages.get(f"/console/items/{item['id']}/images/1").status_code == 404
    assert pages.get("/console/items/msg_none/images/0").status_code == 404


def test_many_items_come_in_pages(pages: Pages) -> None:
    items = [{"role": "user", "content": f"item number {number}."} for number in range(120)]
    kept = pages.answer(input=items)
    first = pages.get(f"/console/responses/{kept}").text
    assert "number 49." in first
    assert "number 50." not in first
    last = pages.get(f"/console/responses/{kept}?at=100").text
    assert "number 119." in last
    assert "Hello." in last
    assert pages.get(f"/console/responses/{kept}?at=nonsense").status_code == 200
    leaf = pages.get(f"/console/responses/{kept}/items?at=50").text
    assert leaf.count('<li class="entry') == 50
    assert f'data-further="/console/responses/{kept}/items?at=100"' in leaf
    assert "data-further" not in pages.get(f"/console/responses/{kept}/items?at=100").text


def test_a_run_is_followed_while_it_goes_on(pages: Pages) -> None:
    gate = Gate()
    pages.scene.play(text("one", "two").held(gate, at=2))
    with pages.scene.server.client.responses.create(model="scripted/m", input="x", stream=True) as stream:
        kept = next(iter(stream)).response.id  # type: ignore[union-attr] # the first event has one
        page = pages.get(f"/console/responses/{kept}").text
        assert "running" in page
        assert f"/console/responses/{kept}" in pages.get("/console/responses").text
        with pages.http.stream("GET", f"{pages.base}/console/responses/{kept}/timeline") as live:
            lines = live.iter_lines()
            assert next(lines) == "event: grown"
            gate.open()
            for _ in stream:
                pass
            assert "event: over" in list(lines)
    assert pages.get(f"/console/responses/{kept}/timeline").status_code == 200


def test_what_was_not_stored_has_its_timeline_all_the_same(pages: Pages) -> None:
    kept = pages.answer(store=False)
    page = pages.get(f"/console/responses/{kept}").text
    assert '<div class="timeline"' in page
    assert "It isn't stored" in page or "It isn&#39;t stored" in page


def test_two_answers_are_compared(pages: Pages) -> None:
    one, two, same = (pages.answer(words) for words in ("one\nsame", "two\nsame", "one\nsame"))
    page = pages.get(f"/console/responses/{one}/compare/{two}").text
    assert '<span class="del">-one' in page
    assert '<span class="add">+two' in page
    assert "The answers say the same." in pages.get(f"/console/responses/{one}/compare/{same}").text


def test_after_a_restart_the_store_is_all_there_is(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/kept.db"
    with a_console("--db", database) as (scene, _):
        scene.play(text("Kept."))
        kept = scene.stream().response["id"]
    with a_console("--db", database) as (_, base):
        page = httpx2.get(f"{base}/console/responses/{kept}").text
        assert "isn't remembered any more" in page or "isn&#39;t remembered any more" in page
        assert httpx2.get(f"{base}/console/responses/{kept}/timeline").status_code == 404
