from pathlib import Path

import pytest

from antiphon.config import load
from antiphon.errors import ConfigFault
from antiphon.seen.settings import OtelSettings


def test_a_table_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "antiphon.toml").write_text(
        '[otel]\nendpoint = "http://c:4318"\nsample = 0.1\nheaders-env = { X-Key = "KEY" }\n[prices."a/*"]\ninput = 1\n'
    )
    config = load({}, {}, tmp_path)
    assert config.otel == OtelSettings(endpoint="http://c:4318", sample=0.1, headers_env={"X-Key": "KEY"})
    assert config.prices["a/*"].input == 1


@pytest.mark.parametrize(
    "line", ["", 'endpoint = "x"\nsample = 2', 'endpoint = "x"\nevery = 0', 'endpoint = "x"\nmore = 1']
)
def test_what_is_wrong_is_said(tmp_path: Path, line: str) -> None:
    (tmp_path / "antiphon.toml").write_text(f"[otel]\n{line}\n")
    with pytest.raises(ConfigFault, match="otel"):
        load({}, {}, tmp_path)
