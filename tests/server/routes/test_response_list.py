"""`GET /v1/responses`: a list that OGX's clients ask for."""

from running_server import Scene

from antiphon.testing import text


def test_responses_come_with_what_was_put_in(scene: Scene) -> None:
    scene.play(*[text(f"Answer {n}.") for n in range(3)])
    made = [scene.answer(input=f"Question {n}?").response["id"] for n in range(3)]
    first = scene.server.get("/responses", limit=2).json
    assert (first["object"], first["has_more"]) == ("list", True)
    assert [one["id"] for one in first["data"]] == [made[2], made[1]] == [first["first_id"], first["last_id"]]
    rest = scene.server.get("/responses", limit=2, after=first["last_id"]).json
    assert (rest["data"][0]["id"], rest["data"][0]["object"]) == (made[0], "response")
    [newest] = scene.server.get("/responses", limit=1).json["data"]
    whole = scene.server.get(f"/responses/{made[2]}").json
    assert {name: value for name, value in newest.items() if name != "input"} == whole
    assert newest["input"] == scene.server.get(f"/responses/{made[2]}/input_items").json["data"]


def test_by_model_and_from_the_oldest(scene: Scene) -> None:
    scene.play(text("One."), text("Two."))
    made = [scene.answer(model="ollama/listed").response["id"] for _ in range(2)]
    listed = scene.server.get("/responses", order="asc", model="ollama/listed").json["data"]
    assert [one["id"] for one in listed] == made
    nothing = scene.server.get("/responses", model="nobody/nothing").json
    assert nothing == {"object": "list", "data": [], "first_id": "", "last_id": "", "has_more": False}


def test_a_long_input_is_whole(scene: Scene) -> None:
    scene.play(text("Long."))
    said = [{"role": "user", "content": f"Line {n}"} for n in range(120)]
    answer = scene.answer(input=said).response["id"]
    [listed] = scene.server.get("/responses", limit=1).json["data"]
    assert listed["id"] == answer
    assert [item["content"][0]["text"] for item in listed["input"]] == [one["content"] for one in said]


def test_a_cursor_that_is_none_is_named(scene: Scene) -> None:
    refused = scene.server.get("/responses", after="resp_nothing")
    assert refused.status == 404
    assert "resp_nothing" in refused.error["message"]
