"""How good the data is: what is known, how old it is, who shares it, where it came from, whom no mail reaches.

Every number counts customers that count (present, of the counting modes, in the actor's branch), and each comes with
the rule that finds the same customers. One reading of the table answers completeness, age and first source for all
attributes together; what changed since comes from the log of changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.acting import Actor
from accounts.models import Unit
from accounts.modes import counting
from segments import compiling, contacting_sql, origins
from segments.models import Attribute, AttributeKind
from segments.quality_fields import BOUNCED, COMPLAINED, CRM_SEEN, NO_ADDRESS, STOPPED, WHY

FRESH_DAYS, OLD_DAYS = 90, 365
# A CRM that syncs names everybody at least once in this time; the link of somebody it does not name is stale.
CRM_DAYS = 30
# Where fewer are known, what is said of an attribute is said of a part of the customers only.
THIN = 0.5
# From this share of different values on, an attribute tells people apart, and the same value twice is remarkable.
TELLS_APART = 0.9
SAMPLE = 5_000

Rule = dict[str, Any]


@dataclass(frozen=True)
class Number:
    """So many customers, and the rule that finds them."""

    value: int
    rule: Rule


@dataclass(frozen=True)
class Value:
    """One fact or attribute. `shared` is None where many have the same by nature (a plan, a town)."""

    key: str
    label: str
    total: int
    known: Number
    missing: Number
    fresh: int
    old: Number
    shared: Number | None = None
    sources: tuple[tuple[str, Number], ...] = ()
    sensitive: bool = False

    @property
    def share(self) -> float | None:
        """Of the customers, the share of whom it is known; None without customers."""
        return self.known.value / self.total if self.total else None

    @property
    def between(self) -> int:
        """Set within the year, not within the last three months."""
        return self.known.value - self.fresh - self.old.value

    @property
    def is_thin(self) -> bool:
        """Known of a part only; what is known of nobody is not used, and no group is made of it."""
        return self.known.value > 0 and self.share is not None and self.share < THIN

    @property
    def is_old(self) -> bool:
        """More than half of what is known is older than a year."""
        return self.old.value * 2 > self.known.value


@dataclass(frozen=True)
class Crm:
    """One CRM whose ids customers carry, and how many of them it has not named for CRM_DAYS."""

    system: str
    linked: Number
    stale: Number


@dataclass(frozen=True)
class Quality:
    """What the page shows. `unreachable`: why -> (words, number)."""

    total: int
    at: datetime
    values: list[Value]
    unreachable: dict[str, tuple[Any, Number]] = field(default_factory=dict)
    crm: list[Crm] = field(default_factory=list)


def look(actor: Actor, *, at: datetime | None = None) -> Quality:
    """Everything. Raises compiling.TooSlow."""
    now = at or timezone.now()
    with compiling.patience():
        return _Look(actor, now).whole()


def completeness(actor: Actor, *, at: datetime | None = None) -> Quality:
    """What is known and how old it is, without duplicates, sources and addresses: for a page that leads elsewhere."""
    now = at or timezone.now()
    with compiling.patience():
        return _Look(actor, now).part()


@dataclass(frozen=True)
class _Asked:
    """One value: its key in the rules, its name, and the SQL that says whether it is known."""

    key: str
    label: str
    known: str
    params: tuple[Any, ...] = ()
    held: str = ""  # the SQL of the value itself, where it may tell people apart
    always: bool = False  # it does so by what it is: an address
    sensitive: bool = False


_KNOWN = {"company": "c.company_id IS NOT NULL", "unit": "c.unit_id IS NOT NULL"}


# How old an instant is, by two parameters: a year ago, three months ago.
_AGE = "CASE WHEN {0} <= %s THEN 'old' WHEN {0} > %s THEN 'fresh' ELSE 'year' END"


@dataclass
class _Held:
    """How many customers a value is known of, by where it came from and its age; and how many customers there are."""

    of: dict[str, Counter[tuple[str, str]]]
    total: int = 0


class _Look:
    """One look at the customers of an actor."""

    def __init__(self, actor: Actor, now: datetime) -> None:
        self.actor, self.now = actor, now
        organization = actor.organization
        self.everybody = "c.organization_id = %s AND c.deleted_at IS NULL AND c.mode = ANY(%s)"
        self.all: list[Any] = [organization.pk, list(counting(organization))]
        self.branch = "true"
        self.mine: list[Any] = []
        if actor.branch_ids is not None:
            self.branch, self.mine = "c.unit_id = ANY(%s)", [list(actor.branch_ids)]
        self.where, self.params = f"{self.everybody} AND {self.branch}", [*self.all, *self.mine]

    def part(self) -> Quality:
        asked = self._values()
        held = self._held(asked)
        return Quality(
            held.total, self.now, [self._value(one, held, None, with_sources=False) for one in asked]
        )

    def whole(self) -> Quality:
        asked = self._values()
        held, shared = self._held(asked), self._shared(asked)
        values = [self._value(one, held, shared.get(one.key)) for one in asked]
        return Quality(held.total, self.now, values, self._unreachable(), self._crm())

    # what is asked about

    def _values(self) -> list[_Asked]:
        units = Unit.objects.all().alive().exists()
        found = []
        for key, label in origins.OWN.items():
            if key == "unit" and not units:
                continue
            column = "email_lower" if key == "email" else key
            found.append(
                _Asked(
                    key,
                    str(label),
                    _KNOWN.get(key, f"c.{column} <> ''"),
                    held=f"c.{column}" if key in ("email", "phone") else "",
                    always=key in ("email", "phone"),
                )
            )
        for one in Attribute.objects.present():
            telling = one.kind in (AttributeKind.TEXT, AttributeKind.NUMBER)
            found.append(
                _Asked(
                    f"{origins.ATTRIBUTE}{one.key}",
                    one.label,
                    "c.attributes ? %s",
                    (one.key,),
                    # The key is a slug: letters, digits, hyphen and underscore.
                    held=f"c.attributes ->> '{one.key}'" if telling else "",
                    sensitive=one.sensitive,
                )
            )
        return found

    # one reading of the customers, one of the changes

    def _held(self, asked: list[_Asked]) -> _Held:
        """What is known, as it came in; then what was changed since goes to the source and age of its last change."""
        held = _Held({one.key: Counter() for one in asked})
        columns = "".join(f", count(*) FILTER (WHERE {one.known})" for one in asked)
        sql = f"""
            SELECT split_part(c.source, ':', 1), {_AGE.format("COALESCE(c.recorded_at, c.created_at)")},
                   count(*){columns}
            FROM segments_customer c WHERE {self.where} GROUP BY 1, 2
        """
        ages = [self._ago(OLD_DAYS), self._ago(FRESH_DAYS)]
        params = [*ages, *(value for one in asked for value in one.params), *self.params]
        for source, age, total, *numbers in _rows(sql, params):
            held.total += total
            for one, number in zip(asked, numbers, strict=True):
                held.of[one.key][source, age] += number
        keys = {origins.change_key(one.key): one for one in asked}
        still = " ".join(f"WHEN %s THEN {one.known}" for one in asked)
        changes: list[Any] = []
        for change, one in keys.items():
            changes += [change, *one.params]
        # The collation of bytes sorts several times faster than that of a language, and nobody reads this order.
        sql = f"""
            WITH last AS (
              SELECT DISTINCT ON (customer_id, key COLLATE "C") customer_id, key, source, at
              FROM segments_attributechange WHERE organization_id = %s AND new IS NOT NULL AND key = ANY(%s)
              ORDER BY customer_id, key COLLATE "C", at DESC, id DESC
            )
            SELECT last.key, split_part(c.source, ':', 1), {_AGE.format("COALESCE(c.recorded_at, c.created_at)")},
                   split_part(last.source, ':', 1),
                   {_AGE.format("GREATEST(last.at, COALESCE(c.recorded_at, c.created_at))")}, count(*)
            FROM last JOIN segments_customer c ON c.organization_id = %s AND c.id = last.customer_id
            WHERE {self.where} AND CASE last.key {still} END
            GROUP BY 1, 2, 3, 4, 5
        """
        organization = self.all[0]
        params = [organization, list(keys), *ages, *ages, organization, *self.params, *changes]
        for change, first, came, last, changed, number in _rows(sql, params):
            of = held.of[keys[change].key]
            of[first, came] -= number
            of[last, changed] += number
        return held

    def _value(self, one: _Asked, held: _Held, shared: int | None, *, with_sources: bool = True) -> Value:
        numbers = held.of[one.key]
        have = sum(numbers.values())
        ages: Counter[str] = Counter()
        sources: Counter[str] = Counter()
        for (source, age), number in numbers.items():
            ages[age] += number
            sources[source] += number
        told = sorted(sources.items(), key=lambda pair: (-pair[1], pair[0])) if with_sources else []
        key = one.key
        return Value(
            key,
            one.label,
            held.total,
            Number(have, _all(field=key, operator="is_known")),
            Number(held.total - have, _all(field=key, operator="is_unknown")),
            ages["fresh"],
            Number(ages["old"], _all(field="value_set", of=key, operator="longer_ago_than", value=OLD_DAYS)),
            None
            if shared is None
            else Number(shared, _all(field="value_shared", of=key, operator="is_true")),
            tuple(
                (source, Number(number, _all(field="value_source", of=key, operator="is", value=source)))
                for source, number in told
                if number
            ),
            one.sensitive,
        )

    # the same value twice

    def _shared(self, asked: list[_Asked]) -> dict[str, int]:
        return {
            one.key: self._sharing(one)
            for one in asked
            if one.held and (one.always or one.key in self._telling(asked))
        }

    def _sharing(self, one: _Asked) -> int:
        """Those of the branch whose value somebody else has too, in whichever branch."""
        sql = f"""
            SELECT COALESCE(sum(n), 0) FROM (
              SELECT count(*) FILTER (WHERE {self.branch}) AS n FROM segments_customer c
              WHERE {self.everybody} AND {one.known} GROUP BY {one.held} HAVING count(*) > 1
            ) several
        """
        return int(_rows(sql, [*self.mine, *self.all, *one.params])[0][0])

    def _telling(self, asked: list[_Asked]) -> set[str]:
        """The attributes that tell people apart, by a sample: nearly everybody has a value of their own."""
        if not hasattr(self, "_told_apart"):
            some = [one for one in asked if one.held and not one.always]
            columns = "".join(f", count({one.held}), count(DISTINCT {one.held})" for one in some)
            sql = (
                f"SELECT count(*){columns} FROM (SELECT c.attributes FROM segments_customer c"
                f" WHERE {self.where} LIMIT {SAMPLE}) c"
            )
            numbers = list(_rows(sql, self.params)[0])[1:]
            self._told_apart = {
                one.key
                for place, one in enumerate(some)
                if numbers[2 * place] > 1 and numbers[2 * place + 1] >= TELLS_APART * numbers[2 * place]
            }
        return self._told_apart

    # addresses, and the CRM

    def _unreachable(self) -> dict[str, tuple[Any, Number]]:
        hashed = contacting_sql.HASH.format(address="c.email_lower")
        sql = f"""
            SELECT why, count(*) FROM (
              SELECT CASE WHEN c.email_lower = '' THEN '{NO_ADDRESS}'
                          WHEN s.reason IN ('{BOUNCED}', '{COMPLAINED}') THEN s.reason ELSE '{STOPPED}' END AS why
              FROM segments_customer c JOIN accounts_organization o ON o.id = c.organization_id
              LEFT JOIN segments_suppression s ON c.email_lower <> '' AND s.organization_id = c.organization_id
                   AND s.channel = 'email' AND s.purpose = '' AND s.address_hash = {hashed}
              WHERE {self.where} AND (c.email_lower = '' OR s.id IS NOT NULL)
            ) found GROUP BY why
        """
        numbers = dict(_rows(sql, self.params))
        return {
            why: (
                words,
                Number(numbers.get(why, 0), _all(field="unreachable", why=why, operator="is_true")),
            )
            for why, words in WHY.items()
        }

    def _crm(self) -> list[Crm]:
        """By system; a customer with two ids in one system is as fresh as the fresher of them."""
        sql = f"""
            SELECT source, count(*), count(*) FILTER (WHERE seen <= %s) FROM (
              SELECT k.source, k.customer_id, max(COALESCE(k.seen_at, k.created_at)) AS seen
              FROM segments_customerkey k JOIN segments_customer c
                ON c.organization_id = k.organization_id AND c.id = k.customer_id
              WHERE k.organization_id = %s AND k.kind = 'crm' AND {self.where} GROUP BY 1, 2
            ) links GROUP BY source ORDER BY source
        """
        return [
            Crm(
                system,
                Number(linked, _all(field=CRM_SEEN, system=system, operator="is_known")),
                Number(
                    stale,
                    _all(field=CRM_SEEN, system=system, operator="longer_ago_than", value=CRM_DAYS),
                ),
            )
            for system, linked, stale in _rows(sql, [self._ago(CRM_DAYS), self.params[0], *self.params])
        ]

    def _ago(self, days: int) -> datetime:
        return self.now - timedelta(days=days)


def _all(**row: Any) -> Rule:
    return {"all": [row]}


def _rows(sql: str, params: Iterable[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))
        return cursor.fetchall()
