"""The 24-hour dial: the arc is the hours left, absolute; late and paused have faces of their own."""

from math import cos, pi, sin

from surveys.charts.drawing import element, line, rect, svg

RADIUS = 17.0


def dial(hours_left: float | None, state: str = "running") -> str:
    """`state` is running, late, paused or done. Decoration: words always stand beside it."""
    if state == "late":
        face = [
            element("circle", cx=20, cy=20, r=19, class_="c-bad"),
            line(20, 12, 20, 22.5, class_="s-surface", stroke_width=2.6, stroke_linecap="round"),
            element("circle", cx=20, cy=28, r=1.7, class_="c-surface"),
        ]
        return svg(*face, width=40, height=40, class_="dial__face")
    ring = element("circle", cx=20, cy=20, r=RADIUS, class_="c-none s-line", stroke_width=4)
    if state == "paused":
        bars = [
            rect(15.2, 13.5, 2.6, 13, rx=1.3, class_="c-ink-2"),
            rect(22.2, 13.5, 2.6, 13, rx=1.3, class_="c-ink-2"),
        ]
        return svg(ring, *bars, width=40, height=40, class_="dial__face")
    if state == "done":
        tick = element(
            "path",
            d="M13 20.5l5 5 9-10",
            class_="c-none s-ink",
            stroke_width=2.4,
            stroke_linecap="round",
            stroke_linejoin="round",
        )
        return svg(ring, tick, width=40, height=40, class_="dial__face")
    share = max(0.0, min(1.0, (hours_left or 0.0) / 24))
    if share >= 0.999:
        arc = element("circle", cx=20, cy=20, r=RADIUS, class_="c-none s-ink", stroke_width=4)
    elif share <= 0.001:
        arc = ""
    else:
        turn = 2 * pi * share
        x, y = 20 + RADIUS * sin(turn), 20 - RADIUS * cos(turn)
        arc = element(
            "path",
            d=f"M20 3 A{RADIUS:g} {RADIUS:g} 0 {int(share > 0.5)} 1 {x:.2f} {y:.2f}",
            class_="c-none s-ink",
            stroke_width=4,
        )
    return svg(ring, arc, width=40, height=40, class_="dial__face")
