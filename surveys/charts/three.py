"""The bar of three: detractors hatched, passives pale with an outline, promoters solid, in that order."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from surveys.charts.drawing import element, fluid, hatch, percent, rect, svg, thousands

KINDS = ("det", "pas", "pro")


@dataclass(frozen=True)
class Three:
    """Counts of the three categories."""

    detractors: int
    passives: int
    promoters: int

    @property
    def total(self) -> int:
        return self.detractors + self.passives + self.promoters

    def share(self, count: int) -> float:
        return count / self.total if self.total else 0.0

    @property
    def percents(self) -> tuple[int, int, int]:
        """Whole percents that add up to 100: the largest remainders are rounded up."""
        if not self.total:
            return (0, 0, 0)
        exact = [100 * each / self.total for each in (self.detractors, self.passives, self.promoters)]
        floors = [int(each) for each in exact]
        order = sorted(range(3), key=lambda at: exact[at] - floors[at], reverse=True)
        for at in order[: 100 - sum(floors)]:
            floors[at] += 1
        return (floors[0], floors[1], floors[2])

    @property
    def sentence(self) -> str:
        if not self.total:
            return _("No answers.")
        low, middle, high = self.percents
        return _("%(low)s %% detractors, %(middle)s %% passives, %(high)s %% promoters.") % {
            "low": low,
            "middle": middle,
            "high": high,
        }


def three_bar(three: Three, *, height: int = 22) -> str:
    if not three.total:
        outline = rect("0.1%", 0.5, "99.8%", height - 1, rx=3, class_="c-none s-edge", stroke_dasharray="4 3")
        return fluid(outline, height=height, sentence=three.sentence)
    definition, fill = hatch()
    counts, gap, parts = (three.detractors, three.passives, three.promoters), 0.005, [definition]
    room, x = 1 - gap * (sum(count > 0 for count in counts) - 1), 0.0
    for kind, count in zip(KINDS, counts, strict=True):
        if not count:
            continue
        wide = room * count / three.total
        place: dict[str, Any] = {"x": percent(x), "width": percent(wide), "rx": 2}
        if kind == "det":
            parts.append(rect(**place, y=0, height=height, fill=fill))
        elif kind == "pas":
            parts.append(rect(**place, y=0.5, height=height - 1.0, class_="c-pas s-pas", stroke_width=1))
        else:
            parts.append(rect(**place, y=0, height=height, class_="c-pro"))
        x += wide + gap
    return fluid(*parts, height=height, sentence=three.sentence)


def table(three: Three) -> list[tuple[str, str, str]]:
    """Name, percent, count; promoters first, as the legend reads."""
    low, middle, high = three.percents
    return [
        (_("Promoters"), f"{high} %", thousands(three.promoters)),
        (_("Passives"), f"{middle} %", thousands(three.passives)),
        (_("Detractors"), f"{low} %", thousands(three.detractors)),
    ]


def shape(kind: str) -> str:
    """The shape of a category, 10 by 10: triangle down, ring, triangle up."""
    if kind == "pas":
        inside = element("circle", cx=5, cy=5, r=3.7, class_="c-none s-pas", stroke_width=2)
    else:
        inside = element(
            "path", d="M.4 1.2h9.2L5 9.2z" if kind == "det" else "M.4 8.8h9.2L5 .8z", class_=f"c-{kind}"
        )
    return svg(inside, width=10, height=10, class_="shape")
