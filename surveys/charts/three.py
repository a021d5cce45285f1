"""The bar of three: detractors hatched, passives pale with an outline, promoters solid, in that order."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.charts.drawing import element, hatch, rect, svg, thousands

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


def three_bar(three: Three, *, width: int = 420, height: int = 22) -> str:
    if not three.total:
        return svg(
            rect(0.5, 0.5, width - 1, height - 1, rx=3, class_="c-none s-edge", stroke_dasharray="4 3"),
            width=width,
            height=height,
            sentence=three.sentence,
            class_="chart bar3",
        )
    definition, fill = hatch()
    counts, gap, parts = (three.detractors, three.passives, three.promoters), 2.0, [definition]
    shown = [count for count in counts if count]
    room, x = width - gap * (len(shown) - 1), 0.0
    for kind, each in zip(KINDS, counts, strict=True):
        if not each:
            continue
        wide = room * each / three.total
        if kind == "det":
            parts.append(rect(x, 0, wide, height, rx=2, fill=fill))
        elif kind == "pas":
            parts.append(rect(x + 0.5, 0.5, wide - 1, height - 1, rx=2, class_="c-pas s-pas", stroke_width=1))
        else:
            parts.append(rect(x, 0, wide, height, rx=2, class_="c-pro"))
        x += wide + gap
    return svg(*parts, width=width, height=height, sentence=three.sentence, class_="chart")


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
