"""The timeline of a run as SVG: a bar for each turn, tool call and save on one axis of time. Pure.

A turn's bar has three shades: connecting, waiting for the first token, streaming. Colours and width are the
style sheet's: places along the axis are hundredths of it, while letters and rows keep their size on a telephone.
Not here: what was noted (`runner/timeline.py`). A run that goes on is drawn further by the browser, in the same way
(`growing.py`).
"""

from collections.abc import Callable, Sequence
from math import floor, log10

from markupsafe import Markup

from antiphon.console.rendering import duration
from antiphon.runner.timeline import Span

ROW, TOP = 26, 26
BAR = 14
THIN = 0.5
"""Hundredths of the axis below which a bar is drawn as a line."""
TICKS = 5
MOST = 200
"""Bars that are drawn; the rest is counted."""
STEPS = (1, 2, 5, 10)
LETTERS = 24


def timeline(spans: Sequence[Span], began: float, until: float, *, live: bool = False) -> Markup:
    """The drawing, from `began` to `until` (Unix seconds); what is open goes on to its right end."""
    seconds = max(until - began, 0.001)
    shown = list(spans[:MOST])
    height = TOP + ROW * max(len(shown), 1) + 8

    def at(moment: float) -> float:
        return round(max(0.0, min(moment - began, seconds)) / seconds * 100, 2)

    names = Markup().join(_name(span, number) for number, span in enumerate(shown))
    rows = Markup().join(_row(span, number, at, until) for number, span in enumerate(shown))
    more = (
        Markup('<text class="tick" x="{}" y="16">and {} more</text>').format(4, len(spans) - MOST)
        if len(spans) > MOST
        else ""
    )
    title = f"{len(spans)} steps in {duration(seconds)}" + (", still running" if live else "")
    return Markup(
        '<div class="timeline" role="img" aria-label="{title}">'
        '<svg class="names" height="{h}">{names}{more}</svg>'
        '<svg class="plane" height="{h}">{axis}{rows}</svg></div>'
    ).format(h=height, title=title, names=names, axis=_axis(seconds, height), rows=rows, more=more)


def _axis(seconds: float, height: int) -> Markup:
    step = _step(seconds)
    marks = [number * step for number in range(int(seconds / step) + 1)]
    return Markup().join(
        Markup(
            '<line class="grid" x1="{x}%" x2="{x}%" y1="{top}" y2="{bottom}"/>'
            '<text class="tick{odd}" x="{x}%" y="14">{text}</text>'
        ).format(
            x=round(mark / seconds * 100, 2),
            top=TOP - 6,
            bottom=height,
            odd=" odd" if number % 2 else "",
            text=duration(mark) if mark else "0",
        )
        for number, mark in enumerate(marks)
    )


def _step(seconds: float) -> float:
    """The distance of two ticks: 1, 2 or 5 with as many zeros as it takes."""
    rough = seconds / TICKS
    power = 10.0 ** floor(log10(rough))
    return float(next(step * power for step in STEPS if step * power >= rough * 0.999))


def _name(span: Span, number: int) -> Markup:
    return Markup('<text class="label" x="0" y="{}">{}</text>').format(TOP + number * ROW + 15, label(span))


def _row(span: Span, number: int, at: Callable[[float], float], until: float) -> Markup:
    y = TOP + number * ROW
    end = span.end if span.end is not None else until
    bars = [(f"bar {span.kind}", span.start, end)]
    if span.kind == "turn":
        opened = span.opened or end
        first = span.first or end
        bars = [("bar turn wait", span.start, opened), ("bar turn think", opened, first), ("bar turn", first, end)]
    state = " failed" if span.fault else " open" if span.end is None else ""
    drawn = Markup().join(
        _bar(f"{name}{state}", at(start), at(stop), y + 4)
        for name, start, stop in bars
        if stop > start or name == f"bar {span.kind}"
    )
    return Markup(
        '<g><title>{title}</title>{drawn}<text class="took" x="{tx}%" dx="6" y="{ty}">{took}</text></g>'
    ).format(title=_told(span, end), ty=y + 15, drawn=drawn, tx=at(end), took=duration(end - span.start))


def _bar(name: str, start: float, stop: float, y: int) -> Markup:
    wide = round(stop - start, 2)
    return Markup('<rect class="{}{}" x="{}%" y="{}" width="{}%" height="{}"/>').format(
        name, " thin" if wide < THIN else "", start, y, wide, BAR
    )


def label(span: Span) -> str:
    """What a step is called beside its bar."""
    name = {
        "turn": "turn",
        "list": f"tools of {span.name}",
        "check": "check",
        "measure": "measure",
        "judge": f"judge {span.name}",
        "save": "save",
    }.get(span.kind, span.name)
    return name if len(name) <= LETTERS else name[: LETTERS - 1] + "…"


def _told(span: Span, end: float) -> str:
    said = [f"{span.kind} {span.name}: {duration(end - span.start)}"]
    if span.first is not None:
        said.append(f"first token after {duration(span.first - span.start)}")
    if span.fault:
        said.append(span.fault)
    return "; ".join(said)
