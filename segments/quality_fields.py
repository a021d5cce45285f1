"""Words of the rule language about the data itself: how old a value is, where it came from, who shares it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Func, Max, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from segments import catalog, compiling, origins, reaching
from segments.catalog import Asked, Field
from segments.edges import AnyEdge
from segments.models import Attribute, AttributeChange, Channel, Customer, CustomerKey, Suppression
from segments.rules import Condition
from segments.rules.tree import Option

NO_ADDRESS, BOUNCED, COMPLAINED, STOPPED = "no_address", "bounced", "complained", "stopped"
UNREACHABLE = (NO_ADDRESS, BOUNCED, COMPLAINED, STOPPED)
CRM_SEEN = "crm_seen"
# How often columns without an index are looked at for what time does to them.
SELDOM = timedelta(minutes=10)
WHY = {
    NO_ADDRESS: _("there is no e-mail address"),
    BOUNCED: _("the e-mail address does not exist"),
    COMPLAINED: _("mails were reported as spam"),
    STOPPED: _("all mails to the address are stopped"),
}


def fields() -> list[Field]:
    labels: dict[str, Any] = dict(origins.OWN)
    for one in Attribute.objects.present():
        labels[f"{origins.ATTRIBUTE}{one.key}"] = one.label
    of = Option("of", "choice", choices=tuple(labels), labels=labels)
    group = _("Data")

    def said(words: Any) -> Callable[[Mapping[str, Any]], str]:
        def phrase(options: Mapping[str, Any]) -> str:
            name = str(labels.get(options.get("of", ""), options.get("of", "")))
            return str(words) % {"what": "“" + name.replace("”", "””") + "”"}

        return phrase

    return [
        Field("value_set", _("when a value was set"), "instant", group, options=(of,),
              condition=_value_set, edges=_set_edges, phrase=said(_("last change of %(what)s"))),
        Field("value_source", _("where a value came from"), "text", group, options=(of,),
              condition=_value_source, phrase=said(_("source of %(what)s"))),
        Field("value_shared", _("a value that others have too"), "flag", group, options=(of,),
              condition=_value_shared, among_others=lambda asked_for: True,
              phrase=said(_("another customer has the same %(what)s"))),
        Field("unreachable", _("no mail reaches them"), "flag", group,
              options=(Option("why", "choice", choices=UNREACHABLE, labels=WHY),),
              condition=_unreachable, reads=("suppression",), among_others=_by_hash,
              phrase=_said_unreachable),
        Field(CRM_SEEN, _("last sign of the CRM record"), "instant", group,
              options=(Option("system", "text", required=False),), condition=_crm_seen,
              reads=("key",), edges=_crm_edges, phrase=_said_crm),
    ]  # fmt: skip


def _said_unreachable(options: Mapping[str, Any]) -> str:
    return str(WHY.get(options.get("why", ""), gettext("no mail reaches them")))


def _said_crm(options: Mapping[str, Any]) -> str:
    if options.get("system"):
        return gettext("last sign of the record in “%(system)s”") % {
            "system": str(options["system"]).replace("”", "””")
        }
    return gettext("last sign of the CRM record")


def _value_set(asked_for: Condition, asked: Asked) -> Q:
    """The last time the value was brought or changed; for one that never changed, when the customer came in."""
    what = asked_for.option("of")
    known = origins.known(what)
    if asked_for.operator == "is_known":
        return known
    if asked_for.operator == "is_unknown":
        return compiling.negated(known)
    changes = AttributeChange.objects.filter(key=origins.change_key(what), new__isnull=False)
    low, high = catalog.instants(asked_for, asked)
    if low is not None:
        from_low = "gte" if asked_for.operator == "after" else "gt"
        since = changes.filter(**{f"at__{from_low}": low})
        return known & (_brought(from_low, low) | Q(pk__in=since.values("customer_id")))
    upto, beyond = ("lt", "gte") if asked_for.operator == "before" else ("lte", "gt")
    later = changes.filter(**{f"at__{beyond}": high})
    return known & _brought(upto, high) & ~Q(pk__in=later.values("customer_id"))


def _set_edges(asked_for: Condition, asked: Asked) -> list[AnyEdge]:
    if asked_for.operator not in ("within_last", "longer_ago_than"):
        return []
    changes = AttributeChange.objects.filter(key=origins.change_key(asked_for.option("of")))
    people, days = Customer.objects.present(), int(asked_for.value)
    return [
        *catalog.window_edges(changes, "at", days, every=SELDOM),
        *catalog.window_edges(people, "recorded_at", days, customer="pk"),
        *catalog.window_edges(people.filter(recorded_at=None), "created_at", days, customer="pk"),
    ]


def _crm_edges(asked_for: Condition, asked: Asked) -> list[AnyEdge]:
    if asked_for.operator not in ("within_last", "longer_ago_than"):
        return []
    keys = CustomerKey.objects.filter(kind="crm").annotate(sign=Coalesce("seen_at", "created_at"))
    return catalog.window_edges(keys, "sign", int(asked_for.value), every=SELDOM)


def _by_hash(asked_for: Condition) -> bool:
    """What is stopped is known by the hash of the address, which leads to nobody."""
    return bool(asked_for.option("why") != NO_ADDRESS)


def _brought(lookup: str, at: datetime | None) -> Q:
    """When the record came in; of those from before this was kept, since when they are a customer."""
    return Q(**{f"recorded_at__{lookup}": at}) | Q(recorded_at=None, **{f"created_at__{lookup}": at})


def _range(asked_for: Condition, asked: Asked) -> Callable[[str], Q]:
    """The comparison of an instant that the operator means, for a column of any name."""
    low, high = catalog.instants(asked_for, asked)
    operator = asked_for.operator

    def fits(column: str) -> Q:
        found = Q()
        if low is not None:
            found &= Q(**{f"{column}__{'gte' if operator == 'after' else 'gt'}": low})
        if high is not None:
            found &= Q(**{f"{column}__{'lt' if operator == 'before' else 'lte'}": high})
        return found

    return fits


def _value_source(asked_for: Condition, asked: Asked) -> Q:
    """By the first word of the source: “import:12” is “import”, whichever file it was."""
    what, operator = asked_for.option("of"), asked_for.operator
    known = origins.known(what)
    if operator == "is_known":
        return known
    if operator == "is_unknown":
        return compiling.negated(known)
    changes = AttributeChange.objects.filter(key=origins.change_key(what), new__isnull=False)
    last = changes.order_by("customer_id", "-at", "-id").distinct("customer_id")
    latest = AttributeChange.objects.filter(pk__in=last.values("pk")).annotate(first_word=_first_word())
    positive, negative = _said(asked_for)
    found = known & (
        Q(pk__in=latest.filter(positive("first_word")).values("customer_id"))
        | (
            ~Q(pk__in=changes.values("customer_id"))
            & Q(
                pk__in=Customer.objects.annotate(first_word=_first_word())
                .filter(positive("first_word"))
                .values("pk")
            )
        )
    )
    return compiling.negated(found) if negative else found


def _said(asked_for: Condition) -> tuple[Callable[[str], Q], bool]:
    """(the comparison, whether its opposite is meant) of an operator over texts."""
    value = asked_for.value
    lookup = {
        "is": "exact",
        "is_not": "exact",
        "is_one_of": "in",
        "is_none_of": "in",
        "begins_with": "begins",
        "contains": "icontains",
    }[asked_for.operator]
    wanted = list(value) if isinstance(value, tuple) else value

    def fits(column: str) -> Q:
        return Q(**{f"{column}__{lookup}": wanted})

    return fits, asked_for.operator in ("is_not", "is_none_of")


def _first_word() -> Any:
    """What stands before the colon, if there is one."""
    return Func(F("source"), Value(":"), Value(1), function="split_part", output_field=TextField())


def _value_shared(asked_for: Condition, asked: Asked) -> Q:
    """Somebody else among those who count has the same value; capitals of an address are no difference."""
    what = asked_for.option("of")
    everybody = compiling.everybody(asked).filter(origins.known(what))
    column: Any = {"email": "email_lower", "company": "company_id", "unit": "unit_id"}.get(what, what)
    if what.startswith(origins.ATTRIBUTE):
        everybody = everybody.annotate(
            held=KeyTextTransform(what.removeprefix(origins.ATTRIBUTE), "attributes")
        )
        column = "held"
    several = everybody.order_by().values(column).annotate(number=Count("pk")).filter(number__gt=1)
    found = Q(pk__in=everybody.filter(**{f"{column}__in": several.values(column)}).values("pk"))
    return found if asked_for.operator == "is_true" else compiling.negated(found)


def _unreachable(asked_for: Condition, asked: Asked) -> Q:
    why = asked_for.option("why")
    if why == NO_ADDRESS:
        found = Q(email_lower="")
    else:
        found = Q(
            pk__in=reaching.salted(Customer.objects.exclude(email_lower=""), asked)
            .filter(hashed__in=stops(why).values("address_hash"))
            .values("pk")
        )
    return found if asked_for.operator == "is_true" else compiling.negated(found)


def stops(why: str) -> QuerySet[Suppression]:
    """Suppressions of all mail, for that reason; `stopped` is any reason but the other two."""
    closed = Suppression.objects.filter(channel=Channel.EMAIL, purpose="")
    if why == STOPPED:
        return closed.exclude(reason__in=(BOUNCED, COMPLAINED))
    return closed.filter(reason=why)


def _crm_seen(asked_for: Condition, asked: Asked) -> Q:
    """The last time a CRM (or whoever syncs it) named this customer by its id."""
    keys = CustomerKey.objects.filter(kind="crm")
    if system := asked_for.option("system"):
        keys = keys.filter(source=system)
    having = Q(pk__in=keys.values("customer_id"))
    if asked_for.operator in ("is_known", "is_unknown"):
        return having if asked_for.operator == "is_known" else ~having
    lasts = keys.values("customer_id").annotate(last=Max(Coalesce("seen_at", "created_at")))
    return Q(pk__in=lasts.filter(_range(asked_for, asked)("last")).values("customer_id"))
