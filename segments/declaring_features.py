"""Declaring what is a feature: the events that say it was used, and the days of silence after which it is given up."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.deleting import delete, label, restore
from accounts.models import Deletion
from segments.models import Feature
from segments.models.feature import MOST_DAYS, SILENT_DAYS

MOST = 24


class NotAFeature(ValueError):
    """It cannot be declared so; `field` is at fault, the sentence says why."""

    def __init__(self, field: str, sentence: str) -> None:
        self.field = field
        super().__init__(sentence)


@transaction.atomic
def declare(
    *,
    name: str,
    event: str,
    by: Actor,
    property: str = "",
    value: str = "",
    silent_days: int = SILENT_DAYS,
) -> Feature:
    """A new feature, or the one of the same events that was put away, under this name. Raises NotAFeature."""
    by.require("feature.edit")
    feature = Feature(
        name=name.strip(),
        event=event.strip(),
        property=property.strip(),
        value=value.strip(),
        silent_days=silent_days,
    )
    _check(feature)
    if Feature.objects.present().count() >= MOST:
        raise NotAFeature("name", _("There are %(most)d features already.") % {"most": MOST})
    if (before := _twin(feature)) is not None:
        return _again(before, feature, by=by)
    feature.save()
    audit("feature.edit", feature, by=by, did="created")
    return feature


@transaction.atomic
def change(
    feature: Feature,
    *,
    name: str,
    event: str,
    property: str,
    value: str,
    silent_days: int,
    revision: int,
    by: Actor,
) -> Feature:
    """Raises NotAFeature, and Stale when somebody saved since `revision`."""
    by.require("feature.edit")
    feature.name, feature.event = name.strip(), event.strip()
    feature.property, feature.value = property.strip(), value.strip()
    feature.silent_days = silent_days
    _check(feature)
    if _twin(feature) is not None:
        raise NotAFeature("event", _("These events are a feature already, or were until it was put away."))
    names = ["name", "event", "property", "value", "silent_days"]
    feature.save_revision(revision, by=by, update_fields=names)
    audit("feature.edit", feature, by=by, did="changed")
    return feature


@transaction.atomic
def put_away(feature: Feature, *, by: Actor) -> Deletion:
    """No feature any more, and its events stay; can be taken back for 30 days."""
    by.require("feature.edit")
    return delete(feature, by=by, action="feature.edit")


def _check(feature: Feature) -> None:
    if not feature.name:
        raise NotAFeature("name", _("Give the feature a name."))
    if not feature.event:
        raise NotAFeature("event", _("Say which event tells that it was used."))
    if feature.value and not feature.property:
        raise NotAFeature("property", _("A value is one of a property: say of which."))
    if not 1 <= feature.silent_days <= MOST_DAYS:
        raise NotAFeature("silent_days", _("Between 1 and %(most)d days.") % {"most": MOST_DAYS})


def _twin(feature: Feature) -> Feature | None:
    """Another one of the same events, put away or not."""
    same = Feature.objects.filter(event=feature.event, property=feature.property, value=feature.value)
    found: Feature | None = same.exclude(pk=feature.pk).first()
    return found


def _again(before: Feature, wanted: Feature, *, by: Actor) -> Feature:
    standing = Deletion.objects.standing().filter(subject_type=label(before), subject=before.pk).first()
    if before.deleted_at is None or standing is None:
        raise NotAFeature("event", _("These events are the feature “%(name)s”.") % {"name": before.name})
    restore(standing, by=by, action="feature.edit")
    before.refresh_from_db()
    before.name, before.silent_days = wanted.name, wanted.silent_days
    before.save_revision(before.revision, by=by, update_fields=["name", "silent_days"])
    return before
