"""Charts as SVG of our own: drawn with classes only (no inline style: the content policy forbids it), every number
also in words in <desc> and, on the page, in a table. Texts are escaped here; the result is safe to put into a page."""

from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH = 360
#: A name of more letters does not fit before a bar, nor one of so many over it.
BESIDE_MOST = 10
OVER_MOST = 48


def bars(
    title: str,
    rows: Sequence[tuple[str, str, float, str]],
    *,
    unit: str = "%",
    limit: float | None = None,
    limit_label: str = "",
    name: str = "b",
) -> Markup:
    """Bars lying down: rows of (full name, short name, value, class of the bar), a dashed line at `limit`. `name`
    keeps the ids of two charts on a page apart. Names too long to stand before their bars stand over them."""
    over = any(len(short) > BESIDE_MOST for _, short, _, _ in rows)
    top, step, left, right = (18, 40, 2, 316) if over else (18, 28, 96, 300)
    highest = max([value for _, _, value, _ in rows] + [limit or 0, 1])
    scale = (right - left) / highest if highest else 0
    height = top + step * len(rows) + 8
    said = ", ".join(f"{full} {_figure(value)}{unit}" for full, _, value, _ in rows)
    parts = [_open(title, said, height, name)]
    line = left + scale * limit if limit else None
    for at, (_, short, value, css) in enumerate(rows):
        y = top + at * step
        width = round(scale * value, 1)
        after = left + width + 6
        if line is not None and left + width < line < after + 26:
            after = round(line + 6, 1)  # never across the dashed line
        if over:
            parts.append(f'<text x="{left}" y="{y}">{escape(_short(short, OVER_MOST))}</text>')
            y += 6
        else:
            parts.append(f'<text x="{left - 8}" y="{y + 13.5}" text-anchor="end">{escape(short)}</text>')
        parts.append(
            f'<rect class="{escape(css)}" x="{left}" y="{y}" width="{width}" height="18" rx="2"/>'
            f'<text x="{round(after, 1)}" y="{y + 13.5}">{_figure(value)}</text>'
        )
    if line is not None:
        x = round(line, 1)
        parts.append(
            f'<line class="cap" x1="{x}" x2="{x}" y1="14" y2="{height - 4}"/>'
            f'<text class="muted" x="{x}" y="10" text-anchor="middle">{escape(limit_label)}</text>'
        )
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704 - every text above is escaped


def line(
    title: str,
    points: Sequence[tuple[str, float]],
    *,
    name: str = "l",
    most: float | None = None,
    unit: str = "",
    calm: bool = False,
) -> Markup:
    """One line through (label, value), the first and every other label written under it, the last value beside it.
    `most` is the top of the scale where that is fixed (100 for shares), `calm` draws it in the brand's colour: a line
    that is not about lateness."""
    left, right, top, bottom = 28, 326 - 10 * len(unit), 14, 202
    highest = most or _round_up(max([value for _, value in points] + [1]))
    across = (right - left) / max(1, len(points) - 1)
    parts = [_open(title, ", ".join(f"{label} {_figure(value)}{unit}" for label, value in points), 232, name)]
    for at in range(5):
        value = highest * at / 4
        y = round(bottom - (bottom - top) * at / 4, 1)
        parts.append(f'<line class="{"grid" if at else "axis"}" x1="{left}" x2="{right}" y1="{y}" y2="{y}"/>')
        if value == int(value):
            parts.append(f'<text class="muted" x="22" y="{y + 4}" text-anchor="end">{int(value)}</text>')
    where = [
        (round(left + across * at, 1), round(bottom - (bottom - top) * value / highest, 1))
        for at, (_, value) in enumerate(points)
    ]
    for at, (label, _) in enumerate(points):
        if at % 2 == 0 and at < len(points) - 1:
            parts.append(
                f'<text class="muted" x="{where[at][0]}" y="222" text-anchor="middle">{escape(label)}</text>'
            )
    drawn = " ".join(f"{x},{y}" for x, y in where)
    parts.append(f'<polyline class="ln{" ln--calm" if calm else ""}" points="{drawn}"/>')
    parts += [
        f'<circle class="dot{" dot--calm" if calm else ""}" cx="{x}" cy="{y}" r="3.5"/>' for x, y in where
    ]
    if where:
        x, y = where[-1]
        parts.append(f'<text x="{x + 8}" y="{round(y + 4, 1)}">{_figure(points[-1][1])}{unit}</text>')
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704 - every text above is escaped


def _open(title, said, height, name):
    return (
        f'<svg class="ca-chart" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{name}1 {name}2">'
        f'<title id="{name}1">{escape(title)}</title><desc id="{name}2">{escape(said)}</desc>'
    )


def _figure(value) -> str:
    return str(int(value)) if value == int(value) else f"{value:.1f}"


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _round_up(value: float) -> int:
    """The next of 4, 8, 20, 40, 80, 200 …: quarters of it are whole numbers."""
    step = 4
    while step < value:
        step = step * 5 // 2 if str(step)[0] == "8" else step * 2
    return step
