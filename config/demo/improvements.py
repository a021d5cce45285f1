"""The improvements of the demo world: one that was done and helped, as planted, and one that is planned."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.acting import Actor
from accounts.models import Unit
from config.demo import planted, retailer
from config.demo.plan import World
from surveys import improving
from surveys.models import Improvement, Theme


def second_queue_opened(world: World, now: datetime) -> date:
    """The day, in the shop's own time."""
    return timezone.localdate(now - timedelta(days=planted.SECOND_QUEUE_DAYS), ZoneInfo(world.time_zone))


def add(world: World, *, by: Actor, now: datetime) -> None:
    themes = {each.seed: each for each in Theme.objects.present()}
    today = timezone.localdate(now, ZoneInfo(world.time_zone))
    if world.slug == "harbour-vale":
        _second_queue(themes["waiting"], second_queue_opened(world, now), by)
        improving.plan(
            name="Drivers call ahead",
            change="The driver calls half an hour before, so that nobody waits at home for nothing.",
            theme=themes["delivery"],
            action=Improvement.Action.TECHNOLOGY,
            owner=by.membership,
            due_on=today + timedelta(days=45),
            confidence=Improvement.Confidence.MEDIUM,
            effort=15,
            by=by,
        )
    else:
        improving.plan(
            name="A first invoice in ten minutes",
            change="New firms are led from the import of their books to their first invoice.",
            theme=themes["setup"],
            action=Improvement.Action.PROCESS,
            owner=by.membership,
            due_on=today - timedelta(days=6),
            state=Improvement.State.WORKING,
            confidence=Improvement.Confidence.HIGH,
            effort=30,
            by=by,
        )


def _second_queue(waiting: Theme, opened: date, by: Actor) -> None:
    """Told to the stores that it touches; some say that they know."""
    made = improving.plan(
        name="A second queue in the city stores",
        change="From four o’clock a second till is opened as soon as five people wait.",
        theme=waiting,
        action=Improvement.Action.PROCESS,
        owner=by.membership,
        due_on=opened,
        state=Improvement.State.DONE,
        done_on=opened,
        confidence=Improvement.Confidence.HIGH,
        effort=12,
        briefing="Five people waiting: open the second till, whatever you are doing. They notice.",
        note="In the city stores a second till now opens as soon as five people wait.",
        units=list(Unit.objects.alive().filter(name__in=retailer.CITY)),
        by=by,
    )
    improving.tell(made, by=by)
    for each in improving.briefings(made)[:1]:
        each.acknowledged_at = each.told_at
        each.save(update_fields=["acknowledged_at"])
