"""One figure with what was asked of it, and the table that `./run bench` prints."""

from collections.abc import Iterable
from dataclasses import dataclass

HEAD = f"{'job':<58}{'this run':>12}{'target':>12}{'moonshot':>12}  "


@dataclass(frozen=True)
class Ratio:
    """`value` in `unit` (mostly "x", a ratio); `target` and `moonshot` from speed.md, None where none is set.

    `more_is_better`: an asked figure such as a rate; otherwise an allowed one such as a cost.
    """

    job: str
    value: float
    target: float | None = None
    moonshot: float | None = None
    unit: str = "x"
    more_is_better: bool = False
    note: str = ""

    def reaches(self, wanted: float | None) -> bool:
        if wanted is None:
            return False
        return self.value >= wanted if self.more_is_better else self.value <= wanted

    @property
    def far_off(self) -> bool:
        """Worse than twice an allowed figure, or half an asked one: a failure, whatever the reason."""
        if self.target is None:
            return False
        return self.value < self.target / 2 if self.more_is_better else self.value > self.target * 2

    @property
    def verdict(self) -> str:
        if self.reaches(self.moonshot):
            return "moonshot"
        if self.reaches(self.target):
            return "target"
        if self.target is None:
            return ""
        return "FAR OFF" if self.far_off else "short of it"

    def __str__(self) -> str:
        sign = ">=" if self.more_is_better else "<="
        wanted = [
            "-" if figure is None else f"{sign} {_figure(figure)}{self.unit}"
            for figure in (self.target, self.moonshot)
        ]
        figure = _figure(self.value) + self.unit
        line = f"{self.job:<58}{figure:>12}{wanted[0]:>12}{wanted[1]:>12}  {self.verdict}"
        return f"{line}\n    {self.note}" if self.note else line


def tell(ratios: Iterable[Ratio]) -> list[Ratio]:
    """Print each as it comes."""
    told = []
    for ratio in ratios:
        print(ratio, flush=True)
        told.append(ratio)
    return told


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
