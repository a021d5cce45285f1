"""Merging two records of one person, and taking it back within 30 days.

What moves is read from the data map: every model whose rows lead to their customer by `customer_id`, in whatever
app. An app that has more to say than "these rows are the person's" plugs a Part into config/sockets.py (MERGING).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.models import News, Stale
from accounts.personal_data import whole_map
from accounts.recording import record
from accounts.sockets import plugged
from segments.models import AttributeChange, Category, Consent, Customer, CustomerKey, KeyKind, Merge
from segments.models.merge import UNDO_FOR

KEPT, OTHER = "kept", "other"
# What a manager chooses between, and what it is called.
FIELDS: dict[str, str | Promise] = {
    "name": gettext_lazy("Name"),
    "first_name": gettext_lazy("First name"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "locale": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "company": gettext_lazy("Company"),
    "unit": gettext_lazy("Unit"),
    "stage": gettext_lazy("Stage"),
}
ATTRIBUTE = "attribute."
# What answers leave on a customer; it follows from the answers of both and is chosen by nobody.
LATEST = (
    "last_score",
    "last_category",
    "previous_score",
    "previous_category",
    "last_responded_at",
    "last_channel",
    "last_touchpoint",
    "last_response_id",
    "answer_count",
)
CHUNK = 5_000


class NotMerged(ValueError):
    """Two records that cannot become one, or a merge that cannot be undone; `path` names the field at fault."""

    def __init__(self, sentence: object, path: str = "") -> None:
        self.path = path
        super().__init__(str(sentence))


@dataclass(frozen=True)
class Overwrite:
    """A row to change so that it can be the survivor's: its model's label, its number, field -> new value."""

    label: str
    pk: int
    values: Mapping[str, Any]


def _nothing(survivor_id: int, absorbed_id: int) -> list[Overwrite]:
    return []


def _no_scores(customer_id: int) -> list[int]:
    return []


@dataclass(frozen=True)
class Part:
    """What an app adds to a merge.

    `prepare(survivor_id, absorbed_id)` says what has to be written over before the rows move; `scores(customer_id)`
    gives the scores of a customer, newest first; `counted` is what the page tells will move: model label -> noun.
    """

    prepare: Callable[[int, int], list[Overwrite]] = _nothing
    scores: Callable[[int], list[int]] = _no_scores
    counted: Mapping[str, str | Promise] | None = None


def _consents(survivor_id: int, absorbed_id: int) -> list[Overwrite]:
    """Where both have a word on the same channel and purpose, a no is kept: merging is our deed, not theirs."""
    mine = {(one.channel, one.purpose): one for one in Consent.objects.of(survivor_id)}
    refused = Consent.objects.of(absorbed_id).filter(allowed=False)
    return [
        Overwrite(
            "segments.Consent",
            own.pk,
            {"allowed": False, "source": one.source, "evidence": one.evidence, "at": one.at},
        )
        for one in refused
        if (own := mine.get((one.channel, one.purpose))) is not None and own.allowed
    ]


PART = Part(
    prepare=_consents,
    counted={
        "segments.CustomerKey": gettext_lazy("keys"),
        "segments.CustomerEvent": gettext_lazy("events"),
        "segments.ConsentChange": gettext_lazy("words on consent"),
    },
)


def moving(absorbed: Customer) -> list[tuple[str | Promise, int]]:
    """What would move with this record, as nouns and numbers; what there is none of is left out."""
    told = []
    for part in plugged("MERGING"):
        for label, noun in (part.counted or {}).items():
            number = _rows(apps.get_model(label), absorbed.pk).count()
            if number:
                told.append((noun, number))
    return told


@transaction.atomic
def merge(
    survivor: Customer,
    absorbed: Customer,
    *,
    by: Actor,
    choose: Mapping[str, str] | None = None,
    expected: tuple[int, int] | None = None,
    at: datetime | None = None,
) -> Merge:
    """Make one record of two: `survivor` stays, with everything that was `absorbed`'s.

    `choose` says per field ("email", "attribute.plan") whose value stays, "kept" or "other"; without a word the
    survivor's, or the other's where the survivor has none. `expected` holds the two revisions that were compared.
    Raises NotMerged, and Stale if one of the two changed since.
    """
    by.require("customer.merge")
    now = at or timezone.now()
    survivor, absorbed = _locked(survivor.pk, absorbed.pk)
    _check(survivor, absorbed, by=by, choose=choose or {})
    for customer, revision in zip((survivor, absorbed), expected or (), strict=False):
        if customer.revision != revision:
            who = str(customer.edited_by) if customer.edited_by else _("Someone")
            raise Stale(who, customer.edited_at, customer)
    parts: list[Part] = plugged("MERGING")
    before = {name: getattr(survivor, name) for name in LATEST}
    overwrites = [one for part in parts for one in part.prepare(survivor.pk, absorbed.pk)]
    written = [_write_over(one) for one in overwrites]
    moved = _move(survivor.pk, absorbed.pk)
    fields, attributes = _take(survivor, absorbed, choose or {})
    made: dict[str, list[int]] = {}
    if changes := [
        AttributeChange(customer_id=survivor.pk, key=key, old=old, new=new, source="merge", at=now)
        for key, (old, new) in attributes.items()
    ]:
        AttributeChange.objects.bulk_create(changes)
        made["segments.AttributeChange"] = [change.pk for change in changes]
    if key := _key_of_lost_address(survivor, absorbed):
        made["segments.CustomerKey"] = [key.pk]
    scores = next((found for part in parts if (found := part.scores(survivor.pk))), [])
    after = combined(before, {name: getattr(absorbed, name) for name in LATEST}, scores)
    for name, value in after.items():
        setattr(survivor, name, value)
    survivor.save_revision(survivor.revision, by=by)
    Customer.objects.filter(pk=absorbed.pk).update(
        deleted_at=now, revision=F("revision") + 1, updated_at=timezone.now()
    )
    done = Merge.objects.create(
        survivor=survivor,
        absorbed_id=absorbed.pk,
        at=now,
        by_id=by.user_id,
        undo_until=now + UNDO_FOR,
        moved=moved,
        written=written,
        facts={
            "fields": fields,
            "attributes": attributes,
            "latest": [
                {name: _plain(value) for name, value in before.items()},
                {name: _plain(value) for name, value in after.items()},
            ],
            "made": made,
        },
    )
    record("customer.merged", survivor, at=now, absorbed=absorbed.pk)
    audit("customer.merge", survivor, by=by, at=now, did="merged", absorbed=absorbed.pk)
    return done


@transaction.atomic
def undo(merge: Merge, *, by: Actor, at: datetime | None = None) -> Merge:
    """Make two records of one again, as they were. What came in since stays with the survivor. Twice is once.

    Raises NotMerged when the 30 days are over, or when the survivor is gone itself.
    """
    by.require("customer.merge")
    now = at or timezone.now()
    survivor, absorbed = _locked(merge.survivor_id, merge.absorbed_id, undoing=True)
    merge = Merge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    if merge.undone_at is not None:
        return merge
    if not merge.is_reversible(now) or absorbed is None:
        raise NotMerged(_("The 30 days are over; the two records stay one."))
    if survivor.is_deleted:
        raise NotMerged(_("The record that was kept is gone itself; bring it back first."))
    for label, ids in merge.moved.items():
        for some in _chunks(ids):
            rows = _rows(apps.get_model(label), survivor.pk).filter(pk__in=some)
            rows.update(customer_id=absorbed.pk)
    for label, ids in merge.facts["made"].items():
        _rows(apps.get_model(label), survivor.pk).filter(pk__in=ids).delete()
    for label, pk, values in merge.written:
        _write_back(label, pk, values)
    _give_back(survivor, absorbed, merge.facts)
    survivor.save_revision(survivor.revision, by=by)
    Customer.objects.filter(pk=absorbed.pk).update(
        deleted_at=None, revision=F("revision") + 1, updated_at=timezone.now()
    )
    # What told of both is of no use any more, and would outlive the erasure of one of them.
    merge.undone_at, merge.moved, merge.written, merge.facts = now, {}, [], {}
    merge.save()
    record("customer.unmerged", survivor, at=now, absorbed=absorbed.pk)
    audit("customer.merge", survivor, by=by, at=now, did="undone", absorbed=absorbed.pk)
    return merge


def standing_for(customer_id: int) -> Customer | None:
    """The record that stands for this number today: its own, or the one that it was merged into."""
    seen: set[int] = set()
    while customer_id not in seen:
        seen.add(customer_id)
        into = Merge.objects.standing().filter(absorbed_id=customer_id).first()
        if into is None:
            break
        customer_id = into.survivor_id
    return Customer.objects.filter(pk=customer_id).first()


def absorbed_by(customer_id: int) -> list[int]:
    """The numbers of all records that went up in this one and are still held, also by way of another."""
    found: list[int] = []
    look = [customer_id]
    while look:
        look = list(
            Merge.objects.standing()
            .filter(survivor_id__in=look, closed_at=None)
            .values_list("absorbed_id", flat=True)
        )
        found += look
    return found


@transaction.atomic
def gather_late(news: News) -> None:
    """Listener: an answer that was being written while its customer was merged follows them."""
    merged = Merge.objects.standing().filter(
        survivor_id=news.subject_id, absorbed_id=news.facts.get("absorbed"), closed_at=None
    )
    for one in merged.select_for_update():
        _move(one.survivor_id, one.absorbed_id)


def tidy(*, at: datetime) -> int:
    """End the merges of the acting organization whose 30 days are over; returns how many."""
    due = Merge.objects.standing().filter(closed_at=None, undo_until__lte=at).order_by("undo_until", "id")
    for one in due:
        with transaction.atomic():
            _move(one.survivor_id, one.absorbed_id)
            Merge.objects.filter(survivor_id=one.absorbed_id).update(survivor_id=one.survivor_id)
            for gone in Customer.objects.filter(pk=one.absorbed_id):
                gone.delete()
            Merge.objects.filter(pk=one.pk).update(closed_at=at, moved={}, written=[], facts={})
    return len(due)


def combined(
    mine: Mapping[str, Any], theirs: Mapping[str, Any], scores: Iterable[int] = ()
) -> dict[str, Any]:
    """The latest facts of one person out of those of two records; `scores`, newest first, if anybody knows them."""
    known = [facts for facts in (mine, theirs) if facts["last_responded_at"] is not None]
    known.sort(key=lambda facts: facts["last_responded_at"], reverse=True)
    found = dict(known[0] if known else mine)
    found["answer_count"] = mine["answer_count"] + theirs["answer_count"]
    if len(known) == 2:
        newest = list(scores)
        previous = newest[1] if len(newest) > 1 else None
        if previous is None and found["previous_score"] is None:
            previous = known[1]["last_score"]
        if previous is not None:
            found["previous_score"] = previous
            found["previous_category"] = str(Category.of(previous))
    return found


# the two records


def _locked(survivor_id: int, absorbed_id: int, *, undoing: bool = False) -> tuple[Customer, Any]:
    """Both, locked in the order of their numbers, so that two merges of the same pair wait for each other."""
    rows = Customer.objects.select_for_update(of=("self",)).filter(pk__in=[survivor_id, absorbed_id])
    found = {row.pk: row for row in rows.order_by("pk")}
    if survivor_id not in found or (absorbed_id not in found and not undoing):
        raise NotMerged(_("There is no such customer."), "other")
    return found[survivor_id], found.get(absorbed_id)


def _check(survivor: Customer, absorbed: Customer, *, by: Actor, choose: Mapping[str, str]) -> None:
    if survivor.pk == absorbed.pk:
        raise NotMerged(_("These are not two records but one."), "other")
    for one in (survivor, absorbed):
        if one.is_deleted or not by.sees_unit(one.unit_id):
            raise NotMerged(_("There is no such customer."), "other")
    if survivor.mode != absorbed.mode:
        raise NotMerged(_("A live customer and a trial one cannot be the same person."), "other")
    for name, whose in choose.items():
        known = name in FIELDS or name.removeprefix(ATTRIBUTE) in {
            **survivor.attributes,
            **absorbed.attributes,
        }
        if not known:
            raise NotMerged(_("There is no such field."), f"choose.{name}"[:100])
        if whose not in (KEPT, OTHER):
            raise NotMerged(_("Choose “kept” or “other”."), f"choose.{name}")


def chosen(name: str, mine: Any, theirs: Any, choose: Mapping[str, str]) -> str:
    """Whose value stays: as was chosen, else the survivor's, else that of the only one who has any."""
    return choose.get(name) or (OTHER if mine in (None, "", []) and theirs not in (None, "", []) else KEPT)


def _take(
    survivor: Customer, absorbed: Customer, choose: Mapping[str, str]
) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Write the chosen values on the survivor; returns what changed as name -> [before, after]."""
    fields: dict[str, list[Any]] = {}

    def write(name: str, value: Any) -> None:
        old = getattr(survivor, name)
        if old != value:
            fields[name] = [_plain(old), _plain(value)]
            setattr(survivor, name, value)

    for name in FIELDS:
        column = str(Customer._meta.get_field(name).attname)  # type: ignore[union-attr]
        mine, theirs = getattr(survivor, column), getattr(absorbed, column)
        if chosen(name, mine, theirs, choose) == OTHER and mine != theirs:
            write(column, theirs)
            if name == "stage":
                write("stage_since", absorbed.stage_since)
    write("created_at", min(survivor.created_at, absorbed.created_at))
    attributes: dict[str, list[Any]] = {}
    kept = dict(survivor.attributes)
    for key in {**survivor.attributes, **absorbed.attributes}:
        mine, theirs = survivor.attributes.get(key), absorbed.attributes.get(key)
        if chosen(f"{ATTRIBUTE}{key}", mine, theirs, choose) == OTHER and mine != theirs:
            attributes[key] = [mine, theirs]
            if theirs is None:
                kept.pop(key, None)
            else:
                kept[key] = theirs
    survivor.attributes = kept
    return fields, attributes


def _give_back(survivor: Customer, absorbed: Customer, facts: Mapping[str, Any]) -> None:
    """Take the merge's values off the survivor; what somebody changed since stays."""
    for name, (old, new) in facts["fields"].items():
        if _plain(getattr(survivor, name)) == new:
            setattr(survivor, name, _read(Customer, name, old))
    attributes = dict(survivor.attributes)
    for key, (old, new) in facts["attributes"].items():
        if attributes.get(key) != new:
            continue
        if old is None:
            attributes.pop(key, None)
        else:
            attributes[key] = old
    survivor.attributes = attributes
    before, after = (
        {name: _read(Customer, name, value) for name, value in each.items()} for each in facts["latest"]
    )
    now = {name: getattr(survivor, name) for name in LATEST}
    parts: list[Part] = plugged("MERGING")
    scores = next((found for part in parts if (found := part.scores(survivor.pk))), [])
    for name, value in _latest_without(before, after, now, scores).items():
        setattr(survivor, name, value)


def _latest_without(
    before: Mapping[str, Any], after: Mapping[str, Any], now: Mapping[str, Any], scores: list[int]
) -> dict[str, Any]:
    """The survivor's latest facts without the other's: as before, or with what came in since."""
    if now == after:
        return dict(before)
    answered_since = now["last_response_id"] != after["last_response_id"]
    if not answered_since and now["last_response_id"] != before["last_response_id"]:
        return dict(before)
    found = dict(now)
    found["answer_count"] = before["answer_count"] + now["answer_count"] - after["answer_count"]
    previous = scores[1] if len(scores) > 1 else before["last_score"] if answered_since else None
    found["previous_score"] = previous
    found["previous_category"] = str(Category.of(previous)) if previous is not None else ""
    return found


def _key_of_lost_address(survivor: Customer, absorbed: Customer) -> CustomerKey | None:
    """The address that nobody shows any more still leads here, or the next import would bring it back."""
    for address in {survivor.email.lower(), absorbed.email_lower, survivor.email_lower} - {
        "",
        survivor.email.lower(),
    }:
        elsewhere = Customer.objects.present().filter(email_lower=address)
        if elsewhere.exclude(pk__in=[survivor.pk, absorbed.pk]).exists():
            continue
        key, made = CustomerKey.objects.get_or_create(
            kind=KeyKind.EMAIL, source="", value=address, defaults={"customer": survivor}
        )
        if made:
            return key
    return None


# the rows of both


def _belonging() -> list[type[models.Model]]:
    """Every model whose rows are a customer's, by the data map."""
    return [apps.get_model(label) for label, about in whole_map().items() if about.person == "customer_id"]


def _rows(model: type[models.Model], customer_id: int) -> models.QuerySet[Any]:
    return model._default_manager.filter(customer_id=customer_id)


def _move(survivor_id: int, absorbed_id: int) -> dict[str, list[int]]:
    """Give the rows of one to the other; label -> numbers of those that went.

    What the survivor has already (a place on the same fixed list) stays behind, and goes with that record.
    """
    moved: dict[str, list[int]] = {}
    for model in _belonging():
        rows = _rows(model, absorbed_id)
        ids = list(rows.exclude(pk__in=_taken(model, survivor_id, absorbed_id)).values_list("pk", flat=True))
        for some in _chunks(ids):
            rows.filter(pk__in=some).update(customer_id=survivor_id)
        if ids:
            moved[model._meta.label] = ids
    return moved


def _taken(model: type[models.Model], survivor_id: int, absorbed_id: int) -> list[int]:
    """Rows of the absorbed record whose place the survivor holds already, by any unique constraint."""
    taken: list[int] = []
    for constraint in model._meta.constraints:
        if not isinstance(constraint, models.UniqueConstraint) or "customer" not in constraint.fields:
            continue
        others = [name for name in constraint.fields if name not in ("organization", "customer")]
        condition = constraint.condition or Q()
        held = set(_rows(model, survivor_id).filter(condition).values_list(*others))
        taken += [
            pk
            for pk, *place in _rows(model, absorbed_id).filter(condition).values_list("pk", *others)
            if tuple(place) in held
        ]
    return taken


def _write_over(one: Overwrite) -> list[Any]:
    """Change one row; returns it as it is kept in Merge.written."""
    row = apps.get_model(one.label)._default_manager.get(pk=one.pk)
    values = {name: [_plain(getattr(row, name)), _plain(value)] for name, value in one.values.items()}
    type(row)._default_manager.filter(pk=row.pk).update(**one.values)
    return [one.label, one.pk, values]


def _write_back(label: str, pk: int, values: Mapping[str, list[Any]]) -> None:
    """Undo one overwrite, unless somebody has written there since."""
    model: type[models.Model] = apps.get_model(label)
    row = model._default_manager.filter(pk=pk).first()
    if row is None or any(_plain(getattr(row, name)) != new for name, (_old, new) in values.items()):
        return
    back = {name: _read(model, name, old) for name, (old, _new) in values.items()}
    model._default_manager.filter(pk=pk).update(**back)


def _chunks(ids: list[int]) -> Iterable[list[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def _plain(value: Any) -> Any:
    """A value as it stands in JSON, without losing a microsecond; to_python of its field reads it back."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _read(model: type[models.Model], name: str, value: Any) -> Any:
    """The other way round: a value out of JSON as its field has it."""
    field: Any = model._meta.get_field(name)
    return field.to_python(value)
