"""Small plots as SVG: a histogram, columns over time, marks on an axis. Pure; colours are the style sheet's.

The drawing is stretched to its place; what is read stands beside it as text, which is as large on a telephone.
Counterpart: `timeline.py`, the large one.
"""

from collections.abc import Callable, Sequence

from markupsafe import Markup

from antiphon.console.rendering import count

WIDTH, HEIGHT, GAP = 560, 100, 2
STRIP, STRIP_HEIGHT = 1000, 34


def columns(
    values: Sequence[float],
    labels: Sequence[str],
    told: str,
    notes: Sequence[str] = (),
    write: Callable[[float], str] = count,
) -> Markup:
    """A column for each value; `labels` stand under the first, the last and between, `notes` are shown on pointing.

    The largest value is written above, as `write` has it.
    """
    most = max((*values, 0))
    wide = WIDTH / max(len(values), 1)
    bars = Markup().join(
        Markup('<rect class="column" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>').format(
            round(number * wide + GAP / 2, 1),
            round(HEIGHT * (1 - value / (most or 1)), 1),
            round(max(wide - GAP, 1), 1),
            round(HEIGHT * value / (most or 1), 1),
            notes[number] if number < len(notes) else f"{value:g}",
        )
        for number, value in enumerate(values)
    )
    return Markup(
        '<div class="plotted"><p class="most">{most}</p><svg class="plot" viewBox="0 0 {w} {h}" role="img" '
        'aria-label="{told}" preserveAspectRatio="none">{bars}</svg><p class="ticks">{ticks}</p></div>'
    ).format(
        most=write(most) if most else "",
        w=WIDTH,
        h=HEIGHT,
        told=told,
        bars=bars,
        ticks=Markup().join(Markup("<span>{}</span>").format(label) for label in labels),
    )


def share(value: float, most: float) -> Markup:
    """A bar as long as this share of the largest, beside the figure that says the same."""
    wide = round(100 * value / most, 1) if most else 0
    return Markup(
        '<svg class="share" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="{}" height="6"/></svg>'
    ).format(wide)


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
