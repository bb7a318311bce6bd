from pathlib import Path
from typing import Any

import pytest
from platformdirs import user_data_path

from antiphon.config import TABLES, Config, Environment, load
from antiphon.engine.traits import Traits
from antiphon.errors import ConfigFault


@pytest.mark.parametrize(("speed", "pace"), [("instant", 0), ("recorded", 1), ("2x", 2), ("0.5x", 0.5), ("10x", 10)])
def test_how_fast_a_replay_goes(speed: str, pace: float) -> None:
    assert Config(speed=speed).pace == pace


@pytest.mark.parametrize("speed", ["", "fast", "0x", "-1x", "2", "x", "1..5x"])
def test_a_speed_that_is_none(speed: str) -> None:
    with pytest.raises(ConfigFault, match="say instant, recorded, or a factor such as 2x"):
        _ = Config(speed=speed).pace


def written(folder: Path, text: str) -> Path:
    path = folder / "antiphon.toml"
    path.write_text(text)
    return path


def test_without_settings_there_are_defaults(tmp_path: Path) -> None:
    assert load({}, {}, tmp_path) == Config()


def test_flags_go_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    written(tmp_path, 'port = 1\nhost = "file"\nmax-body = 5\ndefault_model = "file"')
    variables = {"ANTIPHON_PORT": "2", "ANTIPHON_HOST": "environment", "ANTIPHON_MAX_BODY": "", "HOME": "/"}
    config = load({"port": 3, "host": None}, variables, tmp_path)
    assert (config.port, config.host, config.max_body, config.default_model) == (3, "environment", 5, "file")


def test_a_list_is_replaced_and_not_added_to(tmp_path: Path) -> None:
    written(tmp_path, 'upstream = ["a=http://a"]\nalias = ["x=y"]')
    config = load({"alias": ["v=w"]}, {"ANTIPHON_UPSTREAM": "b=http://b c=http://c"}, tmp_path)
    assert (config.upstream, config.alias) == (["b=http://b", "c=http://c"], ["v=w"])


def test_every_setting_can_stand_in_the_environment_and_in_the_file(tmp_path: Path) -> None:
    said: dict[str, Any] = {
        "host": "h", "port": 1, "upstream": ["a=b"], "alias": ["c=d"], "default_model": "m", "db": "memory://",
        "cassette": "t", "mode": "replay", "repeats": False, "speed": "2x", "cors": ["http://o"], "max_body": 2,
        "connect_timeout": 1.5, "first_byte_timeout": 2.5, "idle_timeout": 3.5, "ping_every": 4.5,
        "keep_responses": "30d", "keep_events": "2h", "match": "exact", "rules": ["ignore a"], "faults": ["cut"], "redact": ["ip"],
        "files": "g", "max_file": 3,
        "allow_private_urls": True, "public_ports": [80, 8443],
        "sealing_keys": ["k", "l"], "sealing_key_file": "f", "websocket": False, "console": False, "metrics": True, "usage": True, "log": "json", "stop_delay": 5.5, "stop_grace": 6.5,
        "insecure": True,
    }  # fmt: skip
    assert said.keys() == set(Config.__struct_fields__) - TABLES.keys()
    wanted = Config(**said)
    shown = {name: value if isinstance(value, list) else [value] for name, value in said.items()}
    variables = {f"ANTIPHON_{name.upper()}": " ".join(map(str, values)) for name, values in shown.items()}
    assert load({}, variables | {"ANTIPHON_REPEATS": "no"}, tmp_path) == wanted
    lines = [f"{name.replace('_', '-')} = {str(value).lower() if isinstance(value, bool) else repr(value)}"
             for name, value in said.items()]  # fmt: skip
    written(tmp_path, "\n".join(lines))
    assert load({}, {}, tmp_path) == wanted


@pytest.mark.parametrize("by_flag", [True, False], ids=["flag", "variable"])
def test_the_file_may_be_named(tmp_path: Path, *, by_flag: bool) -> None:
    other = tmp_path / "other.toml"
    other.write_text("port = 7")
    written(tmp_path, "port = 8")
    path = str(other)
    config = load({"config": path}, {}, tmp_path) if by_flag else load({}, {"ANTIPHON_CONFIG": path}, tmp_path)
    assert config.port == 7


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("port = ", r"antiphon\.toml can't be read"),
        ("port = 'x'", r"port in .*antiphon\.toml must be a port from 0 to 65535, not 'x'"),
        ("port = 65536", "must be a port from 0 to 65535, not 65536"),
        ("host = 3", "host in .* must be text, not 3"),
        ("upstream = 'a=b'", "must be a list of NAME=URL"),
        ("mode = 'foo'", "must be one of live, record, replay, auto, not 'foo'"),
        ("repeats = 'perhaps'", "must be yes or no"),
        ("idle-timeout = 0", "idle-timeout in .* must be a number of seconds above 0, not 0"),
        ("prot = 3", "There is no setting prot in .*antiphon\\.toml. Is port meant"),
        ("[server]", "There is no setting server"),
    ],
)
def test_a_wrong_setting_of_the_file_is_named(tmp_path: Path, file: str, says: str) -> None:
    written(tmp_path, file)
    with pytest.raises(ConfigFault, match=says):
        load({}, {}, tmp_path)


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"ANTIPHON_PORT": "http"}, "ANTIPHON_PORT must be a port from 0 to 65535, not 'http'"),
        ({"ANTIPHON_MODE": "play"}, "ANTIPHON_MODE must be one of live"),
        ({"ANTIPHON_REPEATS": "maybe"}, "ANTIPHON_REPEATS must be yes or no"),
        ({"ANTIPHON_ALLOW_PRIVATE_URLS": "some"}, "ANTIPHON_ALLOW_PRIVATE_URLS must be yes or no"),
        ({"ANTIPHON_CONFIG": "/no/such.toml"}, "There is no file /no/such.toml"),
    ],
)
def test_a_wrong_setting_of_the_environment_is_named(tmp_path: Path, variables: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigFault, match=says):
        load({}, variables, tmp_path)


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({"port": -1}, "--port must be a port from 0 to 65535, not -1"),
        ({"ping_every": 0.0}, "--ping-every must be a number of seconds above 0"),
        ({"mode": "record"}, "--mode record needs a --cassette PATH"),
        ({"config": "/no/such.toml"}, "There is no file /no/such.toml"),
    ],
)
def test_a_wrong_flag_is_named(tmp_path: Path, flags: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigFault, match=says):
        load(flags, {}, tmp_path)


def test_repeats_may_be_yes_or_no_in_the_file(tmp_path: Path) -> None:
    written(tmp_path, 'repeats = "no"')
    assert load({}, {}, tmp_path).repeats is False


@pytest.mark.parametrize("word", ["1", "true", "yes"])
def test_private_addresses_may_be_allowed_in_the_environment(tmp_path: Path, word: str) -> None:
    assert load({}, {"ANTIPHON_ALLOW_PRIVATE_URLS": word}, tmp_path).allow_private_urls
    written(tmp_path, "allow-private-urls = true")
    assert load({}, {}, tmp_path).allow_private_urls
    assert not load({}, {"ANTIPHON_ALLOW_PRIVATE_URLS": "no"}, tmp_path).allow_private_urls


@pytest.mark.parametrize(
    ("config", "mode"),
    [
        (Config(), "live"),
        (Config(mode="live"), "live"),
        (Config(cassette="t"), "auto"),
        (Config(cassette="t", mode="replay"), "replay"),
        (Config(cassette="t", mode="live"), "live"),
    ],
)
def test_what_a_cassette_is_for(config: Config, mode: str) -> None:
    assert config.cassette_mode == mode


@pytest.mark.parametrize(
    ("config", "url"),
    [
        (Config(db="sqlite:///a.db", cassette="t"), "sqlite:///a.db"),
        (Config(cassette="t"), "memory://"),
    ],
)
def test_where_answers_are_kept(config: Config, url: str) -> None:
    assert config.store_url == url


def test_without_a_word_answers_are_kept_in_a_file_of_the_users() -> None:
    assert Config().store_url.startswith("sqlite:////")
    assert Config().store_url.endswith("antiphon/antiphon.db")


@pytest.mark.parametrize(("said", "seconds"), [("30d", 2_592_000), ("12h", 43_200), ("90m", 5_400), ("45s", 45)])
def test_how_long_answers_are_kept(said: str, seconds: int) -> None:
    assert Config(keep_responses=said).keep_seconds == seconds


@pytest.mark.parametrize("said", ["30", "d", "0d", "-1d", "1w", "1.2.3d", "."])
def test_a_time_that_is_none(said: str) -> None:
    with pytest.raises(ConfigFault, match="isn't a time such as 30d"):
        _ = Config(keep_responses=said).keep_seconds


def test_keys_come_from_the_environment() -> None:
    environment = Environment(variables={"MINE": " k ", "OPENAI_API_KEY": "o", "OPENAI_BASE_URL": " ", "EMPTY": ""})
    assert environment.key("MINE", "a") == "k"
    assert (environment.openai_key, environment.openai_url) == ("o", None)
    for missing in ("EMPTY", "OTHER"):
        with pytest.raises(ConfigFault, match=rf"'a' takes its key from \${missing}, which isn't set"):
            environment.key(missing, "a")


def test_a_table_of_the_file_groups_settings(tmp_path: Path) -> None:
    written(tmp_path, '[sealing]\nkeys = ["a", "b"]\nkey-file = "f"')
    config = load({}, {}, tmp_path)
    assert (config.sealing_keys, config.sealing_key_file) == (["a", "b"], "f")
    written(tmp_path, '[sealing]\nkyes = ["a"]')
    with pytest.raises(ConfigFault, match=r"There is no setting sealing-kyes in .* Is sealing-keys meant\?"):
        load({}, {}, tmp_path)


def test_what_is_said_of_models_is_a_table_for_each_pattern(tmp_path: Path) -> None:
    written(tmp_path, '[models."o/qwen*"]\ncontext = 8192\ntext_tool_calls = "hermes"')
    assert load({}, {}, tmp_path).models == {"o/qwen*": Traits(context=8192, text_tool_calls="hermes")}
    for wrong in ("context = 0", 'text_tool_calls = "yaml"', "shiny = 1"):
        written(tmp_path, f'[models."o/*"]\n{wrong}')
        with pytest.raises(ConfigFault, match="models"):
            load({}, {}, tmp_path)


def test_a_key_is_never_shown(tmp_path: Path) -> None:
    written(tmp_path, 'sealing-keys = "hidden"')
    with pytest.raises(ConfigFault, match="must be a list of keys, the newest first, not something else") as fault:
        load({}, {}, tmp_path)
    assert "hidden" not in fault.value.message


@pytest.mark.parametrize(
    ("config", "folder"),
    [
        (Config(db="sqlite:////a/b/c.db"), Path("/a/b")),
        (Config(db="sqlite:///c.db"), Path()),
        (Config(db="memory://"), None),
        (Config(cassette="t"), None),
        (Config(db="postgresql://u@h/n"), user_data_path("antiphon")),
        (Config(), user_data_path("antiphon")),
    ],
)
def test_where_a_server_keeps_files_of_its_own(config: Config, folder: Path | None) -> None:
    assert config.data_folder == folder


def test_names_that_the_operator_chose_stay_as_they_are(tmp_path: Path) -> None:
    written(
        tmp_path,
        """
[models."up/qwen-3*"]
context = 5
[connectors.my-notes]
server-url = "http://x/mcp"
headers-env = { X-Tenant = "TENANT_ID" }
""",
    )
    config = load({}, {}, tmp_path)
    assert list(config.models) == ["up/qwen-3*"]
    assert config.connectors["my-notes"].headers_env == {"X-Tenant": "TENANT_ID"}
