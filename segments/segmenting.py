"""Making, changing and copying segments; who uses one; those that are ready to take."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import opaque
from accounts.acting import Actor
from accounts.auditing import audit
from accounts.deleting import delete
from accounts.models import Deletion
from accounts.recording import record
from segments import compiling
from segments.catalog import vocabulary
from segments.models import Attribute, Segment, SegmentMember
from segments.rules import Group, as_json, read_rule


class InUse(Exception):
    """The segment cannot go while these use it."""

    def __init__(self, users: list[str]) -> None:
        self.users = users
        super().__init__(_("It is used by %(users)s.") % {"users": ", ".join(users)})


@transaction.atomic
def save(
    segment: Segment | None, *, name: str, description: str, rule: Group, expected: int = 0, by: Actor
) -> Segment:
    """Make or change a segment. Raises Stale, compiling.Unanswerable for a circle, ValidationError for a name."""
    made = segment is None
    segment = segment or Segment(created_by=by.name[:200])
    if not segment.static:
        compiling.check_circle(segment.pk, rule)
        segment.rule = as_json(rule)
    segment.name, segment.description = name.strip(), description.strip()
    segment.validate_constraints()
    if made:
        segment.save()
    else:
        segment.save_revision(expected, by=by)
    record("segment.saved", segment)
    audit("segment.edit", segment, by=by, did="created" if made else "changed")
    return segment


@transaction.atomic
def freeze(segment: Segment, *, by: Actor) -> Segment:
    """A fixed list of those who are in the segment now (as far as the actor sees them)."""
    day = timezone.localdate()
    name = _free_name(_("%(name)s, %(day)s") % {"name": segment.name, "day": day.isoformat()})
    frozen = Segment.objects.create(name=name, static=True, created_by=by.name[:200])
    ids = compiling.members(segment).visible_to(by).values_list("pk", flat=True)
    SegmentMember.objects.bulk_create(
        [SegmentMember(segment=frozen, customer_id=pk) for pk in ids], batch_size=5000
    )
    audit("segment.edit", frozen, by=by, did="created")
    return frozen


@transaction.atomic
def copy(segment: Segment, *, by: Actor) -> Segment:
    copied = Segment.objects.create(
        name=_free_name(_("%(name)s, copy") % {"name": segment.name}),
        description=segment.description,
        rule=segment.rule,
        static=segment.static,
        created_by=by.name[:200],
    )
    if segment.static:
        listed = SegmentMember.objects.filter(segment=segment).values_list("customer_id", flat=True)
        SegmentMember.objects.bulk_create(
            [SegmentMember(segment=copied, customer_id=pk) for pk in listed], batch_size=5000
        )
    audit("segment.edit", copied, by=by, did="created")
    return copied


def put_away(segment: Segment, *, by: Actor) -> Deletion:
    """Delete for 30 days. Raises InUse, naming who uses it."""
    users = used_by(segment)
    if users:
        raise InUse(users)
    return delete(segment, by=by, action="segment.edit")


def used_by(segment: Segment) -> list[str]:
    """The names of everything that points at it: other segments by their rules, upper apps by their keys."""
    shown = opaque.encode("segment", segment.pk)
    found = [
        _("segment “%(name)s”") % {"name": other.name}
        for other in Segment.objects.present().exclude(pk=segment.pk)
        if _refers(other.rule, shown)
    ]
    for relation in Segment._meta.related_objects:
        if relation.related_model is SegmentMember:
            continue
        users = relation.related_model._default_manager.filter(**{relation.field.name: segment})
        if any(one.name == "deleted_at" for one in relation.related_model._meta.fields):
            users = users.filter(deleted_at=None)
        kind = relation.related_model._meta.verbose_name
        found += [f"{kind} “{user}”" for user in users[:20]]
    return found


def _refers(rule: Any, shown: str) -> bool:
    if isinstance(rule, dict):
        return rule.get("value") == shown or any(_refers(value, shown) for value in rule.values())
    return isinstance(rule, list) and any(_refers(one, shown) for one in rule)


def _free_name(name: str) -> str:
    taken = set(Segment.objects.present().values_list("name", flat=True))
    candidate, number = name[:120], 2
    while candidate in taken:
        suffix = f" ({number})"
        candidate, number = name[: 120 - len(suffix)] + suffix, number + 1
    return candidate


def _row(field: str, operator: str, value: Any = None, **options: Any) -> dict[str, Any]:
    told = {"field": field, **options, "operator": operator}
    return told if value is None else {**told, "value": value}


# key -> (name, what it is for, rule). Only what the vocabulary can say on its own; an entry whose third part is a
# string needs an attribute of that key first.
READY: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "everybody": (gettext_lazy("Everybody"), gettext_lazy("All customers, without a condition."), {"all": []}),
    "promoters": (gettext_lazy("Promoters"), gettext_lazy("Their last score is 9 or 10."),
                  {"all": [_row("category", "is", "promoter")]}),
    "passives": (gettext_lazy("Passives"), gettext_lazy("Their last score is 7 or 8."),
                 {"all": [_row("category", "is", "passive")]}),
    "detractors": (gettext_lazy("Detractors"), gettext_lazy("Their last score is 6 or less."),
                   {"all": [_row("category", "is", "detractor")]}),
    "new-high-scorers": (gettext_lazy("New high scorers"), gettext_lazy("A first answer of 9 or 10, this month."),
                         {"all": [_row("category", "is", "promoter"), _row("answers", "is", 1),
                                  _row("answered", "within_last", 30)]}),
    "falling-long-term": (gettext_lazy("Falling, and long with us"),
                          gettext_lazy("Customers of more than two years whose score fell by 2 or more."),
                          {"all": [_row("since", "longer_ago_than", 730),
                                   _row("score_change", "at_most", -2)]}),
    "dormant-former-promoters": (gettext_lazy("Dormant former promoters"),
                                 gettext_lazy("Promoters of old from whom we have not heard for a year."),
                                 {"all": [_row("category", "is", "promoter"),
                                          _row("answered", "longer_ago_than", 365)]}),
    "promoter-turned-passive": (gettext_lazy("Promoter turned passive"),
                                gettext_lazy("9 or 10 before, 7 or 8 now."),
                                {"all": [_row("previous_category", "is", "promoter"),
                                         _row("category", "is", "passive")]}),
    "detractor-recovered": (gettext_lazy("Detractor recovered"), gettext_lazy("6 or less before, 9 or 10 now."),
                            {"all": [_row("previous_category", "is", "detractor"),
                                     _row("category", "is", "promoter")]}),
    "never-answered": (gettext_lazy("Never answered"), gettext_lazy("No answer is known of them."),
                       {"all": [_row("answers", "is", 0)]}),
    "new": (gettext_lazy("New customers"), gettext_lazy("With us for 90 days or less."),
            {"all": [_row("since", "within_last", 90)]}),
    "active-and-loyal": (gettext_lazy("Active and loyal"),
                         gettext_lazy("Two years with us, and an order in the last 90 days."),
                         {"all": [_row("since", "longer_ago_than", 730),
                                  _row("event_count", "at_least", 1, event="order placed", days=90)]}),
    "at-risk": (gettext_lazy("At risk"), gettext_lazy("Unhappy, and no order in the last 90 days."),
                {"all": [_row("category", "is", "detractor"),
                         _row("event_count", "is", 0, event="order placed", days=90)]}),
    "dormant": (gettext_lazy("Dormant"), gettext_lazy("They ordered once, and not in the last half year."),
                {"all": [_row("event_last", "longer_ago_than", 180, event="order placed")]}),
    "heavy-users": (gettext_lazy("Heavy users"), gettext_lazy("Ten orders or more in a year."),
                    {"all": [_row("event_count", "at_least", 10, event="order placed", days=365)]}),
    "detractor-after-support-chat": (gettext_lazy("Detractor after support chat"),
                                     gettext_lazy("Their last answer, after a support chat, was 6 or less."),
                                     {"all": [_row("category", "is", "detractor"),
                                              _row("touchpoint", "contains", "support")]}),
    "answered-in-the-app": (gettext_lazy("Answered in the app"), gettext_lazy("Where they gave the last answer."),
                            {"all": [_row("channel", "is", "in_app")]}),
    "open-to-offers": (gettext_lazy("Open to offers by e-mail"), gettext_lazy("They said yes to offers and news."),
                       {"all": [_row("consent", "is_true", channel="email", purpose="marketing"),
                                _row("email", "is_known")]}),
}  # fmt: skip


def ready() -> list[dict[str, Any]]:
    """The library: what can be taken, and which of it is there already; top 5 % per money attribute besides."""
    taken = set(Segment.objects.present().exclude(ready_key="").values_list("ready_key", flat=True))
    words = vocabulary()
    found = []
    for key, (name, why, rule) in {**READY, **_by_money()}.items():
        read_rule(rule, words)
        found.append({"key": key, "name": str(name), "why": str(why), "rule": rule, "taken": key in taken})
    return found


def _by_money() -> dict[str, tuple[Any, Any, dict[str, Any]]]:
    return {
        f"top-{attribute.key}"[:60]: (
            _("Top 5 %% by %(attribute)s") % {"attribute": attribute.label},
            _("The highest twentieth of all whose value is known."),
            {"all": [_row(f"attribute.{attribute.key}", "top_percent", 5)]},
        )
        for attribute in Attribute.objects.present().filter(kind="money")
    }


@transaction.atomic
def take_ready(key: str, *, by: Actor) -> Segment:
    """Make one of the library; taking it twice gives the first. Raises KeyError for an unknown key."""
    present = Segment.objects.present().filter(ready_key=key).first()
    if present is not None:
        return present
    name, why, rule = {**READY, **_by_money()}[key]
    segment = Segment.objects.create(
        name=_free_name(str(name)), description=str(why), rule=rule, ready_key=key, created_by=by.name[:200]
    )
    record("segment.saved", segment)
    audit("segment.edit", segment, by=by, did="created")
    return segment


def begin(*, by: Actor) -> None:
    """What a new organization finds: everybody, and the three categories."""
    take_ready("everybody", by=by)
    take_the_three(by=by)


def take_the_three(*, by: Actor) -> list[Segment]:
    """Promoters, passives and detractors: what every program begins with."""
    return [take_ready(key, by=by) for key in ("promoters", "passives", "detractors")]


__all__ = [
    "InUse",
    "begin",
    "copy",
    "freeze",
    "put_away",
    "ready",
    "save",
    "take_ready",
    "take_the_three",
    "used_by",
]
