"""What answers can be broken down by, as it was when people answered, and how many fall on each value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Aggregate,
    Case,
    Count,
    F,
    FloatField,
    Func,
    IntegerField,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
    Window,
)
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce, RowNumber, Substr
from django.db.models.lookups import Exact, IsNull, LessThanOrEqual
from django.utils.translation import gettext as _

from accounts.acting import Actor
from segments import stages
from segments.models import Attribute, AttributeKind
from surveys.models import Response
from surveys.models.response import ResponseQuerySet
from surveys.nps import Counts

NUMBERS = (AttributeKind.NUMBER, AttributeKind.MONEY)
PARTS = 4  # numbers are cut into this many parts of like size
SEGMENTS = "segments"  # the key of the breakdown whose groups may share people (surveys.overlapping)


@dataclass(frozen=True)
class Dimension:
    """Something answers can be broken down by. `kind` is that of the attribute; "fact" for the answer's own."""

    key: str
    label: str
    kind: str = "fact"

    @property
    def attribute(self) -> str:
        """The attribute's key; empty for a fact of the answer."""
        return self.key.removeprefix("attribute.") if self.key.startswith("attribute.") else ""


@dataclass(frozen=True)
class Slice:
    """One value and its answers. `rule` is what finds the customers of today with it, where a segment can."""

    key: str
    label: str
    counts: Counts
    rule: tuple[dict[str, Any], ...] = ()


class _Cuts(Aggregate):
    """Where the numbers are cut; values that exist, so that a cut falls between two people and not through one."""

    template = (
        "percentile_disc(ARRAY["
        + ", ".join(str(part / PARTS) for part in range(1, PARTS))
        + "]) WITHIN GROUP (ORDER BY %(expressions)s)"
    )
    output_field = ArrayField(FloatField())


def dimensions(actor: Actor) -> list[Dimension]:
    """What a breakdown is offered by: facts of the answer, and the declared attributes with few values.

    Sensitive attributes are offered to those only who may declare attributes.
    """
    found = [
        Dimension("channel", _("Channel")),
        Dimension("touchpoint", _("Touchpoint")),
        Dimension("stage", _("Stage")),
        Dimension("unit", _("Unit")),
        Dimension("language", _("Language")),
        Dimension("version", _("Version")),
        Dimension("source", _("Source")),
    ]
    attributes = Attribute.objects.present().filter(
        kind__in=[
            *(AttributeKind.CHOICE, AttributeKind.YES_NO, AttributeKind.TEXT),
            *(AttributeKind.DATE, *NUMBERS),
        ]
    )
    if not actor.may("attribute.edit"):
        attributes = attributes.filter(sensitive=False)
    return [*found, *(Dimension(f"attribute.{each.key}", each.label, each.kind) for each in attributes)]


def offered(actor: Actor) -> list[Dimension]:
    """What a page offers to break down by: the dimensions, and segments, which are no dimension."""
    return [*dimensions(actor), Dimension(SEGMENTS, _("Segments"))]


def last_of_each(responses: ResponseQuerySet, *extra: str) -> ResponseQuerySet:
    """The last answer of each customer (and of each `extra`); those of unknown people stand for themselves."""
    place = Window(
        RowNumber(),
        partition_by=[Coalesce(F("customer_id"), -F("id")), *(F(each) for each in extra)],
        order_by=[F("answered_at").desc(), F("id").desc()],
    )
    last = responses.order_by().annotate(place=place).filter(place=1)
    return Response.objects.filter(pk__in=last.values("pk")).order_by()


def three() -> dict[str, Count]:
    """Aggregates that make Counts."""
    return {
        "detractors": Count("id", filter=Q(score__lte=6)),
        "passives": Count("id", filter=Q(score__gte=7, score__lte=8)),
        "promoters": Count("id", filter=Q(score__gte=9)),
    }


@dataclass(frozen=True)
class Keyed:
    """How answers get the key of their group: an expression, and what is said of a key it gives."""

    expression: Any
    label: Callable[[str], str]
    rule: Callable[[str], tuple[dict[str, Any], ...]]


def keyed(responses: QuerySet[Response], dimension: Dimension) -> Keyed:
    """The key of each of these answers; null or empty where it has no value.

    Numbers come in quarters of like size (fewer where many share one number), dates by year.
    """
    if dimension.kind not in NUMBERS:
        return Keyed(_expression(dimension), labeller(dimension), lambda key: _rule(dimension, key))
    number = _number(dimension)
    known = responses.annotate(number=number).exclude(number=None)
    edges = sorted(set(known.aggregate(cuts=_Cuts(F("number")))["cuts"] or ()))
    whens = [When(LessThanOrEqual(number, Value(edge)), then=Value(at)) for at, edge in enumerate(edges)]
    last = When(IsNull(number, False), then=Value(len(edges)))

    def span(key: str) -> tuple[float | None, float | None]:
        place = int(key)
        return edges[place - 1] if place else None, edges[place] if place < len(edges) else None

    return Keyed(
        Case(*whens, last, default=None, output_field=IntegerField()),
        lambda key: _span(*span(key)),
        lambda key: _between(dimension, *span(key)),
    )


def by_value(responses: QuerySet[Response], dimension: Dimension) -> tuple[list[Slice], int]:
    """The values of a dimension with their counts, and how many answers have none."""
    keys = keyed(responses, dimension)
    named: Any = responses.annotate(group=keys.expression).values("group").order_by("group")
    values, without = [], 0
    for row in named.annotate(**three()):
        counts = Counts(row["detractors"], row["passives"], row["promoters"])
        if row["group"] in (None, ""):
            without += counts.n
        else:
            key = str(row["group"])
            values.append(Slice(key, keys.label(key), counts, keys.rule(key)))
    return values, without


def by_two(
    responses: QuerySet[Response], rows: Dimension, columns: Dimension
) -> tuple[list[Slice], list[Slice], dict[tuple[str, str], Counts]]:
    """Two dimensions crossed: the values of each (of answers that have both), and the counts of each pair."""
    down, across = keyed(responses, rows), keyed(responses, columns)
    named: Any = responses.annotate(down=down.expression, across=across.expression).values("down", "across")
    cells = {
        (str(row["down"]), str(row["across"])): Counts(row["detractors"], row["passives"], row["promoters"])
        for row in named.order_by("down", "across").annotate(**three())
        if row["down"] not in (None, "") and row["across"] not in (None, "")
    }

    def margin(place: int, keys: Keyed) -> list[Slice]:
        sums: dict[str, Counts] = {}
        for pair, counts in cells.items():
            sums[pair[place]] = sums.get(pair[place], Counts(0, 0, 0)) + counts
        return [Slice(key, keys.label(key), counts, keys.rule(key)) for key, counts in sums.items()]

    return margin(0, down), margin(1, across), cells


def _expression(dimension: Dimension) -> Any:
    if dimension.kind == AttributeKind.DATE:
        return Substr(KeyTextTransform(dimension.attribute, "attributes"), 1, 4)
    if dimension.attribute:
        return KeyTextTransform(dimension.attribute, "attributes")
    return {
        "unit": F("unit__name"),
        "version": F("version__number"),
        "channel": F("channel"),
        "touchpoint": F("touchpoint"),
        "stage": F("stage"),
        "language": F("language"),
        "source": F("source"),
    }[dimension.key]


def _number(dimension: Dimension) -> Any:
    kind = Func(
        KeyTransform(dimension.attribute, "attributes"), function="jsonb_typeof", output_field=TextField()
    )
    number = Cast(KeyTextTransform(dimension.attribute, "attributes"), FloatField())
    # An answer of before the attribute became a number carries words; they are no number.
    return Case(When(Exact(kind, Value("number")), then=number), default=None)


def labeller(dimension: Dimension) -> Callable[[str], str]:
    """What is said of a value of the dimension."""
    if dimension.key == "source":
        labels = {value: str(label) for value, label in Response.Source.choices}
    elif dimension.key == "channel":
        labels = {"email": _("E-mail"), "link": _("Link"), "api": _("API")}
    elif dimension.key == "stage":
        labels = stages.plan().names
    elif dimension.kind == AttributeKind.YES_NO:
        labels = {"true": _("yes"), "false": _("no")}
    else:
        labels = {}
    return lambda key: labels.get(key, key)


def _span(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return _("any number")
    if low is None:
        return _("up to %(high)s") % {"high": _told(high)}
    if high is None:
        return _("over %(low)s") % {"low": _told(low)}
    return _("over %(low)s, up to %(high)s") % {"low": _told(low), "high": _told(high)}


def _told(number: float | None) -> str:
    return f"{number:,.10g}"


def _rule(dimension: Dimension, value: str) -> tuple[dict[str, Any], ...]:
    """The rows of a segment with this value; none where the rule language has no word for it."""
    if dimension.key in ("channel", "touchpoint"):
        return ({"field": dimension.key, "operator": "is", "value": value},)
    if dimension.kind == AttributeKind.YES_NO:
        return ({"field": dimension.key, "operator": "is_true" if value == "true" else "is_false"},)
    if dimension.kind in (AttributeKind.CHOICE, AttributeKind.TEXT):
        return ({"field": dimension.key, "operator": "is", "value": value},)
    return ()


def _between(dimension: Dimension, low: float | None, high: float | None) -> tuple[dict[str, Any], ...]:
    rows: list[dict[str, Any]] = []
    for operator, edge in (("more_than", low), ("at_most", high)):
        if edge is not None:
            value = int(edge) if edge == int(edge) else edge
            rows.append({"field": dimension.key, "operator": operator, "value": value})
    return tuple(rows)


def merged(values: Sequence[Slice], most: int) -> list[Slice]:
    """The largest values; the many small ones beyond `most` together."""
    if len(values) <= most:
        return list(values)
    by_size = sorted(values, key=lambda each: -each.counts.n)
    rest = Counts(0, 0, 0)
    for each in by_size[most - 1 :]:
        rest += each.counts
    kept = {each.key for each in by_size[: most - 1]}
    return [*(each for each in values if each.key in kept), Slice("", _("all others"), rest)]
