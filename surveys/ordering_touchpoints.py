"""The touchpoints of the journey: which there are, and putting them in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.models import Mode, Stale
from surveys.models import Distribution, JourneyOrder, Response, Survey

MOST = 40
LONGEST = 80


class NotOrdered(ValueError):
    """Touchpoints that cannot stand like this; `path` is the place at fault: touchpoints[2]."""

    def __init__(self, sentence: object, path: str = "touchpoints") -> None:
        self.path = path
        super().__init__(str(sentence))


@dataclass(frozen=True)
class Order:
    """All touchpoints in their order. `revision` 0: nobody has put them in order yet."""

    touchpoints: tuple[str, ...]
    revision: int = 0


def order() -> Order:
    """The business's own order of those that it named; behind it, by name, those that occur besides."""
    row = JourneyOrder.objects.first()
    named = list(row.touchpoints) if row is not None else []
    others = sorted(_occurring() - set(named), key=str.casefold)
    return Order((*named, *others)[:MOST], row.revision if row is not None and row.touchpoints else 0)


@transaction.atomic
def put_in_order(touchpoints: Sequence[str], *, expected: int, by: Actor) -> Order:
    """Let the touchpoints stand so. Those left out stand behind if they occur, else they are gone.

    Raises Stale when somebody saved since `expected`, and NotOrdered.
    """
    by.require("journey.order")
    wanted = [each.strip() for each in touchpoints]
    _check(wanted)
    made, _new = JourneyOrder.objects.get_or_create(defaults={"touchpoints": [], "revision": 1})
    row = JourneyOrder.objects.select_for_update(of=("self",)).get(pk=made.pk)
    if (row.revision if row.touchpoints else 0) != expected:
        raise Stale(str(row.edited_by) if row.edited_by else _("Someone"), row.edited_at, row)
    row.touchpoints = wanted
    row.save_revision(row.revision, by=by)
    audit("journey.order", row, by=by, did="changed")
    return order()


def moved(touchpoints: Sequence[str], place: int, to: int) -> list[str]:
    """With the one at `place` taken to another place, the others closing up; beyond an end is that end."""
    found = list(touchpoints)
    one = found.pop(place)
    found.insert(max(0, min(to, len(found))), one)
    return found


def _check(wanted: Sequence[str]) -> None:
    if not 1 <= len(wanted) <= MOST:
        raise NotOrdered(_("There are between 1 and %(most)d touchpoints.") % {"most": MOST})
    for place, each in enumerate(wanted):
        if not each or len(each) > LONGEST or "\x00" in each:
            raise NotOrdered(_("A touchpoint has a name of 1 to 80 characters."), f"touchpoints[{place}]")
        if each in wanted[:place]:
            raise NotOrdered(_("A touchpoint stands in one place only."), f"touchpoints[{place}]")


def _occurring() -> set[str]:
    """Of answers, distributions and surveys; a test is none, and an anonymous answer tells no touchpoint."""
    answers = Response.objects.filter(anonymous=False).exclude(mode=Mode.TEST)
    asked = Distribution.objects.present().filter(anonymous=False)
    surveys = Survey.objects.present().filter(anonymous=False)
    return {
        touchpoint
        for rows in (answers, asked, surveys)
        for touchpoint in rows.exclude(touchpoint="")
        .order_by()
        .values_list("touchpoint", flat=True)
        .distinct()
    }
