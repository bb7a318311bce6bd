"""How settings become upstreams and aliases."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from antiphon.config import Config, Environment
from antiphon.engine.commands import ListTools
from antiphon.errors import ConfigFault
from antiphon.server.services import aliases, named_upstreams, open_services
from antiphon.wire.mcp import McpTool

NOTHING = Environment(variables={})


def test_an_upstream_by_name_and_address() -> None:
    (upstream,) = named_upstreams(Config(upstream=["box = localhost:11434"]), NOTHING)
    assert (upstream.name, upstream.base_url, upstream.dialect, upstream.key) == (
        "box", "http://localhost:11434/v1", "ollama", None
    )  # fmt: skip


def test_an_upstream_with_options() -> None:
    environment = Environment(variables={"KEY": "k"})
    text = "a=https://x.example/v1, key-env=KEY ,dialect=vllm"
    (upstream,) = named_upstreams(Config(upstream=[text]), environment)
    assert (upstream.key, upstream.dialect) == ("k", "vllm")


def test_a_key_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("sk-1\n")
    (upstream,) = named_upstreams(Config(upstream=[f"a=http://x,key-file={file}"]), NOTHING)
    assert upstream.key == "sk-1"
    for said in ("", "a\nb"):
        file.write_text(said)
        with pytest.raises(ConfigFault, match="holds no line, or more than one"):
            named_upstreams(Config(upstream=[f"a=http://x,key-file={file}"]), NOTHING)
    for said, told in (
        (f"key-file={tmp_path}/none", "can't be read"),
        (f"key-file={file},key-env=K", "say one of them"),
        ("key=sk-secret", "unknown option 'key'"),
    ):
        with pytest.raises(ConfigFault, match=told) as fault:
            named_upstreams(Config(upstream=[f"a=http://x,{said}"]), NOTHING)
        assert "sk-secret" not in fault.value.message


def test_an_address_may_hold_an_equals_sign_in_its_path() -> None:
    (upstream,) = named_upstreams(Config(upstream=["a=http://x/v=1"]), NOTHING)
    assert upstream.base_url == "http://x/v=1"


@pytest.mark.parametrize("text", ["", "a", "=http://x", "a=", "http://x", "a=http://x,fast", "a=http://x,key-env=K"])
def test_an_upstream_that_is_none(text: str) -> None:
    with pytest.raises(ConfigFault):
        named_upstreams(Config(upstream=[text]), NOTHING)


def test_aliases_are_split_at_the_last_equals_sign() -> None:
    assert aliases(Config(alias=["gpt-5* = ollama/qwen3", "a=b=c"])) == [("gpt-5*", "ollama/qwen3"), ("a=b", "c")]


@pytest.mark.parametrize("text", ["", "a", "a=", "=b"])
def test_an_alias_that_is_none(text: str) -> None:
    with pytest.raises(ConfigFault, match="isn't PATTERN=MODEL"):
        aliases(Config(alias=[text]))


async def test_the_services_of_a_server(tmp_path: Path) -> None:
    config = Config(upstream=["a=http://127.0.0.1:9"], db=f"sqlite:///{tmp_path / 'kept.db'}")
    async with open_services(config, NOTHING) as services:
        assert [upstream.name for upstream in services.catalog.upstreams] == ["a"]
        assert services.found is None
        assert not services.replays
        first, second = (services.sources_for("POST", "/v1/responses", b"{}").ids("resp") for _ in range(2))
        assert first != second


@pytest.mark.parametrize(
    ("config", "allowed"),
    [
        (Config(host="127.0.0.1"), True),
        (Config(host="0.0.0.0"), False),  # noqa: S104 - not bound
        (Config(host="0.0.0.0", allow_private_urls=True), True),  # noqa: S104 - not bound
    ],
)
async def test_who_may_send_the_server_into_its_own_network(config: Config, *, allowed: bool) -> None:
    config = replace(config, upstream=["a=http://127.0.0.1:9"], db="memory://")
    asking = ListTools(McpTool(server_label="s", server_url="http://127.0.0.1:9/mcp"))
    async with open_services(config, NOTHING) as services:
        listed = await services.tools_of("default", "resp_1").list(asking)
    assert ("may not call private addresses" in (listed.error or "")) is not allowed


async def test_a_cassette_decides_over_ids_and_times(tmp_path: Path) -> None:
    config = Config(upstream=["a=http://127.0.0.1:9"], db="memory://", cassette=str(tmp_path / "tape.jsonl"))
    ids = []
    for _ in range(2):
        async with open_services(config, NOTHING) as services:
            sources = [services.sources_for("POST", "/v1/responses", b'{"b": null, "a": 1}') for _ in range(2)]
            ids.append([source.ids("resp") for source in sources])
            assert sources[0].now() == sources[1].now()
    assert ids[0] == ids[1]
    assert ids[0][0] != ids[0][1]
