"""The words that templates use for moments, durations, numbers and texts.

Counterparts: `templates/`; `templating.py`, which reads them.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from antiphon.console.templating import Templates

HERE = Path(__file__).parent
NONE = "\N{EN DASH}"
MINUTE, HOUR, DAY = 60, 3600, 86400
THOUSAND, MILLION = 1_000, 1_000_000
RAW = 6_000
"""Characters of an item's JSON on a page."""


def when(seconds: float | None) -> Markup:
    """A moment; the browser shows it in its own time zone."""
    if seconds is None:
        return Markup("{}").format(NONE)
    moment = datetime.fromtimestamp(seconds, UTC)
    shown = moment.strftime("%Y-%m-%d %H:%M:%S")
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(moment.isoformat(), shown, shown)


def duration(seconds: float | None) -> str:
    """How long: `87 ms`, `3.2 s`, `4 min 5 s`."""
    if seconds is None:
        return NONE
    if seconds == 0:
        return "< 1 s"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < MINUTE:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"  # noqa: PLR2004 - a digit more where it counts
    if seconds < HOUR:
        return f"{seconds // MINUTE:.0f} min {seconds % MINUTE:.0f} s"
    return f"{seconds // HOUR:.0f} h {seconds % HOUR // MINUTE:.0f} min"


def count(number: float | None) -> str:
    """A number as a person reads it: `950`, `12.4k`, `3.1M`."""
    if number is None:
        return NONE
    if number < THOUSAND:
        return f"{number:.0f}" if float(number).is_integer() else f"{number:.1f}"
    return f"{number / THOUSAND:.1f}k" if number < MILLION else f"{number / MILLION:.1f}M"


def pretty(value: Any) -> str:  # noqa: ANN401 - JSON of every kind
    """JSON, indented; a text that holds JSON too, any other text as it is."""
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if isinstance(value, str):
        try:
            return json.dumps(json.loads(value), ensure_ascii=False, indent=2)
        except (ValueError, RecursionError):
            return value
    return json.dumps(value, ensure_ascii=False, indent=2)


def short(text: str, most: int = 90) -> str:
    """One line of a text, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def short_raw(text: str) -> str:
    """JSON to be looked into, cut where it would make a page heavy."""
    return text if len(text) <= RAW else f"{text[:RAW]}\n… {len(text) - RAW} more characters"


WORDS: dict[str, Any] = {
    "count": count,
    "duration": duration,
    "join": lambda parts, between: between.join(parts),
    "length": len,
    "max": max,
    "numbered": enumerate,
    "pretty": pretty,
    "short": short,
    "short_raw": short_raw,
    "sort": sorted,
    "urlencode": lambda text: quote(str(text), safe="/"),
    "when": when,
}
"""What a template can say of a value."""


def templates() -> Templates:
    """The pages' templates."""
    return Templates(HERE / "templates", WORDS)
