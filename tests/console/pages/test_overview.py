"""The overview: figures, plots, upstreams; alive."""

from contextlib import ExitStack

import httpx2
from console_scene import Pages, a_console


def test_it_says_how_the_server_does(pages: Pages) -> None:
    pages.answer()
    page = pages.get("/").text
    assert "Time to first token" in page
    assert page.count('<svg class="plot"') == 3
    assert '<span class="state completed">up</span>' in page


def test_a_failure_is_listed(pages: Pages) -> None:
    assert pages.scene.stream().status == 500
    page = pages.get("/").text
    assert "nothing is scripted" in page
    assert 'class="alarm"' in page


def test_it_is_alive(pages: Pages) -> None:
    with pages.http.stream("GET", f"{pages.base}/console/pulse") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert next(lines) == "event: part"
        assert "Open now" in next(lines)


def test_a_server_that_is_watched_stops_in_order() -> None:
    with ExitStack() as watching:
        with a_console() as (_, base):
            answer = watching.enter_context(httpx2.stream("GET", base + "/console/pulse"))
            lines = answer.iter_lines()
            assert next(lines) == "event: part"
            # The server stops now, which it does without a word (`running_server.py`).
        assert list(lines)[-1] == ""
