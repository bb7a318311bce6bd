from pathlib import Path

import pytest

from antiphon.config import Config
from antiphon.engine.own import MARK
from antiphon.errors import ConfigFault
from antiphon.key_file import NAME
from antiphon.server.seals import ItemStamp, sealing_of, vault_of

A, B = "a" * 32, "b" * 32


def test_keys_of_the_settings_and_of_a_file_open_together(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(B)
    path.chmod(0o600)
    old = sealing_of(Config(db="memory://", sealing_key_file=str(path))).seal("p", "x", b"words")
    both = sealing_of(Config(db="memory://", sealing_keys=[A], sealing_key_file=str(path)))
    assert both.open("p", "x", old) == b"words"
    assert sealing_of(Config(sealing_keys=[A])).open("p", "x", both.seal("p", "x", b"new")) == b"new"


def test_a_server_without_keys_makes_one_beside_its_database(tmp_path: Path) -> None:
    config = Config(db=f"sqlite:///{tmp_path / 'kept.db'}")
    seal = sealing_of(config).seal("p", "x", b"words")
    assert (tmp_path / NAME).is_file()
    assert sealing_of(config).open("p", "x", seal) == b"words"


def test_a_server_that_keeps_nothing_keeps_no_key() -> None:
    config = Config(db="memory://")
    assert sealing_of(config).open("p", "x", sealing_of(config).seal("p", "x", b"words")) is None


def test_under_a_cassette_seals_are_the_same_whatever_the_keys() -> None:
    plain, keyed = sealing_of(Config(cassette="t")), sealing_of(Config(cassette="t", sealing_keys=[A]))
    assert plain.seal("p", "x", b"words") == keyed.seal("p", "x", b"words")


def test_under_a_cassette_credentials_are_sealed_as_without_one() -> None:
    taped = vault_of(Config(cassette="t", sealing_keys=[A])).seal("p", "x", b"words")
    assert vault_of(Config(sealing_keys=[A])).open("p", "x", taped) == b"words"
    assert sealing_of(Config(cassette="t", sealing_keys=[A])).open("p", "x", taped) is None


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ConfigFault, match="sealing-keys is shorter"):
        sealing_of(Config(sealing_keys=["secret"]))


def test_a_mark_of_an_item_is_this_servers_for_one_project() -> None:
    here = sealing_of(Config(db="memory://", sealing_keys=[A]))
    stamp = ItemStamp(here, "p")
    mark = stamp.mark("words")
    assert len(mark) == MARK
    assert stamp.confirms("words", mark)
    assert not stamp.confirms("other words", mark)
    assert not stamp.confirms("words", mark[:-1])
    assert not stamp.confirms("words", "")
    assert not ItemStamp(here, "q").confirms("words", mark)
    assert not ItemStamp(sealing_of(Config(db="memory://", sealing_keys=[B])), "p").confirms("words", mark)
    # A key that isn't the newest any more still confirms.
    assert ItemStamp(sealing_of(Config(db="memory://", sealing_keys=[B, A])), "p").confirms("words", mark)
