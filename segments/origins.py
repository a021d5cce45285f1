"""Where a value came from, and when: the last change of it, else how the customer came in.

Changes are kept in AttributeChange. A fact of the record itself (name, e-mail, ...) is kept there under its name with
a dot before it, which no declared attribute can have.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from segments.models import AttributeChange, Customer

# Facts of the record itself that are asked for in the same way as attributes: key -> what it is called.
# Not the stage: it has a history of its own (StageChange), and mostly comes from nobody.
OWN: dict[str, str | Promise] = {
    "name": gettext_lazy("Name"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "locale": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "company": gettext_lazy("Company"),
    "roles": gettext_lazy("Role in the company"),
    "unit": gettext_lazy("Unit"),
}
ATTRIBUTE = "attribute."
# Facts whose old and new value is kept; of company and unit only that they changed.
TEXTS = ("name", "email", "phone", "locale", "time_zone", "roles")
LINKS = ("company", "unit")

_SOURCES: dict[str, str | Promise] = {
    "page": gettext_lazy("by hand"),
    "api": gettext_lazy("over the API"),
    "import": gettext_lazy("from a file"),
    "merge": gettext_lazy("by a merge"),
    "segment": gettext_lazy("by a library for Segment"),
    "webhook": gettext_lazy("by an inbound webhook"),
    "my data": gettext_lazy("by the customer"),
    "demo": gettext_lazy("invented"),
}


@dataclass(frozen=True)
class Origin:
    """Where a value came from ("import:12", "api", "my data"), and when."""

    source: str
    at: datetime

    @property
    def words(self) -> str:
        return source_words(self.source)


def source_words(source: str) -> str:
    """A source as people read it; one of the business's own names stands as it is."""
    kind = source.partition(":")[0]
    return str(_SOURCES.get(kind, kind)) or _("unknown")


def change_key(what: str) -> str:
    """How AttributeChange calls it: "attribute.plan" is "plan", "email" is ".email"."""
    return what.removeprefix(ATTRIBUTE) if what.startswith(ATTRIBUTE) else f".{what}"


def known(what: str) -> Q:
    """The customers of whom it is known."""
    if what.startswith(ATTRIBUTE):
        return Q(attributes__has_key=what.removeprefix(ATTRIBUTE))
    if what in LINKS:
        return Q(**{f"{what}__isnull": False})
    return ~Q(**{"email_lower" if what == "email" else what: ""})


def of(customer: Customer, keys: Iterable[str]) -> dict[str, Origin]:
    """The origin of each of these values of a customer; what is not known has none."""
    wanted = [what for what in keys if _has(customer, what)]
    first = Origin(customer.source, customer.recorded_at or customer.created_at)
    latest: dict[str, Origin] = {}
    rows = AttributeChange.objects.filter(
        customer_id=customer.pk, key__in=[change_key(what) for what in wanted], new__isnull=False
    )
    for key, source, at in rows.order_by("at", "id").values_list("key", "source", "at"):
        latest[key] = Origin(source, at)
    return {what: latest.get(change_key(what), first) for what in wanted}


def changes_of(
    customer: Customer, before: dict[str, Any], *, source: str, at: datetime
) -> list[AttributeChange]:
    """What differs from `before` (fact -> value, of TEXTS and LINKS) as rows that are not saved yet."""
    rows = []
    for name, old in before.items():
        new = getattr(customer, f"{name}_id" if name in LINKS else name)
        if old == new:
            continue
        if name in LINKS:
            # Only that it changed: the numbers tell nobody anything. True stands for "there is one".
            old, new = (True if old else None), (True if new else None)
        rows.append(
            AttributeChange(
                customer_id=customer.pk,
                key=f".{name}",
                old=old or None,
                new=new or None,
                source=source,
                at=at,
            )
        )
    return rows


def facts_of(customer: Customer) -> dict[str, Any]:
    """What `changes_of` compares with; taken before the change."""
    return {
        **{name: getattr(customer, name) for name in TEXTS},
        **{name: getattr(customer, f"{name}_id") for name in LINKS},
    }


def _has(customer: Customer, what: str) -> bool:
    if what.startswith(ATTRIBUTE):
        return what.removeprefix(ATTRIBUTE) in customer.attributes
    return bool(getattr(customer, f"{what}_id" if what in LINKS else what))
