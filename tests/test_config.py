import pytest

from antiphon.config import Config
from antiphon.errors import ConfigFault


@pytest.mark.parametrize(("speed", "pace"), [("instant", 0), ("recorded", 1), ("2x", 2), ("0.5x", 0.5), ("10x", 10)])
def test_how_fast_a_replay_goes(speed: str, pace: float) -> None:
    assert Config(speed=speed).pace == pace


@pytest.mark.parametrize("speed", ["", "fast", "0x", "-1x", "2", "x", "1..5x"])
def test_a_speed_that_is_none(speed: str) -> None:
    with pytest.raises(ConfigFault, match="say instant, recorded, or a factor such as 2x"):
        _ = Config(speed=speed).pace
