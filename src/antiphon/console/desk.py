"""What every page works with: the server's rooms, the templates, the sessions; and how a page is given out.

Counterpart: `app.py`, which makes one.
"""

from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from antiphon.console.door import BASE
from antiphon.console.rendering import templates
from antiphon.console.sessions import Sessions
from antiphon.console.templating import Templates
from antiphon.keys import ADMIN
from antiphon.server.callers import CALLER, Caller, project_of
from antiphon.server.services import Services

SEE_OTHER = 303
WHOLE_SERVER = ("/cassettes", "/keys")
"""Pages of what isn't of one project: for whoever has the scope `admin`."""
MENU = (
    ("", "Overview"),
    ("/responses", "Responses"),
    ("/conversations", "Conversations"),
    ("/playground", "Playground"),
    ("/cassettes", "Cassettes"),
    ("/files", "Files"),
    ("/usage", "Usage"),
    ("/keys", "Keys"),
)


@dataclass(frozen=True, slots=True)
class Desk:
    """One console."""

    services: Services
    sessions: Sessions
    templates: Templates = field(default_factory=templates)

    def page(self, request: Request, name: str, status: int = 200, **shown: Any) -> Response:  # noqa: ANN401 - what a template shows
        """A page from the template of this name."""
        html = self.render(request, name, **shown)
        response = HTMLResponse(html, status)
        self.sessions.give(request, response)
        return response

    def render(self, request: Request, name: str, **shown: Any) -> str:  # noqa: ANN401 - what a template shows
        """The HTML of a template."""
        caller: Caller | None = request.scope.get(CALLER)
        admin = bool(caller and ADMIN in caller.scopes)
        here = request.url.path.removeprefix(BASE)
        said = {
            "base": BASE,
            "api": api_of(request),
            "menu": [one for one in MENU if admin or one[0] not in WHOLE_SERVER],
            "here": here if here != "/" else "",
            "csrf": self.sessions.token(request),
            "project": caller.project if caller else None,
            "signed_in": bool(caller and caller.key),
        }
        return self.templates.render(name, said | shown)

    def project(self, request: Request) -> str:
        """Whose things are shown."""
        return project_of(request.scope)


def api_of(request: Request) -> str:
    """The API's base URL as this browser reaches it."""
    return f"{request.url.scheme}://{request.url.netloc}/v1"


def to(path: str) -> Response:
    """Go on with another page."""
    return RedirectResponse(BASE + path, SEE_OTHER)
