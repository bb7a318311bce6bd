"""The flags of `antiphon files`."""

import pytest

from antiphon.cli import parser


def test_a_folder_and_a_store_are_named() -> None:
    said = parser().parse_args(["files", "add", "docs", "--store", "handbook", "--project", "p"])
    assert (said.doing, said.folder, said.vector_store, said.of_project) == ("add", "docs", "handbook", "p")


def test_a_store_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["files", "add", "docs"])
    assert "--store" in capsys.readouterr().err
