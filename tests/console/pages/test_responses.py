"""The list of responses: filters, pages, what it says when it is empty."""

import httpx2
import pytest
from console_scene import Pages, a_console

from antiphon.console.pages.responses import chosen, day, object_of, row_of
from antiphon.errors import InvalidRequest
from antiphon.store.lists import Chosen, ListedResponse

NONE = dict.fromkeys(("status", "model", "conversation", "previous", "text", "since", "until"), "")


def test_each_is_listed_with_what_was_asked(pages: Pages) -> None:
    kept = pages.answer(input="A <question> of mine")
    page = pages.get("/console/responses").text
    assert f'<a href="/console/responses/{kept}">A &lt;question&gt; of mine</a>' in page


def test_filters_find_and_miss(pages: Pages) -> None:
    kept = pages.answer("a needle in hay")
    assert kept in pages.get("/console/responses?text=needle&status=completed&model=scripted/m").text
    assert "No response is like this" in pages.get("/console/responses?status=failed").text


def test_pages_follow_each_other() -> None:
    with a_console() as (scene, base), httpx2.Client() as http:
        server = Pages(scene, base, http)
        empty = server.get("/console/responses").text
        assert "No responses yet" in empty
        assert "curl" in empty
        kept = [server.answer(str(number)) for number in range(52)]
        first = server.get("/console/responses").text
        older = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
        second = server.get(older).text
        assert [kept.index(one) for one in kept if f'"/console/responses/{one}"' in second] == [0, 1]
        assert all(f'"/console/responses/{one}"' in first for one in kept[2:])


def test_a_response_is_deleted(pages: Pages) -> None:
    kept = pages.answer()
    told = pages.post(f"/console/responses/{kept}/delete")
    assert told.url.path == "/console/responses"
    assert kept not in told.text
    assert pages.scene.server.get(f"/responses/{kept}").status == 404


def test_the_words_of_a_query() -> None:
    assert chosen(NONE) == Chosen()
    said = NONE | {"status": "failed", "since": "1970-01-02", "until": "1970-01-02"}
    assert chosen(said) == Chosen(status="failed", since=86400, until=2 * 86400 - 1)
    with pytest.raises(InvalidRequest, match="'since' must be a day"):
        day("yesterday", "since")


def test_a_row_of_a_broken_body() -> None:
    row = ListedResponse(
        id="r", created_at=1, status="failed", model="m", previous_response_id=None, conversation_id=None,
        body=b'{"error":{"message":"no"},"completed_at":3,"usage":null}', asked=None,
    )  # fmt: skip
    assert (row_of(row)["error"], row_of(row)["took"]) == ("no", 2)
    assert object_of(b"[") == object_of(b"[]") == object_of(b"[" * 100_000) == {}
