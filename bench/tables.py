"""The figures as tables: Markdown that reads in a terminal and can be pasted into a page. Pure."""

from collections.abc import Iterable, Sequence

from bench.figures import DIRECT, OURS, OURS_UNSTORED, PASSTHROUGH, TARGETS, Figures, Key, Spread

ORDER = (OURS, OURS_UNSTORED, PASSTHROUGH, DIRECT)
STREAMS = ("burst", "paced-32", "paced-128")
STREAM_COLUMNS = {
    "tok_per_cpu_s": "tokens per CPU second",
    "tok_s": "tokens/s",
    "ttft_p50_ms": "first token p50 ms",
    "ttft_p99_ms": "p99 ms",
    "relay_p50_ms": "a token under way p50 ms",
    "relay_p99_ms": "p99 ms",
    "peak_rss_mb": "peak MB",
}
SINGLE_COLUMNS = {
    Key("idle", "", "rss_mb"): "memory, idle, MB",
    Key("idle", "", "kb_per_stream"): "memory per open stream, KB",
    Key("start", "", "start_s"): "start to first healthy answer, s",
    Key("store", "", "kb_per_answer"): "database per stored answer, KB",
}
GROWTH_ROWS = {"ms": "ms a turn", "kb": "KB of the database", "kb_per_turn": "KB per turn since the column before"}
STORE_COLUMNS = {"answers_per_s": "answers/s", "kb_per_answer": "KB per answer"}
NOTHING = "-"
MANY = 1000
SOME = 20


def number(value: float) -> str:
    """A figure with as many digits as it is worth."""
    if abs(value) >= MANY:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= SOME else f"{value:.2f}"


def cell(value: Spread | None) -> str:
    """The median, and where rounds differ the lowest and the highest."""
    if value is None:
        return NOTHING
    if value.low == value.high:
        return number(value.middle)
    return f"{number(value.middle)} ({number(value.low)} to {number(value.high)})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table with its columns aligned."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| " + " | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) + " |" for line in lines
    )


def verdict(met: bool | None) -> str:  # noqa: FBT001 - the three answers of `Target.met`
    """Yes, no, or not known."""
    return {True: "yes", False: "NO", None: "not measured"}[met]


def targets(figures: Figures) -> str:
    """What was to be reached, and what was."""
    rows = []
    for target in TARGETS:
        side = "≥" if target.at_least else "≤"
        limit = f"{side} {target.limit:g} {target.unit}".strip()
        rows.append((target.name, cell(target.measure(figures)), limit, verdict(target.met(figures))))
    return table(("target", "measured", "to reach", "reached"), rows)


def streams(figures: Figures) -> str:
    """Each streaming workload and contestant."""
    rows = []
    for workload in STREAMS:
        for name in ORDER:
            if Key(workload, name, "tok_per_cpu_s") in figures.values:
                cells = [cell(figures.spread(Key(workload, name, metric))) for metric in STREAM_COLUMNS]
                rows.append((workload, name, *cells))
    return table(("workload", "server", *STREAM_COLUMNS.values()), rows) if rows else ""


def singles(figures: Figures) -> str:
    """Memory, start, storage."""
    names = [name for name in ORDER if any(key._replace(contestant=name) in figures.values for key in SINGLE_COLUMNS)]
    rows = [
        (title, *(cell(figures.spread(key._replace(contestant=name))) for name in names))
        for key, title in SINGLE_COLUMNS.items()
    ]
    return table(("", *names), rows) if names else ""


def store_alone(figures: Figures) -> str:
    """The store without HTTP."""
    names = sorted({key.contestant for key in figures.values if key.workload == "store alone"})
    rows = [
        (name, *(cell(figures.spread(Key("store alone", name, metric))) for metric in STORE_COLUMNS)) for name in names
    ]
    return table(("store alone, 64 savers", *STORE_COLUMNS.values()), rows) if names else ""


def threads(figures: Figures) -> str:
    """Threads as they grow: a row of each figure, a column of each length."""
    keys = [key for key in figures.values if key.workload == "threads"]
    lengths = sorted({int(key.metric.partition("@")[2]) for key in keys})
    rows = [
        (name, title, *(cell(figures.spread(Key("threads", name, f"{metric}@{length}"))) for length in lengths))
        for name in dict.fromkeys(key.contestant for key in keys)
        for metric, title in GROWTH_ROWS.items()
    ]
    return table(("thread", "turns", *map(str, lengths)), rows) if rows else ""


def calls(figures: Figures) -> str:
    """Turns of an agent."""
    names = [
        name for name in ("MCP calls", "MCP SDK alone", "functions") if Key("tools", name, "cpu_ms") in figures.values
    ]
    rows = [(name, *(cell(figures.spread(Key("tools", name, each))) for each in ("cpu_ms", "ms"))) for name in names]
    return table(("what a turn with a tool call adds", "CPU, ms", "on the clock, ms"), rows) if names else ""


def report(figures: Figures, made: str) -> str:
    """All tables, with how they were made, and every error at the end."""
    parts = [
        made,
        targets(figures),
        streams(figures),
        singles(figures),
        store_alone(figures),
        threads(figures),
        calls(figures),
    ]
    if figures.errors:
        parts.append(
            "Errors:\n\n" + "\n".join(f"- {' '.join(error.split())}" for error in dict.fromkeys(figures.errors))
        )
    return "\n\n".join(part for part in parts if part) + "\n"
