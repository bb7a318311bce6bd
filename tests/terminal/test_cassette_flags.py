"""The flags of `antiphon cassette`: every action has its function, and no flag is taken for a setting."""

import argparse

import pytest

from antiphon.cli import OWN, main
from antiphon.config import Config
from antiphon.terminal.cassette import ACTIONS
from antiphon.terminal.cassette_flags import WORDS, add_cassette_command


def nested(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    (choices,) = [action.choices for action in parser._actions if isinstance(action.choices, dict)]
    return dict(choices)


def actions() -> dict[str, argparse.ArgumentParser]:
    parser = argparse.ArgumentParser()
    add_cassette_command(parser.add_subparsers())
    return nested(nested(parser)["cassette"])


def test_every_action_is_carried_out() -> None:
    assert actions().keys() == ACTIONS.keys()


@pytest.mark.parametrize("name", ACTIONS)
def test_what_is_said_is_a_word_of_ours_or_a_setting(name: str) -> None:
    said = {action.dest for action in actions()[name]._actions} - {"help", "config"}
    assert said <= OWN | set(Config.__struct_fields__)
    assert WORDS.isdisjoint(Config.__struct_fields__)


@pytest.mark.parametrize("words", [["cassette"], ["cassette", "play"], ["cassette", "export", "x", "--to", "mp3"]])
def test_wrong_use_ends_with_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words, {})
    assert ended.value.code == 2
