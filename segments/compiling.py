"""A rule as SQL, through Django's expressions: fields and operators are looked up, values are parameters."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast

from django.core.exceptions import EmptyResultSet
from django.db import Error, OperationalError, connection, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Q
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Collate, Lower
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
)
from django.db.models.sql.compiler import SQLCompiler
from django.utils.translation import gettext as _

from accounts import opaque
from accounts.modes import counting
from segments import catalog
from segments.catalog import Asked, Field, Vocabulary
from segments.models import Customer, Segment, SegmentMember
from segments.models.customer import CustomerQuerySet
from segments.rules import Condition, Group, Node, read_rule

# A rule with other segments in it, and theirs, may have this many parts in all.
MOST_PARTS = 1_000
TIMEOUT_MS = 8_000
# What a page in no particular order costs against one in a row. With the low figure of a fast disk the planner
# believes every index path to be cheap, because all lead with the organization (docs/segments.md).
PAGE_COST = 4


class Unanswerable(ValueError):
    """The rule is well-formed and cannot be asked: a circle of segments, one that is gone, or too large."""


def gone() -> Unanswerable:
    return Unanswerable(_("A segment that this rule refers to is gone."))


def circle(segment_ids: list[int]) -> Unanswerable:
    names = Segment.objects.filter(pk__in=segment_ids).values_list("name", flat=True)
    return Unanswerable(
        _("These segments refer to each other in a circle: %(names)s.")
        % {"names": ", ".join(f"“{name}”" for name in names)}
    )


class TooSlow(Exception):
    """The database gave up after TIMEOUT_MS."""


def members(segment: Segment, *, asked: Asked | None = None) -> CustomerQuerySet:
    """The customers in a segment now: present, of the modes that count; a member sees visible_to(...)."""
    asked = asked or Asked.here()
    return everybody(asked).filter(_of_segment(segment, _Compiler(asked)))


def inside(segment: Segment, *, asked: Asked, words: Vocabulary | None = None) -> Q:
    """Being in a segment, as a condition for Customer.objects.filter: everybody() comes on top. Raises Unanswerable."""
    return _of_segment(segment, _Compiler(asked, words))


def found_by(rule: Group, *, asked: Asked | None = None, words: Vocabulary | None = None) -> CustomerQuerySet:
    """The customers that a rule describes."""
    asked = asked or Asked.here()
    return everybody(asked).filter(compile(rule, asked=asked, words=words))


def everybody(asked: Asked) -> CustomerQuerySet:
    return cast(CustomerQuerySet, Customer.objects.present().counting(list(counting(asked.organization))))


def compile(rule: Group, *, asked: Asked | None = None, words: Vocabulary | None = None) -> Q:
    """A condition for Customer.objects.filter. Raises Unanswerable."""
    return _Compiler(asked or Asked.here(), words).node(rule)


def check_circle(segment_id: int | None, rule: Group) -> None:
    """Raise Unanswerable if the rule, with the segments in it, cannot be asked; for use before a save."""
    asked = Asked.here()
    compiler = _Compiler(asked)
    if segment_id is not None:
        compiler.inside.append(segment_id)
    compiler.node(rule)


def count(found: models.QuerySet, *, timeout_ms: int = TIMEOUT_MS) -> int:
    """The number of customers in a query made here, by the plan that suits its size. Raises TooSlow.

    One round trip: the settings of the count live in a savepoint that is rolled back in the same breath. For a
    selective rule each further trip would cost as much as the count.
    """
    try:
        sql, params = found.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return 0
    back = "ROLLBACK TO SAVEPOINT counting; RELEASE SAVEPOINT counting"
    with _in_transaction(), connection.cursor() as cursor:
        try:
            cursor.execute(
                f"SAVEPOINT counting; SET LOCAL statement_timeout = {int(timeout_ms)}; SET LOCAL work_mem = '64MB';"
                f" SET LOCAL random_page_cost = {PAGE_COST}; SELECT count(*) FROM ({sql}) AS found; {back}",
                params,
            )
        except Error as error:
            cursor.execute(back)
            raise _given_up(error, timeout_ms) from error
        while cursor.description is None:
            cursor.nextset()
        return int(cursor.fetchone()[0])


def plan(found: models.QuerySet) -> str:
    """How the database would count, for a look at it."""
    sql, params = found.order_by().values("pk").query.sql_with_params()
    with transaction.atomic(), _settings(random_page_cost=str(PAGE_COST)), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN SELECT count(*) FROM ({sql}) AS found", params)
        return "\n".join(line for (line,) in cursor.fetchall())


@contextmanager
def patience(timeout_ms: int = TIMEOUT_MS) -> Iterator[None]:
    """Statements in the block give up after `timeout_ms`; afterwards the connection's own patience holds again."""
    try:
        with transaction.atomic(), _settings(statement_timeout=str(int(timeout_ms)), work_mem="64MB"):
            yield
    except OperationalError as error:
        raise _given_up(error, timeout_ms) from error


def _given_up(error: Error, timeout_ms: int) -> Exception:
    """The sentence for a statement that ran out of its time; any other error as it is."""
    if "statement timeout" not in str(error):
        return error
    return TooSlow(_("This rule takes longer than %(s)d seconds.") % {"s": timeout_ms // 1000})


def _in_transaction() -> AbstractContextManager[Any]:
    return nullcontext() if connection.in_atomic_block else transaction.atomic()


@contextmanager
def _settings(**values: str) -> Iterator[None]:
    """Settings for the block, by one statement; the defaults after it, by the rollback after an error."""
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET LOCAL {name} = '{value}'" for name, value in values.items()))
    yield
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET LOCAL {name} TO DEFAULT" for name in values))


def _of_segment(segment: Segment, compiler: "_Compiler") -> Q:
    if segment.static:
        return Q(pk__in=SegmentMember.objects.filter(segment=segment).values("customer_id"))
    return compiler.segment(segment)


class _Compiler:
    """One rule, asked once; it remembers the segments it is inside of."""

    def __init__(self, asked: Asked, words: Vocabulary | None = None) -> None:
        self.asked = asked
        self.words = words or catalog.vocabulary()
        self.inside: list[int] = []
        self.parts = 0
        # Inside a group that no index can answer: every row is read, so the cheapest test of a row is the best.
        self.reading = False

    def node(self, node: Node) -> Q:
        self.parts += 1
        if self.parts > MOST_PARTS:
            raise Unanswerable(_("Together with the segments in it, this rule has too many parts."))
        if isinstance(node, Condition):
            return self.condition(node)
        members = self.members(node)
        if node.how == "all":
            return Q(*members)
        either = Q(pk__in=[])
        for member in members:
            either |= member
        return either if node.how == "any" else negated(either)

    def members(self, node: Group) -> list[Q]:
        before = self.reading
        if node.how == "none" or (node.how == "any" and not all(_has_index(one) for one in node.members)):
            self.reading = True
        try:
            return [self.node(member) for member in node.members]
        finally:
            self.reading = before

    def condition(self, condition: Condition) -> Q:
        word = self.words.get(condition.field)
        if word is None:
            raise Unanswerable(
                _("The field “%(field)s” is gone; take its row out of the rule.") % {"field": condition.field}
            )
        if word.kind == "segment":
            inside = self.other_segment(str(condition.value))
            return inside if condition.operator == "is_in" else negated(inside)
        if word.condition is not None:
            return word.condition(condition, self.asked)
        if word.attribute:
            return _of_attribute(word, condition, self.asked, reading=self.reading)
        if word.column:
            return _of_column(word, condition, self.asked)
        assert word.expression is not None
        return _compare(word.expression(dict(condition.options), self.asked), word, condition, self.asked)

    def other_segment(self, shown_id: str) -> Q:
        segment_id = opaque.decode("segment", shown_id)
        segment = Segment.objects.present().filter(pk=segment_id).first() if segment_id is not None else None
        if segment is None:
            raise gone()
        return _of_segment(segment, self)

    def segment(self, segment: Segment) -> Q:
        if segment.pk in self.inside:
            raise circle(self.inside)
        self.inside.append(segment.pk)
        found = self.node(read_rule(segment.rule or {"all": []}, self.words))
        self.inside.pop()
        return found


def negated(condition: Q) -> Q:
    """Not so, or not known: a comparison with an unknown value is no match, and its negation is one."""
    holds = models.ExpressionWrapper(condition, output_field=models.BooleanField())
    return Q(Exact(models.functions.Coalesce(holds, models.Value(False)), models.Value(False)))


# --- one condition ------------------------------------------------------------------------------------------


class _JsonNumber(models.Func):
    """The number at a key of the attributes, or NULL if something else stands there."""

    output_field = models.DecimalField()
    arity = 1

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, list[Any]]:
        sql, params = compiler.compile(self.source_expressions[0])
        return (
            f"CASE WHEN jsonb_typeof({sql}) = 'number' THEN ({sql})::numeric END",
            [*params, *params],
        )


class _JsonPath(models.Func):
    """Whether a predicate of jsonpath holds; NULL where it compares a number with something else.

    A comparison in the path looks the key up once and copies nothing: half the time of a cast.
    """

    template = "(%(expressions)s::jsonpath)"
    arg_joiner = " @@ "
    arity = 2
    output_field = models.BooleanField()


_IN_A_PATH = {"at_least": ">=", "at_most": "<=", "more_than": ">", "less_than": "<"}


def _of_number(key: str, operator: str, value: Any) -> Q | None:
    """A comparison of a numeric attribute as a path; None for an operator that is no comparison of sizes."""
    # Strict: an array is not its members.
    place = f"$.{json.dumps(key)}"
    if operator == "between":
        path = f"{place} >= {_written(value[0])} && {place} <= {_written(value[1])}"
    elif operator in _IN_A_PATH:
        path = f"{place} {_IN_A_PATH[operator]} {_written(value)}"
    else:
        return None
    return Q(Exact(_JsonPath(F("attributes"), models.Value(f"strict {path}")), models.Value(True)))


def _written(number: float) -> str:
    return format(Decimal(repr(number)), "f")


class _Position(models.Func):
    """Where a text occurs in another, 0 for nowhere. Not LIKE: it has wildcards, and row security keeps
    it from its index anyway."""

    function = "strpos"
    output_field = models.IntegerField()


def _of_column(word: Field, condition: Condition, asked: Asked) -> Q:
    """A column as it stands, so that its index can be used; an empty text is unknown."""
    column, operator, value = word.column, condition.operator, condition.value
    textual = word.kind in ("text", "choice")
    if operator in ("is_known", "is_unknown"):
        known = (
            negated(Q(**{column: ""}) | Q(**{f"{column}__isnull": True}))
            if textual
            else Q(**{f"{column}__isnull": False})
        )
        return known if operator == "is_known" else negated(known)
    if textual:
        if column == "email_lower" and operator != "contains":
            value = tuple(one.lower() for one in value) if isinstance(value, tuple) else value.lower()
        if operator == "is":
            return Q(**{column: value})
        if operator == "is_one_of":
            return Q(**{f"{column}__in": list(value)})
        if operator == "begins_with":
            return Q(**{f"{column}__begins": value})
    return _compare(F(column), word, replace(condition, value=value), asked)


def _has_index(node: Node) -> bool:
    """Whether an alternative can be looked up; one that cannot makes the whole group read every row."""
    return isinstance(node, Condition) and node.operator in ("is", "includes", "includes_any")


def _of_attribute(word: Field, condition: Condition, asked: Asked, *, reading: bool = False) -> Q:
    """A declared attribute; equality asks by containment, which has an index, unless every row is read anyway."""
    key, operator, value = word.attribute, condition.operator, condition.value
    if operator in ("is_known", "is_unknown"):
        known = Q(attributes__has_key=key)
        return known if operator == "is_known" else negated(known)
    contains = _contains(key)
    if word.kind == "yes_no":
        return contains(operator == "is_true")
    if word.kind == "list":
        wanted = value if isinstance(value, tuple) else (value,)
        either = Q(pk__in=[])
        for one in wanted:
            either |= contains([one])
        return negated(either) if operator == "excludes" else either
    text = KeyTextTransform(key, "attributes")
    if operator == "is":
        if reading and word.kind in ("text", "choice"):
            return Q(Exact(text, models.Value(value)))
        return contains(value)
    if operator == "is_not":
        return negated(contains(value))
    if operator in ("is_one_of", "is_none_of"):
        found = Q(In(text, list(value)))
        return found if operator == "is_one_of" else negated(found)
    if word.kind in ("number", "money"):
        compared = _of_number(key, operator, value)
        if compared is not None:
            return compared
        return _compare(_JsonNumber(KeyTransform(key, "attributes")), word, condition, asked)
    if word.kind == "date":
        return _compare(Collate(text, "C"), word, condition, asked)
    return _compare(text, word, condition, asked)


def _contains(key: str) -> Any:
    return lambda value: Q(attributes__contains={key: value})


def _compare(left: Combinable, word: Field, condition: Condition, asked: Asked) -> Q:
    """The operators over an SQL value that is NULL when unknown."""
    operator, value = condition.operator, condition.value
    if operator == "is_known":
        return Q(IsNull(left, False))
    if operator == "is_unknown":
        return Q(IsNull(left, True))
    if operator == "is_true":
        return Q(Exact(left, models.Value(True)))
    if operator == "is_false":
        return Q(Exact(left, models.Value(False)))
    if operator == "is_not":
        return negated(_compare(left, word, replace(condition, operator="is"), asked))
    if operator == "is_none_of":
        return negated(_compare(left, word, replace(condition, operator="is_one_of"), asked))
    if operator == "top_percent":
        return _highest(left, value, asked)
    if word.kind == "instant":
        low, high = catalog.instants(condition, asked)
        found = Q()
        if low is not None:
            found &= Q((GreaterThanOrEqual if operator == "after" else GreaterThan)(left, low))
        if high is not None:
            found &= Q((LessThan if operator == "before" else LessThanOrEqual)(left, high))
        return found
    if word.kind == "date" and operator in ("within_last", "longer_ago_than", "within_next"):
        return _days_around(left, operator, value, asked)
    if operator == "contains":
        place = _Position(Lower(left, output_field=models.TextField()), Lower(models.Value(value)))
        return Q(GreaterThan(place, 0))
    if operator == "begins_with":
        return Q(Exact(_Begins(left, models.Value(value)), models.Value(True)))
    if operator == "is_one_of":
        return Q(In(left, list(value)))
    if operator == "between":
        return Q(GreaterThanOrEqual(left, _typed(word, value[0]))) & Q(
            LessThanOrEqual(left, _typed(word, value[1]))
        )
    comparison = {
        "is": Exact,
        "at_least": GreaterThanOrEqual,
        "at_most": LessThanOrEqual,
        "more_than": GreaterThan,
        "less_than": LessThan,
        "before": LessThan,
        "after": GreaterThan,
    }[operator]
    return Q(comparison(left, _typed(word, value)))


class _Begins(models.Func):
    function = "starts_with"
    output_field = models.BooleanField()


def _typed(word: Field, value: Any) -> models.Value:
    """A parameter of the type that the column compares with: a whole score may be asked about 8.5."""
    return catalog.exact(value) if word.kind in ("number", "money", "count") else models.Value(value)


def _days_around(left: Combinable, operator: str, days: int, asked: Asked) -> Q:
    """Days are compared as texts: "2026-01-31" sorts like the day it names."""

    def written(day: date) -> models.Value:
        return models.Value(day.isoformat())

    first, last = asked.today, asked.today
    if operator == "longer_ago_than":
        return Q(LessThan(left, written(_days_before(first, days))))
    if operator == "within_last":
        first = _days_before(first, days)
    else:
        last = _days_after(last, days)
    return Q(GreaterThanOrEqual(left, written(first))) & Q(LessThanOrEqual(left, written(last)))


def _days_before(day: date, days: int) -> date:
    return day - timedelta(days=days) if day.toordinal() > days else date.min


def _days_after(day: date, days: int) -> date:
    return day + timedelta(days=days)


class _Quantile(models.Aggregate):
    """percentile_disc from above: the largest value that at least this share of all values reaches."""

    function = "percentile_disc"
    template = "percentile_disc(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s DESC)"
    output_field = models.DecimalField()


def _highest(left: Combinable, percent: int, asked: Asked) -> Q:
    """Among the highest n percent of those whose value is known: of 40 the two highest are 5 %.

    At least one person, and whoever ties with the last of them. The share is a trifle less, because the server
    multiplies it as a double and rounds up: 7 % of 100 would be 8.
    """
    edge = (
        everybody(asked)
        .order_by()
        .annotate(one=models.Value(1))
        .values("one")
        .annotate(edge=_Quantile(left, share=repr(percent / 100 - 1e-9)))
        .values("edge")
    )
    return Q(GreaterThanOrEqual(left, models.Subquery(edge)))


__all__ = [
    "TooSlow",
    "Unanswerable",
    "check_circle",
    "compile",
    "count",
    "everybody",
    "found_by",
    "inside",
    "members",
    "patience",
    "plan",
]
