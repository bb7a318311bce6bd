"""The tools that are set up, by the settings of antiphon.toml."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from antiphon.config import load
from antiphon.errors import ConfigFault
from antiphon.network import Network
from antiphon.tools.settings import ToolSettings
from antiphon.tools.table import Workshop, make_tools
from antiphon.upstream.addresses import Upstream
from antiphon.upstream.catalog import Catalog


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    made = Network()
    yield made
    await made.close()


def key(variable: str, tool: str) -> str:
    return f"{variable} of {tool}"


def settings(folder: Path, toml: str) -> ToolSettings:
    (folder / "antiphon.toml").write_text(toml)
    return load({}, {}, folder).tools


def workshop(network: Network, said: ToolSettings, *, replays: bool = False) -> Workshop:
    return Workshop(network, said, key, Catalog([Upstream.at("up", "http://127.0.0.1:9/v1")], network), replays)


async def test_nothing_is_set_up_by_itself(network: Network, tmp_path: Path) -> None:
    assert make_tools(workshop(network, settings(tmp_path, ""))) == {}


async def test_what_has_a_table_is_set_up(network: Network, tmp_path: Path) -> None:
    toml = '[tools.web_search]\nbackend = "brave"\nkey-env = "K"\n[tools.image-generation]\nupstream = "up"\n'
    assert make_tools(workshop(network, settings(tmp_path, toml))).keys() == {"web_search", "image_generation"}


@pytest.mark.parametrize(
    ("toml", "why"),
    [
        ('[tools.web_search]\nbackend = "searxng"', "needs the url of your searxng"),
        ('[tools.web_search]\nbackend = "exa"', "needs key-env"),
        ('[tools.image_generation]\nupstream = "painter"', "upstream 'painter', which isn't there. There is up."),
    ],
)
async def test_a_table_that_cannot_work_is_refused(network: Network, tmp_path: Path, toml: str, why: str) -> None:
    with pytest.raises(ConfigFault) as refused:
        make_tools(workshop(network, settings(tmp_path, toml)))
    assert why in refused.value.message


async def test_a_replay_needs_no_upstream(network: Network, tmp_path: Path) -> None:
    said = settings(tmp_path, '[tools.image_generation]\nupstream = "painter"')
    assert "image_generation" in make_tools(workshop(network, said, replays=True))


@pytest.mark.parametrize(
    ("toml", "why"),
    [
        ('[tools.web_search]\nbackend = "altavista"', "backend"),
        ('[tools.web_search]\nurl = "x"', "backend"),
        ('[tools.web_search]\nbackend = "exa"\nkey = "secret"', "[tools.web-search]"),
        ('[tools.websearch]\nbackend = "exa"', "websearch"),
        ("tools = 5", "tools"),
    ],
)
def test_a_mistake_in_a_table_is_told_by_its_place(tmp_path: Path, toml: str, why: str) -> None:
    with pytest.raises(ConfigFault) as refused:
        settings(tmp_path, toml)
    assert why in refused.value.message
    assert "secret" not in refused.value.message
