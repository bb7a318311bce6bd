"""A real browser in front of a server started as a user starts it, with a scripted model server behind it.

The browser is Debian's Chromium, driven by Playwright; where it isn't found, tests that need it are skipped. It must reach
nothing but the server: every request to another host is noted and refused. Counterpart: `running_server.py`.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from mcp_servers import Workshop, serving, workshop
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, expect, sync_playwright
from running_server import RunningServer, Scene, Stage, running_server

from antiphon.testing import ScriptedUpstream, text
from antiphon.testing.served import LoopThread

CHROMIUM = next((path for path in ("/usr/bin/chromium", shutil.which("chromium") or "") if Path(path).is_file()), None)
NO_BROWSER = "no browser: /usr/bin/chromium isn't there (apt-get install chromium)"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE_MS = 60_000
TOKEN = re.compile(r'name="csrf" content="([^"]+)"')


@dataclass
class Seen:
    """One page and what went on behind it: requests to other hosts, and what the browser complained of."""

    page: Page
    base: str
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)

    def go(self, path: str) -> Page:
        """Open a page of the console and wait until it stands."""
        self.page.goto(self.base + path, wait_until="load")
        return self.page

    def quiet(self) -> None:
        """Nothing was asked of another host, and nothing was wrong."""
        assert self.foreign == []
        assert self.complaints == []


@contextlib.contextmanager
def a_browser() -> Iterator[Browser]:
    """Chromium, closed at the end with all its processes."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def a_page(browser: Browser, base: str, **options: Any) -> Iterator[Seen]:
    """A page in a context of its own."""
    context: BrowserContext = browser.new_context(**options)
    try:
        context.set_default_timeout(PATIENCE_MS)
        seen = Seen(context.new_page(), base)
        watch(seen, context)
        yield seen
    finally:
        context.close()


def watch(seen: Seen, context: BrowserContext) -> None:
    """Note what a page asks and complains of."""
    own = urlsplit(seen.base).netloc or "127.0.0.1"

    def asked(route: Route) -> None:
        if urlsplit(route.request.url).netloc.startswith(own) or route.request.url.startswith(("blob:", "data:")):
            route.continue_()
            return
        seen.foreign.append(route.request.url)
        route.abort()

    def said(message: ConsoleMessage) -> None:
        if message.type == "error":
            seen.complaints.append(message.text)

    context.route("**/*", asked)
    seen.page.on("console", said)
    seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))


@contextlib.contextmanager
def a_console(
    *flags: str, models: tuple[str, ...] = ("m", "other"), folder: Path | None = None
) -> Iterator[tuple[Scene, str]]:
    """A server and the address of its console."""
    stage = Stage()
    with (
        ScriptedUpstream(default=stage, models=models) as upstream,
        running_server("--upstream", f"scripted={upstream.url}", *flags, folder=folder) as server,
    ):
        yield Scene(server, upstream, stage.script), base_of(server)


def base_of(server: RunningServer) -> str:
    """Where the console is."""
    return server.url.removesuffix("/v1")


@contextlib.contextmanager
def a_workshop() -> Iterator[tuple[Workshop, str]]:
    """A real MCP server, and its URL."""
    shop, loop = workshop(), LoopThread()
    try:
        served = serving(shop.app("streamable"))
        base = loop.do(served.__aenter__())
        try:
            yield shop, f"{base}/mcp"
        finally:
            loop.do(served.__aexit__(None, None, None))
    finally:
        loop.close()


def shoot(page: Page, path: Path) -> None:
    """A picture of the whole page."""
    page.screenshot(path=os.fspath(path), full_page=True)


@dataclass
class Pages:
    """What a browser without scripts sees. `get` follows where it is sent."""

    scene: Scene
    base: str
    http: httpx2.Client

    def get(self, path: str) -> httpx2.Response:
        return self.http.get(self.base + path)

    def post(self, path: str, csrf: str | None = None, **form: str) -> httpx2.Response:
        """Send a form, with this browser's token unless another is given."""
        if csrf is None:
            found = TOKEN.search(self.get("/console/responses").text)
            csrf = found[1] if found else ""
        return self.http.post(self.base + path, data={"csrf": csrf, **form}, headers={"origin": self.base})

    def answer(self, words: str = "Hello.", **body: Any) -> str:
        """Have an answer stored; its id."""
        self.scene.play(text(words))
        return str(self.scene.stream(**body).response["id"])
