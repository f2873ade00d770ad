"""A column's distribution as SVG, drawn here: no script, no inline style, colours by class (static/css/charts.css).

Ranges stand side by side as columns; single values lie under each other as rows, with their names in front.
"""

from html import escape

from django.utils.safestring import SafeString, mark_safe

from tables.query.distribution import Bar, Distribution

WIDTH = 480  # of the drawing's own units; CSS fits it to its place
_PLOT = 150  # height of the columns
_ROW = 24
_NAMES = 150  # width of the names before rows
_COUNTS = 70  # room for the counts behind rows
_MOST_NAME = 22  # letters of a name that fit before a row
_TICKS = 5  # labels under columns


def chart(found: Distribution, title: str) -> SafeString:
    """A figure: the drawing, and in words what it leaves out. `title` is the column's name."""
    if not any(bar.count for bar in found.bars):
        return mark_safe(f'<p class="chart-note">{escape(title)} holds no values to show.</p>')  # noqa: S308  escaped
    drawing = _columns(found.bars) if found.is_range else _rows(found.bars)
    height = _PLOT + 44 if found.is_range else _ROW * len(found.bars) + 4
    note = f'<figcaption class="chart-note">{escape(found.note)}</figcaption>' if found.note else ""
    return mark_safe(  # noqa: S308  every text in it is escaped
        f'<figure class="chart"><svg class="chart-drawing" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-label="{escape(in_words(found, title))}">{drawing}</svg>{note}</figure>'
    )


def in_words(found: Distribution, title: str) -> str:
    """What the drawing shows, for who cannot see it: every bar, since there are few."""
    said = "; ".join(f"{bar.label}: {bar.count:,}" for bar in found.bars)
    return f"{title}: {said}."


def _columns(bars: tuple[Bar, ...]) -> str:
    most = max(bar.count for bar in bars)
    step = WIDTH / len(bars)
    gap = min(2.0, step / 8)
    parts = [f'<text class="chart-scale" x="0" y="11">{most:,}</text>']
    for at, bar in enumerate(bars):
        height = _length(bar.count, most, _PLOT)
        parts.append(
            f'<g class="chart-bar"><title>{escape(bar.label)}: {bar.count:,}</title>'
            f'<rect class="chart-hit" x="{at * step:.1f}" y="16" width="{step:.1f}" height="{_PLOT}"/>'
            f'<rect class="chart-fill" x="{at * step + gap / 2:.1f}" y="{16 + _PLOT - height:.1f}"'
            f' width="{step - gap:.1f}" height="{height:.1f}"/></g>'
        )
    parts.append(f'<line class="chart-line" x1="0" y1="{16.5 + _PLOT}" x2="{WIDTH}" y2="{16.5 + _PLOT}"/>')
    return "".join([*parts, *_ticks(bars, step)])


def _ticks(bars: tuple[Bar, ...], step: float) -> list[str]:
    """Labels under some of the columns: the first, the last, and so many between as fit."""
    count = min(len(bars), _TICKS if max(len(bar.label) for bar in bars) < 12 else 2)
    places = sorted({round(n * (len(bars) - 1) / max(1, count - 1)) for n in range(count)})
    ticks = []
    for at in places:
        if len(bars) > 1 and at in (0, len(bars) - 1):
            side, x = ("start", 0.0) if at == 0 else ("end", float(WIDTH))
        else:
            side, x = "middle", (at + 0.5) * step
        ticks.append(
            f'<text class="chart-tick" x="{x:.1f}" y="{_PLOT + 34}" text-anchor="{side}">{escape(bars[at].label)}</text>'
        )
    return ticks


def _rows(bars: tuple[Bar, ...]) -> str:
    most = max(bar.count for bar in bars)
    parts = []
    for at, bar in enumerate(bars):
        y = at * _ROW
        width = _length(bar.count, most, WIDTH - _NAMES - _COUNTS)
        color = f" c-{escape(bar.color)}" if bar.color else ""
        name = bar.label if len(bar.label) <= _MOST_NAME else bar.label[: _MOST_NAME - 1] + "…"
        parts.append(
            f'<g class="chart-bar"><title>{escape(bar.label)}: {bar.count:,}</title>'
            f'<text class="chart-name" x="{_NAMES - 8}" y="{y + 16}" text-anchor="end">{escape(name)}</text>'
            f'<rect class="chart-fill{color}" x="{_NAMES}" y="{y + 4}" width="{width:.1f}" height="{_ROW - 8}" rx="2"/>'
            f'<text class="chart-count" x="{_NAMES + width + 6:.1f}" y="{y + 16}">{bar.count:,}</text></g>'
        )
    return "".join(parts)


def _length(count: int, most: int, room: float) -> float:
    """A bar's length; what is there at all can be seen."""
    return max(1.5, room * count / most) if count else 0.0
