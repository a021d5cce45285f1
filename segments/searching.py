"""One search over everything with words in it: each app plugs in what it has (config/sockets.py, SEARCH).

Words are compared from their beginning, in any order, all of them. What is found is what the actor may open:
a source names the action it asks for, and its rows go through `visible_to`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Model, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.functional import Promise

from accounts.acting import Actor
from accounts.sockets import plugged
from accounts.tenancy.context import current_organization_id
from segments.highlighting import Piece, pieces

WORD = re.compile(r"[^\W_]+")
LATEST = 50
FEW = 8
COUNTED = 10_000
"""Above this, a search says "more than"."""


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for: as typed, and its words in small letters, at most eight."""

    text: str
    words: tuple[str, ...]

    @classmethod
    def read(cls, text: str) -> Wanted:
        text = text.replace("\x00", "").strip()[:200]
        return cls(text, tuple(WORD.findall(text.lower())[:8]))

    @property
    def tsquery(self) -> str:
        """All words, each by its beginning; only letters and digits get here, so nothing in it is an operator."""
        return " & ".join(f"'{word}':*" for word in self.words)

    def within(self, model: type[Model]) -> RawSQL:
        """The condition that the row's words hold all of these; the column is the database's own (docs/search.md).

        It names the organization once more, as a bigint: a GIN index compares no other type with its first column.
        An array, because the planner would fold an equality into the one that is there already.
        """
        table = f'"{model._meta.db_table}"'
        return RawSQL(  # a name of ours and parameters
            f"{table}.organization_id = ANY(ARRAY[%s]::bigint[])"
            f" AND {table}.words @@ to_tsquery('pg_catalog.simple', %s)",
            [current_organization_id(), self.tsquery],
            output_field=BooleanField(),
        )


@dataclass(frozen=True)
class Told:
    """How a row is told: its title, the text in which the words stand, and where it is opened."""

    title: str
    text: str
    at: datetime
    # The name of the page and its argument; the kind and number of the object over REST.
    page: tuple[str, Any]
    ident: tuple[str, int]
    score: int | None = None


@dataclass(frozen=True)
class Source:
    """What an app has to be found: `rows` finds them, latest first, as far as the actor may see; `tell` tells one."""

    kind: str
    label: str | Promise
    icon: str
    action: str
    rows: Callable[[Wanted, Actor], QuerySet[Any]]
    tell: Callable[[Any], Told]
    # Whether the text is a customer's own words.
    voice: bool = False


@dataclass(frozen=True)
class Hit:
    told: Told
    title: list[Piece]
    excerpt: list[Piece]


@dataclass(frozen=True)
class Found:
    """What one source found: its latest hits, and how many there are, counted up to COUNTED."""

    source: Source
    hits: list[Hit]
    number: int
    capped: bool

    @property
    def has_more(self) -> bool:
        return self.number > len(self.hits)


def sources(actor: Actor) -> list[Source]:
    """What this actor may search in."""
    return [source for source in plugged("SEARCH") if actor.may(source.action)]


def search(text: str, *, by: Actor, kind: str = "", limit: int = LATEST) -> list[Found]:
    """The latest `limit` hits per source, or of the one source called `kind`; sources without a hit are left out."""
    wanted = Wanted.read(text)
    if not wanted.words:
        return []
    found = []
    for source in sources(by):
        if kind and source.kind != kind:
            continue
        rows = source.rows(wanted, by)
        latest = list(rows[:limit])
        if not latest:
            continue
        number = len(latest)
        if number == limit:
            number = rows.order_by()[: COUNTED + 1].count()
        hits = [_hit(source.tell(row), wanted) for row in latest]
        found.append(Found(source, hits, min(number, COUNTED), number > COUNTED))
    return found


def _hit(told: Told, wanted: Wanted) -> Hit:
    return Hit(told, pieces(told.title, wanted.words, room=None), pieces(told.text, wanted.words))
