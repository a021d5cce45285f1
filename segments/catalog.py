"""The vocabulary of rules: every fact that can be asked of a customer, with its type and how it is found.

Upper apps bring words of their own through the socket SEGMENT_FIELDS: a callable (no arguments) that
returns a list of Field. The same fields are the columns of the customer list.
"""

import zoneinfo
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Collate
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import opaque
from accounts.models import Organization, Unit
from accounts.sockets import plugged
from accounts.tenancy.context import current_organization_id
from segments import stages
from segments.edges import AnyEdge, DayEdge, Edge
from segments.models import (
    Attribute,
    Category,
    Channel,
    Company,
    Consent,
    Contact,
    ContactRole,
    Customer,
    CustomerEvent,
    CustomerKey,
    Purpose,
    Segment,
)
from segments.models.consent import ALLOWED_WITHOUT_A_WORD, ANY_CHANNEL
from segments.models.customer import ROLE_SETS
from segments.rules import Condition
from segments.rules.tree import Option

Label = str | Promise


@dataclass(frozen=True)
class Asked:
    """When and for whom a rule is asked: one instant for the whole rule, days in the organization's zone."""

    organization: Organization
    now: datetime
    # Rows of whom the answer can be about, by their customer_id: bounds what a batch reads. None is everybody.
    people: Q | None = None

    @classmethod
    def here(cls, now: datetime | None = None) -> "Asked":
        return cls.of(Organization.objects.get(pk=current_organization_id()), now)

    @classmethod
    def of(cls, organization: Organization, now: datetime | None = None) -> "Asked":
        """For a caller who has the row of the organization at hand."""
        return cls(organization, now or timezone.now())

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.organization.time_zone or "UTC")

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def begin_of(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone)

    def theirs(self, rows: models.QuerySet) -> models.QuerySet:
        """Of rows with a customer_id, those that the answer can be about."""
        return rows if self.people is None else rows.filter(self.people)


@dataclass(frozen=True)
class Field:
    """One word of the rule language.

    `kind` says which operators it has (rules.tree.OPERATORS). Either `expression(options, asked)` gives the
    SQL value that the operators compare (NULL when unknown), or `condition(condition, asked)` the whole Q.
    `shown(customer)` makes it a column of the customer list; `order` is what such a column sorts by.
    """

    key: str
    label: Label
    kind: str
    group: Label = ""
    choices: tuple[str, ...] = ()
    labels: Mapping[str, Label] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    expression: Callable[[Mapping[str, Any], Asked], Combinable] | None = None
    condition: Callable[[Condition, Asked], Q] | None = None
    # A plain column of the customer: compared as it stands, so that its index can be used. "" is unknown.
    column: str = ""
    # A key of Customer.attributes.
    attribute: str = ""
    # For a field with options: "number of “%(event)s” in the last %(days)s days".
    phrase: Callable[[Mapping[str, Any]], str] | None = None
    suggest: Callable[[], Sequence[str]] | None = None
    shown: Callable[[Customer], Any] | None = None
    order: str = ""
    sensitive: bool = False
    currency: str = ""
    # For following who is in a segment (depending.py). `reads`: logs of facts beside the customer's own row.
    reads: tuple[str, ...] = ()
    # When time alone may turn a condition; those of plain columns and attributes follow from the operator.
    edges: Callable[[Condition, "Asked"], Sequence[AnyEdge]] | None = None
    # Whether one customer's answer depends on the facts of all the others, as a rank does.
    among_others: Callable[[Condition], bool] = lambda asked_for: asked_for.operator == "top_percent"

    def subject(self, options: Mapping[str, Any]) -> str:
        """How the sentence calls it."""
        return self.phrase(options) if self.phrase is not None else str(self.label)

    def value_text(self, value: Any) -> str:
        """How the sentence says a value: texts in quotes, doubled where they contain one."""
        if self.kind in ("number", "count"):
            return str(value).replace("-", "−")
        if self.kind == "money":
            return f"{value} {self.currency}".replace("-", "−")
        if self.kind in ("date", "instant"):
            return str(value)
        return "“" + str(self.labels.get(value, value)).replace("”", "””") + "”"


class Vocabulary(Mapping[str, Field]):
    """All fields of one organization, in the order in which the builder offers them."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self._fields = {one.key: one for one in fields}

    def __getitem__(self, key: str) -> Field:
        return self._fields[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def groups(self) -> list[tuple[str, list[Field]]]:
        """[(heading, fields)] for the builder's list."""
        found: dict[str, list[Field]] = {}
        for one in self._fields.values():
            found.setdefault(str(one.group), []).append(one)
        return list(found.items())

    def columns(self) -> list[Field]:
        """Those that can stand as a column of the customer list."""
        return [one for one in self._fields.values() if one.shown is not None]


def vocabulary() -> Vocabulary:
    """The words of the acting organization: Loopwell's own, its attributes, and those of the upper apps."""
    fields = [*_core(), *(of_attribute(one) for one in Attribute.objects.present())]
    for bring in plugged("SEGMENT_FIELDS"):
        fields += bring()
    return Vocabulary(fields)


def of_attribute(attribute: Attribute) -> Field:
    """The field of a declared attribute: `attribute.plan`."""
    return Field(
        key=f"attribute.{attribute.key}",
        label=attribute.label,
        kind=str(attribute.kind),
        group=_("Attributes"),
        choices=tuple(attribute.choices) if attribute.kind in ("choice",) else (),
        attribute=attribute.key,
        shown=lambda customer: customer.attributes.get(attribute.key),
        suggest=(lambda: attribute.choices) if attribute.choices else None,
        sensitive=attribute.sensitive,
        currency=attribute.currency,
    )


_CATEGORIES = tuple(Category.values)
_WITHIN = Option("days", "days", required=False)
_EVENT = Option("event", "text")
# Of what was sent with the event: bought *where*, seen *on which device*.
_PROPERTY = (
    Option("property", "text", required=False),
    Option("equals", "text", required=False, needs="property"),
)


def _core() -> list[Field]:
    nps, person, behaviour, allowed = _("Answers"), _("Person"), _("Behaviour"), _("Permission")
    labels, names = dict(Category.choices), stages.plan().names
    firm, currency = _("Company"), Organization.objects.get(pk=current_organization_id()).currency
    return [
        Field("score", _("last score"), "number", nps, column="last_score",
              shown=lambda one: one.last_score, order="last_score"),
        Field("category", _("category"), "choice", nps, choices=_CATEGORIES, labels=labels,
              condition=_category("last_score"), shown=lambda one: one.last_category, order="last_score"),
        Field("previous_score", _("score before"), "number", nps, column="previous_score",
              shown=lambda one: one.previous_score, order="previous_score"),
        Field("previous_category", _("category before"), "choice", nps, choices=_CATEGORIES, labels=labels,
              condition=_category("previous_score"), shown=lambda one: one.previous_category,
              order="previous_score"),
        Field("score_change", _("change of score"), "number", nps,
              expression=lambda options, asked: F("last_score") - F("previous_score"),
              shown=lambda one: one.score_change),
        Field("answers", _("number of answers"), "count", nps, column="answer_count",
              shown=lambda one: one.answer_count, order="answer_count"),
        Field("answered", _("last answer"), "instant", nps, column="last_responded_at",
              shown=lambda one: one.last_responded_at, order="last_responded_at"),
        Field("channel", _("channel of the last answer"), "text", nps, column="last_channel",
              shown=lambda one: one.last_channel),
        Field("touchpoint", _("touchpoint of the last answer"), "text", nps, column="last_touchpoint",
              suggest=lambda: _seen("last_touchpoint"), shown=lambda one: one.last_touchpoint),
        Field("name", _("name"), "text", person, column="name", shown=lambda one: one.name, order="name"),
        Field("email", _("e-mail"), "text", person, column="email_lower", shown=lambda one: one.email,
              order="email_lower"),
        Field("phone", _("phone"), "text", person, column="phone", shown=lambda one: one.phone),
        Field("locale", _("language"), "text", person, column="locale", suggest=lambda: _seen("locale"),
              shown=lambda one: one.locale),
        Field("time_zone", _("time zone"), "text", person, column="time_zone",
              suggest=lambda: _seen("time_zone"), shown=lambda one: one.time_zone),
        Field("external_id", _("external id"), "text", person, condition=_external_id, reads=("key",)),
        Field("stage", _("stage"), "choice", person, choices=tuple(names), labels=names, column="stage",
              shown=lambda one: one.stage, order="stage"),
        Field("stage_since", _("in this stage since"), "instant", person, column="stage_since",
              shown=lambda one: one.stage_since),
        Field("since", _("customer since"), "instant", person, column="created_at",
              shown=lambda one: one.created_at, order="created_at"),
        Field("unit", _("unit"), "unit", person, condition=_unit, suggest=None,
              shown=lambda one: one.unit.name if one.unit else ""),
        Field("company", _("company"), "text", person, column="company__name", reads=("company",),
              shown=lambda one: one.company.name if one.company else ""),
        Field("industry", _("industry of the company"), "text", firm, column="company__industry",
              reads=("company",)),
        Field("roles", _("role in the company"), "list", firm, choices=tuple(ContactRole.values),
              labels=dict(ContactRole.choices), condition=_role,
              suggest=lambda: list(ContactRole.values), shown=lambda one: one.roles.split() or None),
        Field("account_owner", _("account owner of the company"), "text", firm,
              column="company__owner__user__email", suggest=_owners, reads=("company",),
              shown=lambda one: one.company.owner.user.email if one.company and one.company.owner else ""),
        Field("company_revenue", _("revenue of the company"), "money", firm, expression=_company_revenue,
              shown=_shown_revenue, currency=currency, reads=("company",)),
        Field("company_renewal", _("renewal date of the company"), "date", firm, expression=_company_renewal,
              reads=("company",),
              shown=lambda one: one.company.renewal_date.isoformat()
              if one.company and one.company.renewal_date else None),
        Field("event_count", _("number of events"), "count", behaviour, options=(_EVENT, *_PROPERTY, _WITHIN),
              condition=_event_count, reads=("event",), edges=_event_edges, phrase=_said_count),
        Field("event_sum", _("sum of events"), "count", behaviour, options=(_EVENT, *_PROPERTY, _WITHIN),
              condition=_event_sum, reads=("event",), edges=_event_edges, phrase=_said_sum),
        Field("event_last", _("last event"), "instant", behaviour, options=(_EVENT, *_PROPERTY),
              condition=_event_last, reads=("event",), edges=_event_edges, phrase=_said_last),
        Field("contacts", _("messages from us"), "count", behaviour, options=(_WITHIN,),
              condition=_contacts, reads=("contact",), edges=_contact_edges, phrase=_said_contacts),
        Field("consent", _("consent"), "flag", allowed,
              options=(
                  Option("channel", "choice", choices=(ANY_CHANNEL, *Channel.values)),
                  Option("purpose", "choice", choices=tuple(Purpose.values)),
              ),
              condition=_consent, reads=("consent",), phrase=_said_consent),
        Field("segment", _("another segment"), "segment", _("Segments")),
    ]  # fmt: skip


def _seen(column: str) -> list[str]:
    """Values that occur, to be offered while typing."""
    found = Customer.objects.present().exclude(**{column: ""}).order_by(column)
    return list(found.values_list(column, flat=True).distinct()[:30])


_RANGES = {Category.DETRACTOR: (0, 6), Category.PASSIVE: (7, 8), Category.PROMOTER: (9, 10)}


def _category(column: str) -> Callable[[Condition, Asked], Q]:
    """Asked of the score itself: the category follows from it, and the score has the index."""

    def condition(asked_for: Condition, asked: Asked) -> Q:
        if asked_for.operator in ("is_known", "is_unknown"):
            return Q(**{f"{column}__isnull": asked_for.operator == "is_unknown"})
        wanted = asked_for.value if isinstance(asked_for.value, tuple) else (asked_for.value,)
        if asked_for.operator in ("is_not", "is_none_of"):
            others = [name for name in _RANGES if name not in wanted]
            return Q(**{f"{column}__isnull": True}) | _within(column, others)
        return _within(column, wanted)

    return condition


def _within(column: str, categories: Sequence[str]) -> Q:
    found = Q(pk__in=[])
    for name in categories:
        low, high = _RANGES[Category(name)]
        found |= Q(**{f"{column}__gte": low, f"{column}__lte": high})
    return found


def _external_id(asked_for: Condition, asked: Asked) -> Q:
    keys = CustomerKey.objects.filter(kind="external", customer=models.OuterRef("pk"))
    operator, value = asked_for.operator, asked_for.value
    if operator in ("is_known", "is_unknown"):
        return Q(models.Exists(keys)) if operator == "is_known" else ~Q(models.Exists(keys))
    if operator in ("is", "is_not"):
        found = models.Exists(keys.filter(value=value))
    elif operator in ("is_one_of", "is_none_of"):
        found = models.Exists(keys.filter(value__in=value))
    elif operator == "begins_with":
        found = models.Exists(keys.filter(value__begins=value))
    else:
        found = models.Exists(keys.filter(value__contains=value))
    return ~Q(found) if operator in ("is_not", "is_none_of") else Q(found)


def _unit(asked_for: Condition, asked: Asked) -> Q:
    """In the unit or any beneath it. The value is the unit's id as the API shows it."""
    if asked_for.operator in ("is_known", "is_unknown"):
        return Q(unit__isnull=asked_for.operator == "is_unknown")
    unit_id = opaque.decode("unit", asked_for.value)
    branch = Unit.objects.all().branch_ids(unit_id) if unit_id is not None else ()
    inside = Q(unit_id__in=list(branch))
    return inside if asked_for.operator == "is_in" else Q(unit__isnull=True) | ~inside


def _role(asked_for: Condition, asked: Asked) -> Q:
    """No role is part of another's word, so each is looked for in the text that holds them all."""
    operator = asked_for.operator
    if operator in ("is_known", "is_unknown"):
        return ~Q(roles="") if operator == "is_known" else Q(roles="")
    wanted = asked_for.value if isinstance(asked_for.value, tuple) else (asked_for.value,)
    found = Q(pk__in=[])
    for role in wanted:
        found |= Q(roles__in=[some for some in ROLE_SETS if role in some.split()])
    return ~found if operator == "excludes" else found


def _company_revenue(options: Mapping[str, Any], asked: Asked) -> Combinable:
    """In the organization's currency; an amount in another one is not known."""
    ours = models.When(company__currency=asked.organization.currency, then=F("company__revenue"))
    return models.Case(ours, default=None, output_field=models.DecimalField())


def _shown_revenue(customer: Customer) -> Any:
    company = customer.company
    if company is None or company.revenue is None or company.currency != customer.organization.currency:
        return None
    return float(company.revenue) if company.revenue % 1 else int(company.revenue)


def _company_renewal(options: Mapping[str, Any], asked: Asked) -> Combinable:
    """Days are compared as texts, as those of attributes are (compiling._days_around)."""
    return Collate(Cast("company__renewal_date", models.TextField()), "C")


def _owners() -> list[str]:
    owned = Company.objects.present().filter(owner__isnull=False).order_by("owner__user__email")
    return list(owned.values_list("owner__user__email", flat=True).distinct()[:30])


def _consent(asked_for: Condition, asked: Asked) -> Q:
    """What is recorded for the channel, else for any channel, else the default of the purpose."""
    channel, purpose = asked_for.option("channel"), asked_for.option("purpose")
    said = Consent.objects.filter(customer=models.OuterRef("pk"), purpose=purpose)
    default = ALLOWED_WITHOUT_A_WORD[Purpose(purpose)]
    for_any = said.filter(channel=ANY_CHANNEL)
    allowed = Q(models.Exists(for_any.filter(allowed=True)))
    if default:
        allowed |= ~Q(models.Exists(for_any))
    if channel != ANY_CHANNEL:
        own = said.filter(channel=channel)
        allowed = Q(models.Exists(own.filter(allowed=True))) | (~Q(models.Exists(own)) & allowed)
    return allowed if asked_for.operator == "is_true" else ~allowed


# --- events: asked of the table of events once, not once per customer -------------------------------------


def _event_count(asked_for: Condition, asked: Asked) -> Q:
    return _of_totals(_events(asked_for, asked), models.Count("id"), asked_for)


def _event_sum(asked_for: Condition, asked: Asked) -> Q:
    in_our_money = Q(currency="") | Q(currency=asked.organization.currency)
    total = Coalesce(models.Sum("amount", filter=in_our_money), 0, output_field=models.DecimalField())
    return _of_totals(_events(asked_for, asked), total, asked_for)


def _contacts(asked_for: Condition, asked: Asked) -> Q:
    contacts = asked.theirs(Contact.objects.filter(at__lte=asked.now))
    days = asked_for.option("days")
    if days is not None:
        contacts = contacts.filter(at__gt=asked.now - timedelta(days=days))
    return _of_totals(contacts, models.Count("id"), asked_for)


def _event_last(asked_for: Condition, asked: Asked) -> Q:
    events = _named(asked_for, asked)
    operator = asked_for.operator
    if operator in ("is_known", "is_unknown"):
        having = Q(pk__in=events.values("customer_id"))
        return having if operator == "is_known" else ~having
    lasts = events.filter(at__lte=asked.now).values("customer_id").annotate(last=models.Max("at"))
    low, high = instants(asked_for, asked)
    if low is not None:
        lasts = lasts.filter(last__gte=low) if operator == "after" else lasts.filter(last__gt=low)
    if high is not None:
        lasts = lasts.filter(last__lt=high) if operator == "before" else lasts.filter(last__lte=high)
    return Q(pk__in=lasts.values("customer_id"))


def instants(asked_for: Condition, asked: Asked) -> tuple[datetime | None, datetime | None]:
    """The bounds that an operator over instants means: (from, until), None where it is open.

    before and after take days of the organization: before day D ends with its first instant, after day D
    begins with the first instant of the next. The others are counted back from now.
    """
    operator, value = asked_for.operator, asked_for.value
    if operator == "before":
        return None, asked.begin_of(date.fromisoformat(value))
    if operator == "after":
        return asked.begin_of(date.fromisoformat(value) + timedelta(days=1)), None
    if operator == "within_last":
        return asked.now - timedelta(days=value), asked.now
    return None, asked.now - timedelta(days=value)


def _events(asked_for: Condition, asked: Asked) -> models.QuerySet:
    events = _named(asked_for, asked).filter(at__lte=asked.now)
    days = asked_for.option("days")
    return events.filter(at__gt=asked.now - timedelta(days=days)) if days is not None else events


def _named(asked_for: Condition, asked: Asked) -> models.QuerySet:
    """Events of the name, and of the property if one is asked for: any value of it, or this one, as text."""
    named = CustomerEvent.objects.filter(name=asked_for.option("event"), mode__in=_modes(asked))
    events = asked.theirs(named)
    key, wanted = asked_for.option("property"), asked_for.option("equals")
    if key is None:
        return events
    events = events.alias(said=KeyTextTransform(key, "properties"))
    return events.filter(said__isnull=False) if wanted is None else events.filter(said=wanted)


def _event_edges(asked_for: Condition, asked: Asked) -> list[AnyEdge]:
    return window_edges(_named(asked_for, asked), "at", _days_of(asked_for))


def _contact_edges(asked_for: Condition, asked: Asked) -> list[AnyEdge]:
    return window_edges(Contact.objects.all(), "at", _days_of(asked_for))


def _days_of(asked_for: Condition) -> int | None:
    """The length of the window that a condition looks at, by its option or by its operator; None for all time."""
    if asked_for.operator in ("within_last", "longer_ago_than"):
        return int(asked_for.value)
    days = asked_for.option("days")
    return None if days is None else int(days)


def window_edges(
    rows: models.QuerySet,
    column: str,
    days: int | None,
    *,
    customer: str = "customer_id",
    every: timedelta | None = None,
) -> list[AnyEdge]:
    """What lies in the future comes to count at its instant; what counts for so many days ceases to after them."""
    afters = [timedelta(0)] if days is None else [timedelta(0), timedelta(days=days)]
    return [Edge(rows, column, after, customer, every) for after in afters]


def edges_of(word: Field, asked_for: Condition, asked: Asked) -> Sequence[AnyEdge]:
    """When time alone may turn this condition for somebody."""
    if word.edges is not None:
        return word.edges(asked_for, asked)
    operator = asked_for.operator
    if word.column and word.kind == "instant" and operator in ("within_last", "longer_ago_than"):
        return window_edges(Customer.objects.present(), word.column, _days_of(asked_for), customer="pk")
    if word.kind == "date" and (word.attribute or word.expression is not None):
        rows = Customer.objects.present()
        if word.expression is not None:
            held = word.expression(dict(asked_for.options), asked)
        else:
            rows, held = (
                rows.filter(attributes__has_key=word.attribute),
                KeyTextTransform(word.attribute, "attributes"),
            )
        afters = {
            "within_last": lambda days: (0, days + 1),
            "longer_ago_than": lambda days: (days + 1,),
            "within_next": lambda days: (-days, 1),
        }.get(operator, lambda days: ())
        return [DayEdge(rows, held, after) for after in afters(asked_for.value)]
    return ()


def _modes(asked: Asked) -> list[str]:
    from accounts.modes import counting

    return [*counting(asked.organization), "imported"]


def _of_totals(rows: models.QuerySet, total: models.Aggregate | models.Func, asked_for: Condition) -> Q:
    """Customers by a total of theirs, which is 0 for those who have no rows at all.

    Where 0 itself fits, those who do not fit are looked for instead, and everybody else is in.
    """
    fits, comparison = compared(asked_for.operator, asked_for.value)
    totals = rows.values("customer_id").annotate(total=total)
    if not fits(0):
        return Q(pk__in=totals.filter(comparison).values("customer_id"))
    return ~Q(pk__in=totals.exclude(comparison).values("customer_id"))


def compared(operator: str, value: Any) -> tuple[Callable[[Any], bool], Q]:
    """A comparison of a total, as Python and as SQL over `total`."""
    if operator == "between":
        low, high = value
        return (lambda total: low <= total <= high), Q(total__gte=exact(low), total__lte=exact(high))
    lookup, fits = {
        "is": ("exact", lambda total: total == value),
        "is_not": ("exact", lambda total: total != value),
        "at_least": ("gte", lambda total: total >= value),
        "at_most": ("lte", lambda total: total <= value),
        "more_than": ("gt", lambda total: total > value),
        "less_than": ("lt", lambda total: total < value),
    }[operator]
    comparison = Q(**{f"total__{lookup}": exact(value)})
    return fits, ~comparison if operator == "is_not" else comparison


def exact(value: float) -> models.Value:
    """A number as a parameter that is not cut to the type it is compared with: a count is never 2.25."""
    return models.Value(Decimal(repr(value)), output_field=models.DecimalField())


def _said_count(options: Mapping[str, Any]) -> str:
    told = {"event": _said_event(options), "days": options.get("days")}
    if told["days"]:
        return gettext("number of %(event)s in the last %(days)s days") % told
    return gettext("number of %(event)s") % told


def _said_sum(options: Mapping[str, Any]) -> str:
    told = {"event": _said_event(options), "days": options.get("days")}
    if told["days"]:
        return gettext("sum of %(event)s in the last %(days)s days") % told
    return gettext("sum of %(event)s") % told


def _said_last(options: Mapping[str, Any]) -> str:
    return gettext("last %(event)s") % {"event": _said_event(options)}


def _said_event(options: Mapping[str, Any]) -> str:
    quoted = {name: str(value).replace("”", "””") for name, value in options.items()}
    if "equals" in quoted:
        return gettext("“%(event)s” with “%(property)s” being “%(equals)s”") % quoted
    if "property" in quoted:
        return gettext("“%(event)s” with a “%(property)s”") % quoted
    return gettext("“%(event)s”") % quoted


def _said_contacts(options: Mapping[str, Any]) -> str:
    if options.get("days"):
        return gettext("number of messages from us in the last %(days)s days") % options
    return gettext("number of messages from us")


def _said_consent(options: Mapping[str, Any]) -> str:
    channels = {ANY_CHANNEL: _("any channel"), **dict(Channel.choices)}
    return gettext("we may use %(channel)s for %(purpose)s") % {
        "channel": channels[options["channel"]],
        "purpose": dict(Purpose.choices)[options["purpose"]],
    }


def event_names() -> list[str]:
    """Names of the business's events, the latest first, to be offered while typing."""
    lately = CustomerEvent.objects.order_by("-at").values_list("name", flat=True)[:2000]
    return sorted(set(lately))[:50]


def named_segments() -> dict[str, str]:
    """Id as in a rule -> name, for sentences and for the builder."""
    return {
        opaque.encode("segment", pk): name
        for pk, name in Segment.objects.present().order_by("name").values_list("pk", "name")
    }


def named_units() -> dict[str, str]:
    return {opaque.encode("unit", pk): name for pk, name in Unit.objects.all().values_list("pk", "name")}
