"""Segments that are ready to take: which there are, and taking one.

Most can be said with words that every business has. Others follow from what this one declared or sent: a segment
for each money attribute, each date of renewal, each unit, each shop that orders name. Some need a word of an app
above; where that word is missing, so is the segment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from accounts import opaque
from accounts.acting import Actor
from accounts.auditing import audit
from accounts.models import Unit
from accounts.recording import record
from segments.catalog import Vocabulary, vocabulary
from segments.models import Attribute, AttributeKind, CustomerEvent, Segment
from segments.rules import RuleError, read_rule
from segments.segmenting import free_name
from segments.stages import ORDER, USE

Text = str | Promise
Rule = dict[str, Any]

MOST_OF_A_KIND = 50
LATEST_ORDERS = 5_000  # read to learn the names of shops


@dataclass(frozen=True)
class Ready:
    """One of the library. `key` stays with the segment that was made of it."""

    key: str
    name: Text
    why: Text
    rule: Rule


def ready() -> list[dict[str, Any]]:
    """What can be taken here: key, name, why, rule, and whether it was taken already."""
    taken = set(Segment.objects.present().exclude(ready_key="").values_list("ready_key", flat=True))
    return [
        {
            "key": each.key,
            "name": str(each.name),
            "why": str(each.why),
            "rule": each.rule,
            "taken": each.key in taken,
        }
        for each in _sayable(vocabulary())
    ]


@transaction.atomic
def take(key: str, *, by: Actor) -> Segment:
    """Make one of the library; taking it twice gives the first. Raises KeyError for an unknown key."""
    present = Segment.objects.present().filter(ready_key=key).first()
    if present is not None:
        return present
    chosen = {each.key: each for each in _sayable(vocabulary())}[key]
    segment = Segment.objects.create(
        name=free_name(str(chosen.name)),
        description=str(chosen.why),
        rule=chosen.rule,
        ready_key=key,
        created_by=by.name[:200],
    )
    record("segment.saved", segment)
    audit("segment.edit", segment, by=by, did="created")
    return segment


def begin(*, by: Actor) -> None:
    """What a new organization finds: everybody, and the three categories that every program begins with."""
    for key in ("everybody", "promoters", "passives", "detractors"):
        take(key, by=by)


def _sayable(words: Vocabulary) -> Iterator[Ready]:
    for each in (*_for_all(), *_of_attributes(), *_of_units(), *_of_shops()):
        try:
            read_rule(each.rule, words)
        except RuleError:
            continue  # the app that brings its word is not there
        yield each


def _row(field: str, operator: str, value: Any = None, **options: Any) -> Rule:
    told = {"field": field, **options, "operator": operator}
    return told if value is None else {**told, "value": value}


def _all(*rows: Rule) -> Rule:
    return {"all": list(rows)}


def _for_all() -> Iterable[Ready]:
    long_with_us = _row("since", "longer_ago_than", 730)
    return (
        Ready("everybody", gettext_lazy("Everybody"), gettext_lazy("All customers, without a condition."), _all()),
        Ready("promoters", gettext_lazy("Promoters"), gettext_lazy("Their last score is 9 or 10."),
              _all(_row("category", "is", "promoter"))),
        Ready("passives", gettext_lazy("Passives"), gettext_lazy("Their last score is 7 or 8."),
              _all(_row("category", "is", "passive"))),
        Ready("detractors", gettext_lazy("Detractors"), gettext_lazy("Their last score is 6 or less."),
              _all(_row("category", "is", "detractor"))),
        Ready("new-high-scorers", gettext_lazy("New high scorers"),
              gettext_lazy("A first answer of 9 or 10, this month."),
              _all(_row("category", "is", "promoter"), _row("answers", "is", 1), _row("answered", "within_last", 30))),
        Ready("falling-long-term", gettext_lazy("Falling, and long with us"),
              gettext_lazy("Customers of more than two years whose score fell by 2 or more."),
              _all(long_with_us, _row("score_change", "at_most", -2))),
        Ready("dormant-former-promoters", gettext_lazy("Dormant former promoters"),
              gettext_lazy("Promoters of old from whom we have not heard for a year."),
              _all(_row("category", "is", "promoter"), _row("answered", "longer_ago_than", 365))),
        Ready("promoter-turned-passive", gettext_lazy("Promoter turned passive"),
              gettext_lazy("9 or 10 before, 7 or 8 now."),
              _all(_row("previous_category", "is", "promoter"), _row("category", "is", "passive"))),
        Ready("detractor-recovered", gettext_lazy("Detractor recovered"),
              gettext_lazy("6 or less before, 9 or 10 now."),
              _all(_row("previous_category", "is", "detractor"), _row("category", "is", "promoter"))),
        Ready("never-answered", gettext_lazy("Never answered"), gettext_lazy("No answer is known of them."),
              _all(_row("answers", "is", 0))),
        Ready("new", gettext_lazy("New customers"), gettext_lazy("In the stage New of their journey."),
              _all(_row("stage", "is", "new"))),
        Ready("up-to-two-years", gettext_lazy("Three months to two years with us"),
              gettext_lazy("No longer new, not yet old friends."),
              _all(_row("since", "longer_ago_than", 90), _row("since", "within_last", 730))),
        Ready("more-than-two-years", gettext_lazy("More than two years with us"),
              gettext_lazy("By the day since when they are customers."), _all(long_with_us)),
        Ready("active-and-loyal", gettext_lazy("Active and loyal"),
              gettext_lazy("In the stage Active or Loyal of their journey."),
              _all(_row("stage", "is_one_of", ["active", "loyal"]))),
        Ready("at-risk", gettext_lazy("At risk"), gettext_lazy("In the stage At risk of their journey."),
              _all(_row("stage", "is", "at_risk"))),
        Ready("dormant", gettext_lazy("Dormant"), gettext_lazy("In the stage Dormant of their journey."),
              _all(_row("stage", "is", "dormant"))),
        Ready("heavy-users", gettext_lazy("Heavy users"), gettext_lazy("Ten orders or more in a year."),
              _all(_row("event_count", "at_least", 10, event=ORDER, days=365))),
        Ready("dormant-users", gettext_lazy("Dormant users"),
              gettext_lazy("They used a feature once, and none in the last 30 days."),
              _all(_row("event_last", "longer_ago_than", 30, event=USE))),
        Ready("early-adopters", gettext_lazy("Early adopters"), gettext_lazy("They joined a beta."),
              _all(_row("event_count", "at_least", 1, event="beta joined"))),
        Ready("stuck-on-a-feature", gettext_lazy("Stuck on a feature"),
              gettext_lazy("They gave up a feature twice within 30 days."),
              _all(_row("event_count", "at_least", 2, event="feature abandoned", days=30))),
        Ready("promotion-received", gettext_lazy("Promotion received"), gettext_lazy("In the last 90 days."),
              _all(_row("event_count", "at_least", 1, event="promotion received", days=90))),
        Ready("no-promotion-received", gettext_lazy("No promotion received"), gettext_lazy("In the last 90 days."),
              _all(_row("event_count", "is", 0, event="promotion received", days=90))),
        Ready("mobile-first", gettext_lazy("Mobile first"),
              gettext_lazy("Three visits or more by phone in 90 days, and none by computer."),
              _all(_row("event_count", "at_least", 3, event="visit", property="device", equals="phone", days=90),
                   _row("event_count", "is", 0, event="visit", property="device", equals="computer", days=90))),
        Ready("answered-in-the-app", gettext_lazy("Answered in the app"),
              gettext_lazy("Where they gave the last answer."), _all(_row("channel", "is", "in_app"))),
        Ready("detractor-after-support-chat", gettext_lazy("Detractor after support chat"),
              gettext_lazy("Their last answer, after a support chat, was 6 or less."),
              _all(_row("category", "is", "detractor"), _row("touchpoint", "contains", "support"))),
        Ready("long-waits", gettext_lazy("Long waits mentioned"),
              gettext_lazy("They wrote of waiting or of a queue. Add the words of your customers' languages."),
              {"any": [_row("comment", "contains", pgettext("in a complaint", "waiting")),
                       _row("comment", "contains", pgettext("in a complaint", "waited")),
                       _row("comment", "contains", pgettext("in a complaint", "queue"))]}),
        Ready("open-case", gettext_lazy("Open case"), gettext_lazy("Somebody has taken their trouble in hand."),
              _all(_row("open_case", "is_true"))),
        Ready("decision-makers", gettext_lazy("B2B decision makers"),
              gettext_lazy("Contacts of a company whose role says that they decide."),
              _all(_row("company", "is_known"), _row("roles", "includes", "decides"))),
        Ready("renewal-60", gettext_lazy("Company renewal within 60 days"),
              gettext_lazy("Their company renews soon: time to ask how it went before they decide."),
              _all(_row("company_renewal", "within_next", 60))),
        Ready("open-to-offers", gettext_lazy("Open to offers by e-mail"),
              gettext_lazy("They said yes to offers and news."),
              _all(_row("consent", "is_true", channel="email", purpose="marketing"), _row("email", "is_known"))),
    )  # fmt: skip


# --- of what this business declared ------------------------------------------------------------------------------


def _of_attributes() -> Iterator[Ready]:
    for attribute in Attribute.objects.present():
        maker = _BY_KIND.get(attribute.kind)
        if maker is not None:
            yield from maker(attribute)


def _highest(attribute: Attribute) -> Iterator[Ready]:
    yield Ready(
        f"top-{attribute.key}"[:60],
        _("Top 5 %% by %(attribute)s") % {"attribute": attribute.label},
        _("The highest twentieth of all whose value is known."),
        _all(_row(f"attribute.{attribute.key}", "top_percent", 5)),
    )


def _soon(attribute: Attribute) -> Iterator[Ready]:
    if "renew" in attribute.key:
        yield Ready(
            f"soon-{attribute.key}"[:60],
            _("%(attribute)s within 60 days") % {"attribute": attribute.label},
            _("Time to ask how it went before they decide."),
            _all(_row(f"attribute.{attribute.key}", "within_next", 60)),
        )


AGES = ((0, 24), (25, 39), (40, 59), (60, 120))


def _ages(attribute: Attribute) -> Iterator[Ready]:
    if attribute.key != "age":
        return
    for low, high in AGES:
        yield Ready(
            f"age-{low}",
            _("Aged %(low)d to %(high)d") % {"low": low, "high": high},
            _("By the age that is recorded."),
            _all(_row("attribute.age", "between", [low, high])),
        )


_BY_KIND: dict[str, Callable[[Attribute], Iterator[Ready]]] = {
    AttributeKind.MONEY: _highest,
    AttributeKind.DATE: _soon,
    AttributeKind.NUMBER: _ages,
}


def _of_units() -> Iterator[Ready]:
    """One for each region or store: a unit takes in those beneath it."""
    for unit in Unit.objects.all().order_by("name", "id")[:MOST_OF_A_KIND]:
        shown = opaque.encode("unit", unit.pk)
        yield Ready(
            f"unit-{shown}",
            _("Customers of %(unit)s") % {"unit": unit.name},
            _("With all units beneath it."),
            _all(_row("unit", "is_in", shown)),
        )


def _of_shops() -> Iterator[Ready]:
    """One for each shop that the latest orders name in their property "store"."""
    orders = CustomerEvent.objects.filter(name=ORDER, properties__has_key="store").order_by("-at")
    named = orders.values_list("properties__store", flat=True)[:LATEST_ORDERS]
    for shop in sorted({each for each in named if isinstance(each, str) and each})[:MOST_OF_A_KIND]:
        yield Ready(
            f"bought-at-{hashlib.sha256(shop.encode()).hexdigest()[:12]}",
            _("Bought at %(shop)s") % {"shop": shop},
            _("An order there in the last year."),
            _all(_row("event_count", "at_least", 1, event=ORDER, property="store", equals=shop, days=365)),
        )
