"""Who uses, gave up or never used which feature, by the category of the last answer and by the stage of today.

Everybody is one of the three for every feature (segments.models.Use), and every number is that of a rule: whoever
makes a segment of it finds as many. So the filter is asked of people too: the touchpoint and channel are those of
the last answer, and neither a period nor a survey narrows anything. Who never answered is counted, as "no score".
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, Count, Min, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import gettext as _

from accounts import opaque
from accounts.acting import Actor
from segments import catalog, compiling, stages
from segments.catalog import Asked
from segments.models import CustomerEvent, Feature, Use
from segments.models.customer import CustomerQuerySet
from segments.rules import Group, read_rule
from surveys import nps, privacy
from surveys.filtering import CATEGORIES, Filter
from surveys.nps import Counts
from surveys.reporting import BEYOND, Guard, Scored

UNSCORED = "none"
ROWS = (*CATEGORIES, UNSCORED)
USES = (Use.USES.value, Use.GAVE_UP.value, Use.AVOIDS.value)
Rule = dict[str, Any]
# How many are of this category, in this stage, and stand so to the feature.
Counted = dict[tuple[str, str, str], int]
Table = dict[tuple[Hashable, Hashable], int]


@dataclass(frozen=True)
class Cell:
    """Of the `of` people of a line those who stand so to the feature; None where that stays hidden.

    `share` is from 0 to 1, with its Wilson interval. `rule` finds these people; None where no rule can.
    """

    use: str
    n: int | None
    of: int | None
    rule: Rule | None

    @property
    def share(self) -> float | None:
        return self.n / self.of if self.n is not None and self.of else None

    @property
    def low(self) -> float | None:
        return self._interval.low if self._interval else None

    @property
    def high(self) -> float | None:
        return self._interval.high if self._interval else None

    @property
    def _interval(self) -> nps.Interval | None:
        return nps.proportion(self.n, self.of) if self.n is not None and self.of else None


@dataclass(frozen=True)
class Line:
    """All of one category, of one stage, or everybody; `n` is None where that stays hidden."""

    key: str
    label: str
    n: int | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Adopted:
    """One feature. `scores` are those of the people who stand so to it, by their last answers.

    `told_since` is when its first event came in; None for a feature that nobody ever used.
    """

    feature: Feature
    whole: Line
    by_category: tuple[Line, ...]
    by_stage: tuple[Line, ...]
    scores: dict[str, Scored]
    told_since: datetime | None
    too_young: bool

    @property
    def hides(self) -> bool:
        lines = (self.whole, *self.by_category, *self.by_stage)
        return any(line.n is None or any(cell.n is None for cell in line.cells) for line in lines)


@dataclass(frozen=True)
class Adoption:
    """All features, by name. `people` is how many there are; None where that stays hidden."""

    features: tuple[Adopted, ...]
    people: int | None
    guarded: bool = False
    veiled: bool = False

    def of(self, shown_id: str) -> Adopted | None:
        """The feature of that id, else the first."""
        wanted = opaque.decode("feature", shown_id)
        chosen = (each for each in self.features if each.feature.pk == wanted)
        return next(chosen, self.features[0] if self.features else None)


def of_people(chosen: Filter) -> Filter:
    """What of a filter of answers narrows people: segment, category, touchpoint and channel of the last answer."""
    return Filter(
        chosen.organization,
        period="all",
        channel=chosen.channel,
        touchpoint=chosen.touchpoint,
        segment=chosen.segment,
        category=chosen.category,
    )


def words(chosen: Filter) -> str:
    """Of whom the report speaks, in one line."""
    return " · ".join([_("All customers, as of now"), *(told for _parameter, told in chosen.chips())])


def adoption(chosen: Filter, actor: Actor, *, now: datetime | None = None) -> Adoption:
    """Every declared feature. Raises compiling.TooSlow; Unanswerable for a segment that cannot be asked."""
    chosen = of_people(chosen)
    guard = Guard.of(actor, replace(chosen, segment=None, category="", touchpoint="", channel=""))
    # People are told apart here by more than their answers, so for these readers a filter shows nothing at all.
    veiled = guard.is_on and bool(chosen.chips())
    threshold = BEYOND if veiled else guard.threshold
    asked, vocabulary = Asked.of(actor.organization, now), catalog.vocabulary()
    narrowed = _rows_of(chosen)
    features = list(Feature.objects.present())
    with compiling.patience():
        rule = read_rule({"all": narrowed}, vocabulary)
        people = compiling.found_by(rule, asked=asked, words=vocabulary).visible_to(actor)
        everybody = _counted(people)
        counted = {each.pk: _of_feature(each, people, everybody, asked, vocabulary) for each in features}
        since = {each.pk: _since(each, asked) for each in features}
    frame = _Frame.of(narrowed, everybody, chosen.category, threshold)
    tables = {
        pk: {kind: _table(found, kind, frame.keys[kind]) for kind in frame.keys}
        for pk, found in counted.items()
    }
    hidden = _hidden(tables, threshold)
    told = [
        _adopted(frame, each, counted[each.pk], tables[each.pk], hidden[each.pk], since[each.pk], asked.now)
        for each in features
    ]
    people_told = None if frame.few else sum(everybody.values())
    return Adoption(tuple(told), people_told, guarded=guard.is_on, veiled=veiled)


@dataclass(frozen=True)
class _Frame:
    """What all features share: which lines there are, what they are called, and the rule of the filter."""

    narrowed: list[Rule]
    keys: dict[str, list[str]]
    labels: dict[str, dict[str, str]]
    plan: Mapping[str, str]
    few: bool

    @classmethod
    def of(
        cls, narrowed: list[Rule], everybody: Mapping[tuple[str, str], int], category: str, threshold: int
    ) -> _Frame:
        plan = stages.plan().names
        gone = sorted({stage for _category, stage in everybody if stage and stage not in plan})
        return cls(
            narrowed,
            {"category": [row for row in ROWS if category in ("", row)], "stage": [*plan, *gone, ""]},
            {
                "category": {
                    **{key: str(label) for key, label in CATEGORIES.items()},
                    UNSCORED: _("No score"),
                },
                "stage": {**plan, "": _("In no stage")},
            },
            plan,
            0 < sum(everybody.values()) < threshold,
        )


def _rows_of(chosen: Filter) -> list[Rule]:
    """The filter as rows of a rule."""
    rows: list[Rule] = []
    if chosen.segment:
        shown_id = opaque.encode("segment", chosen.segment.pk)
        rows.append({"field": "segment", "operator": "is_in", "value": shown_id})
    for field, value in (("touchpoint", chosen.touchpoint), ("channel", chosen.channel)):
        if value:
            rows.append({"field": field, "operator": "is", "value": value})
    if chosen.category:
        rows.append({"field": "category", "operator": "is", "value": chosen.category})
    return rows


_CATEGORY = Case(
    When(last_score__gte=9, then=Value("promoter")),
    When(last_score__gte=7, then=Value("passive")),
    When(last_score__gte=0, then=Value("detractor")),
    default=Value(UNSCORED),
    output_field=CharField(),
)


def _counted(people: CustomerQuerySet) -> dict[tuple[str, str], int]:
    rows: Any = people.order_by().annotate(standing=_CATEGORY).values("standing", "stage")
    return {(row["standing"], row["stage"]): row["n"] for row in rows.annotate(n=Count("pk"))}


def _of_feature(
    feature: Feature,
    people: CustomerQuerySet,
    everybody: Mapping[tuple[str, str], int],
    asked: Asked,
    vocabulary: catalog.Vocabulary,
) -> Counted:
    """The three are disjoint and everybody: so the third follows from the others, without a question."""
    found: Counted = {}
    rest = dict(everybody)
    for use in (Use.USES.value, Use.GAVE_UP.value):
        rule: Group = read_rule({"all": [feature.row(use)]}, vocabulary)
        inside = people.filter(compiling.compile(rule, asked=asked, words=vocabulary))
        for (category, stage), n in _counted(inside).items():
            found[category, stage, use] = n
            # Somebody may have come in between two questions.
            rest[category, stage] = max(0, rest.get((category, stage), 0) - n)
    return {**found, **{(*key, Use.AVOIDS.value): n for key, n in rest.items()}}


def _since(feature: Feature, asked: Asked) -> datetime | None:
    rows = CustomerEvent.objects.filter(name=feature.event, at__lte=asked.now)
    if feature.property:
        rows = rows.alias(said=KeyTextTransform(feature.property, "properties"))
        rows = rows.filter(said=feature.value) if feature.value else rows.filter(said__isnull=False)
    first: datetime | None = rows.aggregate(first=Min("at"))["first"]
    return first


def _table(found: Counted, kind: str, keys: list[str]) -> Table:
    place = 0 if kind == "category" else 1
    table: Table = {(key, use): 0 for key in keys for use in USES}
    for key, n in found.items():
        table[key[place], key[2]] += n
    return table


def _hidden(tables: dict[int, dict[str, Table]], threshold: int) -> dict[int, dict[str, privacy.Hidden]]:
    """What stays hidden of all tables at once: those of one feature share their columns' sums, and those of one
    kind, over all features, their rows'."""
    rows: dict[str, set[Hashable]] = {"category": set(), "stage": set()}
    columns: dict[int, set[Hashable]] = {pk: set() for pk in tables}
    while True:
        before = sum(len(each) for each in (*rows.values(), *columns.values()))
        found = {
            pk: {
                kind: privacy.hidden_with_sums(table, threshold, rows=rows[kind], columns=columns[pk])
                for kind, table in kinds.items()
            }
            for pk, kinds in tables.items()
        }
        for pk, kinds in found.items():
            for kind, hidden in kinds.items():
                rows[kind] |= hidden.rows
                columns[pk] |= hidden.columns
        if sum(len(each) for each in (*rows.values(), *columns.values())) == before:
            return found


def _adopted(
    frame: _Frame,
    feature: Feature,
    found: Counted,
    tables: Mapping[str, Table],
    hidden: Mapping[str, privacy.Hidden],
    told_since: datetime | None,
    now: datetime,
) -> Adopted:
    sums = {use: sum(n for key, n in found.items() if key[2] == use) for use in USES}
    gone = {use for kind in hidden.values() for use in kind.columns}
    everybody = None if frame.few else sum(sums.values())
    whole = tuple(
        Cell(
            use,
            None if frame.few or use in gone else sums[use],
            everybody,
            {"all": [*frame.narrowed, feature.row(use)]},
        )
        for use in USES
    )
    lines = {
        kind: tuple(
            _line(frame, feature, kind, key, tables[kind], hidden[kind])
            for key in frame.keys[kind]
            # That nobody is in no stage says nothing.
            if kind == "category" or key in frame.plan or any(tables[kind][key, use] for use in USES)
        )
        for kind in frame.keys
    }
    three = {
        use: Counts(*(tables["category"].get((row, use), 0) for row in ("detractor", "passive", "promoter")))
        for use in USES
    }
    unsafe = {use for _row, use in hidden["category"].cells} | gone
    return Adopted(
        feature,
        Line("", _("Everybody"), everybody, whole),
        lines["category"],
        lines["stage"],
        {
            use: Scored(counts, hidden=counts.n > 0 and (frame.few or use in unsafe))
            for use, counts in three.items()
        },
        told_since,
        too_young=told_since is not None and (now - told_since).days < feature.silent_days,
    )


def _line(frame: _Frame, feature: Feature, kind: str, key: str, table: Table, hidden: privacy.Hidden) -> Line:
    n = None if frame.few or key in hidden.rows else sum(table[key, use] for use in USES)
    row = _row_of(kind, key, frame.plan)
    # The line of a category says itself which.
    others = [each for each in frame.narrowed if each["field"] != kind]
    return Line(
        key,
        frame.labels[kind].get(key, key),
        n,
        tuple(
            Cell(
                use,
                None if n is None or (key, use) in hidden.cells else table[key, use],
                n,
                None if row is None else {"all": [*others, row, feature.row(use)]},
            )
            for use in USES
        ),
    )


def _row_of(kind: str, key: str, plan: Mapping[str, str]) -> Rule | None:
    """The row of a rule that finds the people of a line; none for a stage that is no stage any more."""
    if key in ("", UNSCORED):
        return {"field": kind, "operator": "is_unknown"}
    return None if kind == "stage" and key not in plan else {"field": kind, "operator": "is", "value": key}
