"""A server with its console, and a browser, for the tests of one file."""

from collections.abc import Iterator

import httpx2
import pytest
from console_scene import CHROMIUM, NO_BROWSER, Pages, a_browser, a_console
from judged_http import NO_TLS
from playwright.sync_api import Browser
from running_server import Scene


@pytest.fixture(scope="session")
def served() -> Iterator[tuple[Scene, str]]:
    with a_console() as served:
        yield served


@pytest.fixture
def pages(served: tuple[Scene, str]) -> Iterator[Pages]:
    with httpx2.Client(follow_redirects=True, timeout=20, verify=NO_TLS) as http:
        yield Pages(Scene(served[0].server, served[0].upstream, served[0].script), served[1], http)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For the tests of one file, none of them async: while it is open, Playwright's loop runs in this thread."""
    if CHROMIUM is None:
        pytest.skip(NO_BROWSER)
    with a_browser() as opened:
        yield opened
