"""From nothing to a live survey in five steps, each derived from facts and not from clicks.

Apps plug their steps in through config/sockets.py, FIRST_RUN: callables that take the organization and return
steps. The page of today shows them until all are done.
"""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.colours import WHITE, contrast
from accounts.models.organization import Organization
from accounts.sockets import plugged


@dataclass(frozen=True)
class Step:
    """One step: `done` says whether the fact is there; `deed` is the button's word, `url` where it leads."""

    order: int
    name: str
    title: str | Promise
    words: str
    done: bool
    url: str
    deed: str | Promise
    action: str = "today.view"
    minutes: int = 1


@dataclass(frozen=True)
class FirstRun:
    steps: tuple[Step, ...]

    @property
    def current(self) -> Step | None:
        """The first step that is still to do."""
        return next((step for step in self.steps if not step.done), None)

    @property
    def left(self) -> int:
        return sum(not step.done for step in self.steps)

    @property
    def done(self) -> int:
        return len(self.steps) - self.left

    @property
    def minutes_left(self) -> int:
        return sum(step.minutes for step in self.steps if not step.done)

    @property
    def finished(self) -> bool:
        return self.left == 0


def first_run(organization: Organization) -> FirstRun:
    """All steps of all apps, in their order."""
    found = [step for steps_of in plugged("FIRST_RUN") for step in steps_of(organization)]
    return FirstRun(tuple(sorted(found, key=lambda step: step.order)))


def steps(organization: Organization) -> list[Step]:
    """The steps that accounts itself knows."""
    ratio = contrast(organization.brand_colour, WHITE)
    look = (
        _("logo and colour set; contrast %(ratio).1f") if organization.logo else _("colour set; no logo yet")
    )
    looked_at = organization.logo is not None or organization.brand_colour.upper() != "#14604A"
    return [
        Step(
            10,
            "name",
            _("Name your business"),
            f"{organization.name}, {organization.time_zone.replace('_', ' ')}",
            bool(organization.postal_address.strip()),
            reverse("settings_organization", args=[organization.slug]),
            _("Say where you are"),
            "settings.edit",
        ),
        Step(
            20,
            "look",
            _("Make it look like you"),
            (look % {"ratio": ratio}) if looked_at else _("your colour and logo, on surveys and mails"),
            looked_at,
            reverse("settings_brand", args=[organization.slug]),
            _("Choose colour and logo"),
            "settings.edit",
        ),
    ]
