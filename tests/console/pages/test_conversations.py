"""Conversations: list, thread, branches; items added and taken out."""

import pytest
from console_scene import Pages

from antiphon.console.pages.conversations import message
from antiphon.errors import InvalidRequest


def test_a_conversation_from_its_beginning_to_its_end(pages: Pages) -> None:
    made = pages.post("/console/conversations")
    name = made.url.path.rpartition("/")[2]
    assert "Nothing was said yet" in made.text
    said = pages.post(f"/console/conversations/{name}/items", role="user", text="Remember <this>.")
    assert "Remember &lt;this&gt;." in said.text
    assert name in pages.get("/console/conversations").text
    (item,) = pages.scene.server.get(f"/conversations/{name}/items").json["data"]
    assert item["content"][0]["text"] == "Remember <this>."
    taken = pages.post(f"/console/conversations/{name}/items/{item['id']}/delete")
    assert "Nothing was said yet" in taken.text
    pages.post(f"/console/conversations/{name}/delete")
    assert pages.get(f"/console/conversations/{name}").status_code == 404


def test_responses_and_what_branches_off_them(pages: Pages) -> None:
    name = pages.scene.server.post({}, "/conversations").json["id"]
    inside = pages.answer("Inside.", conversation=name, input="First.")
    branch = pages.answer("Outside.", previous_response_id=inside, input="What if?")
    page = pages.get(f"/console/conversations/{name}").text
    assert f'/console/responses/{inside}">First.' in page
    assert f'/console/responses/{branch}">What if?' in page
    further = pages.answer("Further.", previous_response_id=branch, input="And then?")
    page = pages.get(f"/console/conversations/{name}").text
    assert f'/console/responses/{further}">And then?' in page
    assert f'/console/responses/{further}">And then?' in pages.get(f"/console/responses/{inside}").text
    assert "Inside." in page
    assert "Outside." not in page


def test_a_long_thread_is_shown_from_its_end(pages: Pages) -> None:
    items = [{"role": "user", "content": f"item {number}."} for number in range(15)]
    name = pages.scene.server.post({"items": items}, "/conversations").json["id"]
    for start in range(15, 60, 15):
        more = [{"role": "user", "content": f"item {start + number}."} for number in range(15)]
        pages.scene.server.post({"items": more}, f"/conversations/{name}/items")
    page = pages.get(f"/console/conversations/{name}").text
    assert page.index("item 10.") < page.index("item 59.")
    assert "item 9." not in page
    earlier = page.split('href="?after=')[1].split('"')[0]
    before = pages.get(f"/console/conversations/{name}?after={earlier}").text
    assert before.index("item 0.") < before.index("item 9.")
    assert "item 10." not in before


@pytest.mark.parametrize(("role", "text"), [("user", " "), ("tool", "x")])
def test_what_is_no_message(role: str, text: str) -> None:
    with pytest.raises(InvalidRequest, match="has a text"):
        message(role, text)


def test_an_assistants_message_is_one_as_the_api_has_it(pages: Pages) -> None:
    name = pages.scene.server.post({}, "/conversations").json["id"]
    pages.post(f"/console/conversations/{name}/items", role="assistant", text="Said.")
    (item,) = pages.scene.server.get(f"/conversations/{name}/items").json["data"]
    assert item["content"][0] == {"type": "output_text", "text": "Said.", "annotations": [], "logprobs": []}
