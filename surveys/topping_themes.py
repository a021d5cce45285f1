"""What is spoken of most at each touchpoint: of the last comment of each customer there.

It says no more than the page of themes does with the touchpoint as its filter, and hides alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db.models import Count

from accounts.acting import Actor
from surveys import grouping
from surveys.filtering import Filter
from surveys.models import Mention, Theme
from surveys.reporting import Guard
from surveys.weighing_themes import SENTIMENTS, Spoken, Weighed, weighed

TOP = 3


@dataclass(frozen=True)
class Topic:
    """A theme with how many commenters speak of it; `tones` is None where they may not be told."""

    theme: Theme
    n: int
    tones: Spoken | None


def topics(
    chosen: Filter, actor: Actor, touchpoints: Iterable[str], *, guard: Guard, most: int = TOP
) -> dict[str, list[Topic]]:
    """Of each touchpoint the themes that most commenters there speak of, most first."""
    found = _guarded(chosen, actor, touchpoints) if guard.is_on else _counted(chosen, actor, touchpoints)
    return {
        touchpoint: sorted(rows, key=lambda each: (-each.n, each.theme.name))[:most]
        for touchpoint, rows in found.items()
    }


def _guarded(chosen: Filter, actor: Actor, touchpoints: Iterable[str]) -> dict[str, list[Topic]]:
    def told(each: Weighed) -> bool:
        return not each.hidden and each.n > 0

    return {
        touchpoint: [
            Topic(each.theme, each.n, each.tones)
            for each in weighed(replace(chosen, touchpoint=touchpoint), actor).rows
            if told(each)
        ]
        for touchpoint in touchpoints
    }


def _counted(chosen: Filter, actor: Actor, touchpoints: Iterable[str]) -> dict[str, list[Topic]]:
    """All touchpoints in one statement."""
    commenters = grouping.last_of_each(chosen.without_theme().responses(actor).with_words(), "touchpoint")
    rows = (
        Mention.objects.present()
        .filter(response__in=commenters.values("pk"), response__touchpoint__in=list(touchpoints))
        .order_by()
        .values("response__touchpoint", "theme_id", "sentiment")
        .annotate(n=Count("id"))
    )
    counted: dict[tuple[str, int], dict[int, int]] = defaultdict(dict)
    for row in rows:
        counted[row["response__touchpoint"], row["theme_id"]][row["sentiment"]] = row["n"]
    themes = Theme.objects.present().in_bulk([theme for _touchpoint, theme in counted])
    found: dict[str, list[Topic]] = defaultdict(list)
    for (touchpoint, theme), tones in counted.items():
        if theme in themes:
            spoken = Spoken(*(tones.get(each, 0) for each in SENTIMENTS))
            found[touchpoint].append(Topic(themes[theme], sum(tones.values()), spoken))
    return found
