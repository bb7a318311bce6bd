"""What is taken away from a response: its request, and a cassette."""

from console_scene import Pages


def test_the_request_that_gives_it_again(pages: Pages) -> None:
    kept = pages.answer(input="Say it.")
    asked = pages.get(f"/console/responses/{kept}/request.json").json()
    assert asked["model"] == "scripted/m"
    assert asked["input"][-1]["content"] == "Say it."
    assert pages.get("/console/responses/resp_none/request.json").status_code == 404


def test_a_cassette_for_whoever_has_the_page(pages: Pages) -> None:
    kept = pages.answer("On tape.")
    answer = pages.post(f"/console/responses/{kept}/cassette")
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert b"On tape." in answer.content
    assert pages.post(f"/console/responses/{kept}/cassette", csrf="wrong").status_code == 403
    assert pages.get(f"/console/responses/{kept}/cassette").status_code == 405
