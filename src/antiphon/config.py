"""The settings of a server; the only reader of the environment and of antiphon.toml.

Each setting has a flag, a variable and a key of the file, in this order of precedence: `--port`,
`ANTIPHON_PORT`, `port = 8321`. Handed down as values. Not here: the flags themselves (`cli.py`).
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta
from platformdirs import user_data_path

from antiphon.engine.traits import Traits
from antiphon.errors import ConfigFault
from antiphon.oidc import OidcSettings
from antiphon.runner.pressure import PressureLimits
from antiphon.runner.quotas import QuotaSettings
from antiphon.runner.webhooks import WebhookSettings
from antiphon.seen.prices import Price
from antiphon.seen.settings import OtelSettings
from antiphon.tools.connectors import ConnectorSettings
from antiphon.tools.settings import RetrievalSettings, ToolSettings
from antiphon.upstream.rails import Guardrails

Mode = Literal["live", "record", "replay", "auto"]
Match = Literal["exact", "canonical", "conversation"]
Log = Literal["text", "json"]
Seconds = Annotated[float, Meta(gt=0)]
NoSeconds = Annotated[float, Meta(ge=0)]
"""Seconds, or 0."""
Port = Annotated[int, Meta(ge=1, le=65535)]
PREFIX = "ANTIPHON_"
LINES = frozenset({"rules", "faults", "redact"})
SWITCHES = frozenset({"console", "repeats", "allow_private_urls", "insecure", "websocket", "metrics", "usage"})
LISTS = frozenset({"upstream", "alias", "cors", "sealing_keys", "public_ports"})
FILE = "antiphon.toml"
SPEEDS = {"instant": 0.0, "recorded": 1.0}
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
YES_NO = {"yes": True, "no": False}
WANTED = {
    "port": "a port from 0 to 65535",
    "mode": f"one of {', '.join(get_args(Mode))}",
    "repeats": "yes or no",
    "allow_private_urls": "yes or no",
    "insecure": "yes or no",
    "websocket": "yes or no",
    "console": "yes or no",
    "stop_delay": "a number of seconds, or 0",
    "metrics": "yes or no",
    "usage": "yes or no",
    "log": f"one of {', '.join(get_args(Log))}",
    "public_ports": "a list of ports from 1 to 65535",
    "max_body": "a number of bytes above 0",
    "max_file": "a number of bytes above 0",
    "upstream": "a list of NAME=URL",
    "alias": "a list of PATTERN=MODEL",
    "cors": "a list of origins",
    "sealing_keys": "a list of keys, the newest first",
}
"""What a setting must be; a time has a number of seconds above 0, anything else is text."""

UNFLAGGED = {
    "public_ports": "the ports of public servers that a request may send this server to; without it 80 and 443",
    "sealing_keys": "the keys of seals, the newest first: it seals, all of them open. Without any, one is made",
}
"""Settings that have no flag, and what they mean. The machine shows flags to everyone, so no key has one."""

TABLES = {
    "guardrails": "a model that judges what goes to others and what comes from them",
    "otel": "where traces and metrics go: a collector that takes OTLP over HTTP",
    "prices": 'what a million tokens cost, a table for each pattern of full ids: `[prices."openai/*"]`',
    "connectors": "MCP servers that requests name by `connector_id`, a table each: `[connectors.NAME]`",
    "limits": "the most that goes on at once, and of one project: `[limits]`",
    "models": 'what is to be known of a model, a table for each pattern of full ids: `[models."ollama/qwen*"]`',
    "webhooks": "endpoints that are told when a run in the background ends, a table each: `[webhooks.NAME]`",
    "retrieval": "vector stores: the models for embeddings and for rewriting queries, and a reranker: `[retrieval]`",
    "quotas": "what each project and each key may use in a time: `[quotas.project]`, `[quotas.key]`",
    "oidc": "an issuer of tokens that stand for callers: `[oidc]`",
    "tools": "the tools that this server runs itself, a table each: `[tools.web_search]`",
}
"""Settings that are tables, and what they mean; the file alone has them."""

CHOSEN = frozenset({"prices", "models", "connectors", "headers_env", "webhooks", "projects", "scopes", "keys"})
"""Tables whose members the operator names."""

_AT = re.compile(r" - at `\$\.(?P<name>\w+)")
_IN_TABLE = re.compile(rf"(?P<what>.*) - at `\$\.(?P<path>(?P<table>{'|'.join(TABLES)})\b.*)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>[^`]+)`")


class Config(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """All settings; times in seconds, sizes in bytes.

    `upstream` holds `NAME=URL[,key-env=VAR][,key-file=FILE][,dialect=NAME]`, `alias` holds `PATTERN=MODEL`.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8321
    upstream: list[str] = []
    alias: list[str] = []
    default_model: str | None = None
    db: str | None = None
    cassette: str | None = None
    mode: Mode | None = None
    repeats: bool = True
    speed: str = "instant"
    match: Match | None = None
    rules: list[str] = []
    faults: list[str] = []
    redact: list[str] = []
    cors: list[str] = []
    max_body: Annotated[int, Meta(ge=1)] = 32 * 1024 * 1024
    files: str | None = None
    max_file: Annotated[int, Meta(ge=1)] = 512 * 1024 * 1024
    connect_timeout: Seconds = 10.0
    first_byte_timeout: Seconds = 300.0
    idle_timeout: Seconds = 300.0
    ping_every: Seconds = 15.0
    websocket: bool = True
    stop_delay: NoSeconds = 0.0
    stop_grace: Seconds = 7.0
    console: bool = True
    metrics: bool = False
    usage: bool = False
    log: Log = "text"
    keep_responses: str | None = None
    keep_events: str = "1d"
    allow_private_urls: bool = False
    public_ports: list[Port] = []
    insecure: bool = False
    sealing_keys: list[str] = []
    sealing_key_file: str | None = None
    models: dict[str, Traits] = {}
    connectors: dict[str, ConnectorSettings] = {}
    limits: PressureLimits = PressureLimits()
    webhooks: dict[str, WebhookSettings] = {}
    tools: ToolSettings = ToolSettings()
    oidc: OidcSettings | None = None
    guardrails: Guardrails | None = None
    quotas: QuotaSettings | None = None
    otel: OtelSettings | None = None
    prices: dict[str, Price] = {}
    retrieval: RetrievalSettings = RetrievalSettings()

    @property
    def cassette_mode(self) -> Mode:
        """`live` without a cassette; with one, `auto` unless said."""
        return (self.mode or "auto") if self.cassette else "live"

    @property
    def pace(self) -> float:
        """How many times as fast as recorded a replay goes; 0 is at once. Raises `ConfigFault`."""
        if self.speed in SPEEDS:
            return SPEEDS[self.speed]
        found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)x", self.speed)
        if not found or not float(found[1]):
            raise ConfigFault(f"--speed {self.speed!r} is none: say instant, recorded, or a factor such as 2x.")
        return float(found[1])

    @property
    def keep_seconds(self) -> float | None:
        """How long stored answers are kept, from `30d`, `12h`, `90m` or `45s`; None for ever. Raises `ConfigFault`."""
        if self.keep_responses is None:
            return None
        return duration(self.keep_responses, "--keep-responses")

    @property
    def keep_events_seconds(self) -> float:
        """How long events of responses in the background are kept after the end. Raises `ConfigFault`."""
        return duration(self.keep_events, "--keep-events")

    @property
    def store_url(self) -> str:
        """Where answers are kept: as said; in memory under a cassette; else a file of the user's."""
        if self.db:
            return self.db
        if self.cassette:
            return "memory://"
        return f"sqlite:///{user_data_path('antiphon') / 'antiphon.db'}"

    @property
    def data_folder(self) -> Path | None:
        """Where this server keeps files of its own: beside an SQLite file, else in the user's folder; None for none.

        There is none where answers are kept in memory: nothing is to outlive the process.
        """
        scheme, _, path = self.store_url.partition(":///")
        if scheme == "sqlite":
            return Path(path).parent
        return None if self.store_url.startswith("memory:") else user_data_path("antiphon")

    @property
    def files_folder(self) -> Path | None:
        """Where the bytes of files are kept: as said, else beside the database; None for a temporary folder."""
        if self.store_url.startswith("memory:"):
            return None
        if self.files:
            return Path(self.files)
        scheme, _, path = self.store_url.partition(":///")
        return Path(path).with_suffix(".files") if scheme == "sqlite" else user_data_path("antiphon") / "files"


def duration(said: str, called: str) -> float:
    """Seconds from `30d`, `12h`, `90m` or `45s`; `called` says where it stood. Raises `ConfigFault`."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smhd])", said)
    if not found or not float(found[1]):
        raise ConfigFault(f"{called} {said!r} isn't a time such as 30d, 12h, 90m or 45s.")
    return float(found[1]) * SECONDS[found[2]]


class Environment(msgspec.Struct, kw_only=True):
    """What the environment holds beside our own settings: the variables that name keys."""

    variables: Mapping[str, str]

    @property
    def openai_key(self) -> str | None:
        """`OPENAI_API_KEY`, None when it isn't set."""
        return self.variables.get("OPENAI_API_KEY", "").strip() or None

    @property
    def no_color(self) -> bool:
        """Whether `NO_COLOR` asks for plain text."""
        return bool(self.variables.get("NO_COLOR"))

    @property
    def openai_url(self) -> str | None:
        """`OPENAI_BASE_URL`, None when it isn't set."""
        return self.variables.get("OPENAI_BASE_URL", "").strip() or None

    def key(self, variable: str, name: str, what: str = "Upstream") -> str:
        """The key in a variable, for the upstream of a name. Raises `ConfigFault` when it isn't set."""
        key = self.variables.get(variable, "").strip()
        if not key:
            raise ConfigFault(f"{what} {name!r} takes its key from ${variable}, which isn't set.")
        return key


def key_in_file(path: Path, name: str) -> str:
    """The key in a file, for the upstream of a name. Raises `ConfigFault` where there is none."""
    try:
        key = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it isn't text"
        raise ConfigFault(f"Upstream {name!r} takes its key from {path}, which can't be read: {said}.") from None
    if not key or len(key.splitlines()) > 1:
        raise ConfigFault(f"Upstream {name!r} takes its key from {path}, which holds no line, or more than one.")
    return key


def load(flags: Mapping[str, Any], variables: Mapping[str, str], folder: Path) -> Config:
    """Put the settings together. `flags` are those given on the command line, None where not.

    Raises `ConfigFault` that names the file, variable or flag at fault.
    """
    said = {name: value for name, value in flags.items() if value is not None}
    path = said.pop("config", None) or variables.get(PREFIX + "CONFIG")
    settings = _from_file(Path(path), required=True) if path else _from_file(folder / FILE, required=False)
    settings |= _from_environment(variables)
    config = _convert(settings | said, lambda name: f"--{_hyphened(name)}")
    if config.mode not in {None, "live"} and not config.cassette:
        raise ConfigFault(f"--mode {config.mode} needs a --cassette PATH to work on.")
    return config


def _from_file(path: Path, *, required: bool) -> dict[str, Any]:
    if not path.is_file():
        if required:
            raise ConfigFault(f"There is no file {path}, named by --config.")
        return {}
    try:
        found = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigFault(f"{path} can't be read: {error}.") from None
    settings = _without_tables(_underscored(found))
    settings |= _yes_or_no(settings)
    _convert(settings, lambda name: f"{_hyphened(name)} in {path}")
    return settings


def _without_tables(found: dict[str, Any]) -> dict[str, Any]:
    """The same with `[sealing] keys` as `sealing_keys`; a table that is a setting itself stays."""
    settings: dict[str, Any] = {}
    for name, value in found.items():
        begun = any(field.startswith(f"{name}_") for field in Config.__struct_fields__)
        if isinstance(value, dict) and begun and name not in Config.__struct_fields__:
            settings |= {f"{name}_{inner.replace('-', '_')}": member for inner, member in value.items()}
        else:
            settings[name] = value
    return settings


def _from_environment(variables: Mapping[str, str]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for name in (name for name in Config.__struct_fields__ if name not in TABLES):
        value = variables.get(PREFIX + name.upper())
        if value:
            # A rule has spaces in it, so rules stand one a line.
            settings[name] = value.splitlines() if name in LINES else value.split() if name in LISTS else value
    settings |= _yes_or_no(settings)
    _convert(settings, lambda name: PREFIX + name.upper())
    return settings


def _yes_or_no(settings: dict[str, Any]) -> dict[str, bool]:
    """The settings that are yes or no, where they are said so; `1` and `true` are understood without this."""
    said = {name: settings[name] for name in SWITCHES if isinstance(settings.get(name), str)}
    return {name: YES_NO[value] for name, value in said.items() if value in YES_NO}


def _convert(settings: dict[str, Any], called: Callable[[str], str]) -> Config:
    """The settings as a Struct. `called` says how a setting is written where these come from."""
    try:
        return msgspec.convert(settings, Config, strict=False)
    except msgspec.ValidationError as error:
        raise _fault(str(error), settings, called) from None


def _fault(said: str, settings: dict[str, Any], called: Callable[[str], str]) -> ConfigFault:
    """Msgspec's message in the words of whoever made the setting."""
    if table := _IN_TABLE.match(said):
        return ConfigFault(f"{called(table['table'])}, [{_hyphened(table['path'])}]: {_hyphened(table['what'])}.")
    if unknown := _UNKNOWN.match(said):
        name = unknown["name"]
        near = get_close_matches(name, Config.__struct_fields__, n=1)
        meant = f" Is {_hyphened(near[0])} meant?" if near else ""
        return ConfigFault(f"There is no setting {called(name)}.{meant}")
    found = _AT.search(said)
    if found is None:
        return ConfigFault(f"The settings are wrong: {said}.")
    name = found["name"]
    kind = Config.__annotations__[name]
    wanted = WANTED.get(name) or ("a number of seconds above 0" if kind is Seconds else "text")
    got = "something else" if name in UNFLAGGED else repr(settings[name])
    return ConfigFault(f"{called(name)} must be {wanted}, not {got}.")


def _underscored(settings: dict[str, Any], *, chosen: bool = False) -> dict[str, Any]:
    """A table of the file, and those inside it, by the names of our own; names that the operator chose stay."""
    ours = {name if chosen else name.replace("-", "_"): value for name, value in settings.items()}
    return {
        name: _underscored(value, chosen=not chosen and name in CHOSEN) if isinstance(value, dict) else value
        for name, value in ours.items()
    }


def _hyphened(name: str) -> str:
    return name.replace("_", "-")
