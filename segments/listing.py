"""The list of customers: who is looked for, in which order, with which columns, page by page.

Pages go by key, not by number: the next one begins after the last row seen, so that it costs the same at the end
of a million as at its beginning, and nobody is shown twice when rows come and go.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext

from accounts import opaque
from accounts.acting import Actor
from segments import catalog, compiling
from segments.catalog import Field, Vocabulary
from segments.models import Category, Customer, CustomerKey, Segment
from segments.rules import Group, as_json, read_rule, sentence
from segments.sheets import line_of
from segments.values import as_text

PAGE = 50
COLUMNS = ("score", "email", "company", "stage", "answered")
LONGEST_RULE = 4_000
ORDERS = ("name", "since", "answered", "score", "stage", "email")


@dataclass(frozen=True)
class Search:
    """What the address of the list says. Unknown words in it are passed over."""

    text: str = ""
    category: str = ""
    stage: str = ""
    segment: Segment | None = None
    attribute: str = ""
    value: str = ""
    sort: str = "-since"
    columns: tuple[str, ...] = COLUMNS
    after: tuple[Any, int] | None = None
    # A rule in the address: who stands behind a number of the page on data quality.
    rule: Group | None = None
    words: Vocabulary = field(default_factory=lambda: Vocabulary([]), repr=False)

    @classmethod
    def read(cls, given: QueryDict) -> "Search":
        words = catalog.vocabulary()
        known = {one.key for one in words.columns()}
        sort = given.get("sort", "-since")
        segment_id = given.get("segment", "")
        return cls(
            text=given.get("q", "").replace("\x00", "").strip()[:200],
            category=given.get("category", "") if given.get("category") in (*Category.values, "none") else "",
            stage=given.get("stage", "") if given.get("stage") in (*words["stage"].choices, "none") else "",
            segment=Segment.objects.present().filter(pk=int(segment_id)).first()
            if segment_id.isascii() and segment_id.isdigit() and len(segment_id) < 18
            else None,
            attribute=given.get("attribute", "") if f"attribute.{given.get('attribute')}" in words else "",
            value=given.get("value", "")[:200],
            sort=sort if sort.removeprefix("-") in ORDERS else "-since",
            columns=tuple(key for key in given.getlist("columns") if key in known)[:12] or COLUMNS,
            after=_unmarked(given.get("after", "")),
            rule=_rule(given.get("rule", ""), words),
            words=words,
        )

    @property
    def is_narrowed(self) -> bool:
        return bool(self.text or self.category or self.stage or self.segment or self.attribute or self.rule)

    @property
    def rule_sentence(self) -> str:
        """The rule in the address in words; empty without one."""
        return sentence(self.rule, self.words, gettext) if self.rule is not None else ""

    def fields(self) -> list[Field]:
        """The chosen columns that exist."""
        return [self.words[key] for key in self.columns if key in self.words]

    def found(self, actor: Actor) -> QuerySet[Customer]:
        """Whom it finds, as far as the actor may see. Raises compiling.Unanswerable."""
        rows = Customer.objects.present().visible_to(actor).matching(self.text)
        if self.category == "none":
            rows = rows.filter(last_score=None)
        elif self.category:
            rows = rows.filter(last_category=self.category)
        if self.stage:
            rows = rows.filter(stage="" if self.stage == "none" else self.stage)
        if self.attribute:
            rows = rows.filter(_with_value(self.words[f"attribute.{self.attribute}"], self.value))
        if self.segment is not None:
            rows = rows.filter(pk__in=compiling.members(self.segment).values("pk"))
        if self.rule is not None:
            rows = rows.filter(pk__in=compiling.found_by(self.rule, words=self.words).values("pk"))
        return rows

    def as_rule(self) -> dict[str, Any] | None:
        """The same search as a rule, to begin a segment with; None where nothing was searched for."""
        rows = [*self._as_rows()]
        return {"all": rows} if rows else None

    def _as_rows(self) -> Iterator[dict[str, Any]]:
        if self.text:
            text = {"value": self.text}
            found = [
                {"field": "name", "operator": "contains", **text},
                {"field": "email", "operator": "begins_with", "value": self.text.lower()},
                {"field": "external_id", "operator": "is", **text},
            ]
            if self.text.startswith("+"):
                found.append({"field": "phone", "operator": "is", "value": self.text.replace(" ", "")})
            yield {"any": found}
        if self.category == "none":
            yield {"field": "score", "operator": "is_unknown"}
        elif self.category:
            yield {"field": "category", "operator": "is", "value": self.category}
        if self.stage == "none":
            yield {"field": "stage", "operator": "is_unknown"}
        elif self.stage:
            yield {"field": "stage", "operator": "is", "value": self.stage}
        if self.attribute:
            yield _as_row(self.words[f"attribute.{self.attribute}"], self.value)
        if self.segment is not None:
            shown = opaque.encode("segment", self.segment.pk)
            yield {"field": "segment", "operator": "is_in", "value": shown}
        if self.rule is not None:
            members = [as_json(one) for one in self.rule.members]
            yield from members if self.rule.how == "all" else [as_json(self.rule)]

    def page(self, actor: Actor, *, size: int = PAGE) -> tuple[list[Customer], str]:
        """The rows of this page, and the mark of the next ("" at the end)."""
        down = self.sort.startswith("-")
        column = self.words[self.sort.removeprefix("-")].order
        order = F(column).desc(nulls_last=True) if down else F(column).asc(nulls_last=True)
        rows = self.found(actor).order_by(order, "-id" if down else "id")
        if self.after is not None:
            rows = rows.filter(_after(column, down, *self.after))
        page = list(rows.select_related("company__owner__user", "unit", "organization")[: size + 1])
        more = len(page) > size
        page = page[:size]
        return page, _marked(getattr(page[-1], column), page[-1].pk) if more else ""


def _rule(text: str, words: Vocabulary) -> Group | None:
    """The rule of an address; None for one that is none, or says nothing."""
    if not text or len(text) > LONGEST_RULE:
        return None
    try:
        rule = read_rule(json.loads(text), words)
    except (ValueError, RecursionError):
        return None
    return rule if rule.members else None


def _as_row(word: Field, value: str) -> dict[str, Any]:
    """An attribute of the filter as a row of a rule; a value that is none of its kind stays for the builder to say."""
    from segments.values import BadValue, read_text

    if not value:
        return {"field": word.key, "operator": "is_known"}
    try:
        typed = read_text(word.kind, value)
    except BadValue:
        typed = value
    if word.kind == "yes_no":
        return {"field": word.key, "operator": "is_true" if typed is True else "is_false"}
    if word.kind == "list":
        several = typed if isinstance(typed, list) else [typed]
        return {"all": [{"field": word.key, "operator": "includes", "value": each} for each in several]}
    if isinstance(typed, Decimal):
        typed = int(typed) if typed == typed.to_integral_value() else float(typed)
    return {"field": word.key, "operator": "is", "value": typed}


def _with_value(word: Field, value: str) -> Q:
    key = f"attributes__{word.attribute}"
    if not value:
        return Q(attributes__has_key=word.attribute)
    from segments.values import BadValue, read_text

    try:
        typed = read_text(word.kind, value)
    except BadValue:
        return Q(pk__in=[])
    if word.kind == "list":
        return Q(attributes__contains={word.attribute: typed})
    return Q(attributes__contains={word.attribute: typed}) if key else Q()


def _after(column: str, down: bool, value: Any, pk: int) -> Q:
    """Rows that come after this one; those without a value come last."""
    next_ids = {"id__lt" if down else "id__gt": pk}
    if value is None:
        return Q(**{f"{column}__isnull": True}, **next_ids)
    further = Q(**{f"{column}__{'lt' if down else 'gt'}": value})
    return further | Q(**{column: value}, **next_ids) | Q(**{f"{column}__isnull": True})


def _marked(value: Any, pk: int) -> str:
    told = value.isoformat() if isinstance(value, datetime) else value
    return base64.urlsafe_b64encode(json.dumps([told, pk, isinstance(value, datetime)]).encode()).decode()


def _unmarked(mark: str) -> tuple[Any, int] | None:
    try:
        value, pk, is_instant = json.loads(base64.urlsafe_b64decode(mark.encode()))
        if not isinstance(pk, int) or not 0 < pk < 2**63:
            return None
        if is_instant:
            value = parse_datetime(value)
            return (value, pk) if value is not None and value.tzinfo is not None else None
        valid = value is None or (isinstance(value, str | int) and not isinstance(value, bool))
        return (value, pk) if valid else None
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return None


def rows_of(found: QuerySet[Customer], *, words: Vocabulary, actor: Actor) -> Iterator[str]:
    """Customers as CSV text, a line at a time, in the order of their ids: what an import reads back."""
    fields = [one for one in words.columns() if one.key in _EXPORTED or one.attribute]
    yield "\ufeff" + line_of(["external_id", *(_heading(one) for one in fields)])
    last = 0
    while True:
        batch = list(
            found.filter(pk__gt=last)
            .select_related("company__owner__user", "unit", "organization")
            .order_by("pk")[:1000]
        )
        if not batch:
            return
        keys = _external_ids(batch)
        for customer in batch:
            yield line_of([keys.get(customer.pk, ""), *(_cell(one, customer) for one in fields)])
        last = batch[-1].pk


_EXPORTED = {
    "name", "email", "phone", "locale", "time_zone", "stage", "company", "roles", "unit",
    "account_owner", "company_revenue", "company_renewal", "since", "score", "category",
    "previous_score", "answered", "answers",
}  # fmt: skip


def _external_ids(batch: Sequence[Customer]) -> Mapping[int, str]:
    found = CustomerKey.objects.filter(kind="external", customer__in=[one.pk for one in batch])
    return dict(found.order_by("-id").values_list("customer_id", "value"))


def _heading(one: Field) -> str:
    return one.attribute or one.key


def _cell(one: Field, customer: Customer) -> str:
    value = one.shown(customer) if one.shown is not None else None
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return as_text(one.kind, value)
