"""The table [tools.code_interpreter], read by the real reader of antiphon.toml."""

from pathlib import Path

import pytest

from antiphon.config import load
from antiphon.errors import ConfigFault
from antiphon.tools.code.settings import CodeSettings, checked, size


def read(folder: Path, table: str) -> CodeSettings:
    (folder / "antiphon.toml").write_text(f"[tools.code_interpreter]\n{table}")
    said = load({}, {}, folder).tools.code_interpreter
    assert said is not None
    return checked(said)


def test_what_is_said_and_what_is_usual(tmp_path: Path) -> None:
    said = read(
        tmp_path,
        'sandbox = "jupyter"\nurl = "http://127.0.0.1:8888"\ntoken-env = "T"\nmemory = "2g"\nidle-seconds = 60',
    )
    assert (said.url, said.token_env, said.memory_bytes, said.idle_seconds) == (
        "http://127.0.0.1:8888",
        "T",
        2 << 30,
        60,
    )
    assert (said.disk_bytes, said.output_bytes, said.seconds, said.processes) == (256 << 20, 64 << 10, 60, 64)


@pytest.mark.parametrize(
    ("sandbox", "program"), [("bubblewrap", "bwrap"), ("nsjail", "nsjail"), ("container", "docker")]
)
def test_a_sandbox_has_its_usual_program(tmp_path: Path, sandbox: str, program: str) -> None:
    assert read(tmp_path, f'sandbox = "{sandbox}"').command == program
    assert read(tmp_path, f'sandbox = "{sandbox}"\nprogram = "/x"').command == "/x"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "sandbox"),
        ('sandbox = "none"', "sandbox"),
        ('sandbox = "bubblewrap"\nmemory = "much"', "memory"),
        ('sandbox = "bubblewrap"\nseconds = 0', "seconds"),
        ('sandbox = "bubblewrap"\nsecnds = 1', "secnds"),
        ('sandbox = "jupyter"', "needs url"),
        ('sandbox = "jupyter"\nurl = "ftp://x"', "http:// or https://"),
        ('sandbox = "bubblewrap"\nreadable = ["science"]', "whole paths"),
    ],
)
def test_what_cant_be_is_told(tmp_path: Path, table: str, said: str) -> None:
    with pytest.raises(ConfigFault, match=said):
        read(tmp_path, table)


def test_sizes() -> None:
    assert [size(text) for text in ("1k", "256m", "64g")] == [1024, 256 << 20, 64 << 30]
