"""What a server takes from its tape beside answers: upstreams, models, time, and how a miss is mended."""

from pathlib import Path

import pytest
from cassettes.tapes import chat, interaction

from antiphon.cassettes.rewriting import Head, write_cassette
from antiphon.config import Config, Mode
from antiphon.network import Network
from antiphon.server.taping import Taped
from antiphon.transport import Timeouts
from antiphon.upstream.addresses import Upstream

DOWN = "http://127.0.0.1:9/v1"


def taped(folder: Path, mode: Mode) -> tuple[Taped, Network]:
    path = folder / "a tape.jsonl"
    write_cassette(path, Head(5), [interaction(chat("hi", model="a"), upstream="own")])
    network = Network(Timeouts(1, 1, 1))
    return Taped(Config(cassette=str(path), mode=mode), network), network


@pytest.mark.parametrize(("mode", "named"), [("replay", ["own"]), ("auto", [])])
async def test_a_replay_has_the_upstreams_of_the_tape(tmp_path: Path, mode: Mode, named: list[str]) -> None:
    tape, network = taped(tmp_path, mode)
    assert [upstream.name for upstream in tape.upstreams] == named
    # Nobody answers there: in either mode the models are those that were recorded.
    listing = await tape.models(network, Upstream.at("own", DOWN))
    assert [model.id for model in listing.models] == ["a"]
    assert tape.sources("POST", "/v1/responses", b"{}").now() == 5
    await network.close()


async def test_an_upstream_that_is_down_and_on_no_tape_is_down(tmp_path: Path) -> None:
    tape, network = taped(tmp_path, "auto")
    assert (await tape.models(network, Upstream.at("other", DOWN))).fault is not None
    await network.close()


async def test_a_miss_says_how_to_record_what_is_lacking(tmp_path: Path) -> None:
    tape, network = taped(tmp_path, "replay")
    assert tape.tape.remedy.command == (
        f"`antiphon serve --upstream own=http://127.0.0.1:11434/v1 --cassette '{tmp_path}/a tape.jsonl' --mode auto`"
    )
    await network.close()
