"""Every word that the settings take for a search service stands for one."""

from typing import get_args

from antiphon.tools.search.services import SERVICES
from antiphon.tools.settings import WebSearchSettings


def test_every_backend_that_can_be_named_is_there() -> None:
    assert set(get_args(WebSearchSettings.__annotations__["backend"])) == SERVICES.keys()
    assert [name for name, service in SERVICES.items() if service.url is None] == ["searxng"]
