"""Small plots as SVG: a histogram, columns over time, marks on an axis. Pure; colours are the style sheet's.

Counterpart: `timeline.py`, the large one.
"""

from collections.abc import Sequence

from markupsafe import Markup

WIDTH, HEIGHT, FOOT, GAP = 560, 130, 20, 2
STRIP, STRIP_HEIGHT = 1000, 34


def columns(values: Sequence[float], labels: Sequence[str], told: str, notes: Sequence[str] = ()) -> Markup:
    """A column for each value; `labels` stand under the first, the last and between, `notes` are shown on pointing."""
    top = max((*values, 0)) or 1
    wide = WIDTH / max(len(values), 1)
    room = HEIGHT - FOOT - 12
    bars = Markup().join(
        Markup('<rect class="column" x="{}" y="{}" width="{}" height="{}" rx="1"><title>{}</title></rect>').format(
            round(number * wide + GAP / 2, 1),
            round(12 + room * (1 - value / top), 1),
            round(max(wide - GAP, 1), 1),
            round(room * value / top, 1),
            notes[number] if number < len(notes) else f"{value:g}",
        )
        for number, value in enumerate(values)
    )
    last = max(len(labels) - 1, 1)
    texts = Markup().join(
        Markup('<text class="tick" x="{}" y="{}" text-anchor="{}">{}</text>').format(
            round(number * WIDTH / last, 1), HEIGHT - 4, _anchor(number, len(labels)), label
        )
        for number, label in enumerate(labels)
    )
    return Markup(
        '<svg class="plot" viewBox="0 0 {w} {h}" role="img" aria-label="{told}">'
        '<line class="base" x1="0" x2="{w}" y1="{y}" y2="{y}"/>{bars}{texts}</svg>'
    ).format(w=WIDTH, h=HEIGHT, told=told, y=HEIGHT - FOOT, bars=bars, texts=texts)


def strip(moments: Sequence[float], until: float, told: str) -> Markup:
    """A mark for each moment on an axis that ends at `until`; the same unit for all."""
    end = max(until, *moments, 0.001) if moments else max(until, 0.001)
    marks = Markup().join(
        Markup('<line class="mark" x1="{x}" x2="{x}" y1="6" y2="28"/>').format(
            x=round(4 + moment / end * (STRIP - 8), 1)
        )
        for moment in moments
    )
    return Markup(
        '<svg class="strip" viewBox="0 0 {w} {h}" role="img" aria-label="{told}" preserveAspectRatio="none">'
        '<line class="base" x1="0" x2="{w}" y1="17" y2="17"/>{marks}</svg>'
    ).format(w=STRIP, h=STRIP_HEIGHT, told=told, marks=marks)


def _anchor(number: int, count: int) -> str:
    return "start" if number == 0 else "end" if number == count - 1 else "middle"
