"""Computing journey stages: of everybody, in batches, and of those whose facts changed.

A stage is the first of the plan whose rule holds. It is written only where it changes, with a line of history. A
stage that was told (by hand, by an import, over REST) stands until it is taken away.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Case, CharField, Count, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts import doorbells
from accounts.acting import Actor
from accounts.models import Organization
from accounts.modes import counting
from accounts.recording import record_many
from accounts.tenancy.changes import horizon
from accounts.tenancy.context import acting_for, current_organization_id
from segments import compiling, stages
from segments.catalog import Asked, vocabulary
from segments.models import Customer, StageChange, StageRun
from segments.models.customer import CustomerQuerySet
from segments.models.stage import Why
from segments.rules import read_rule
from segments.stages import Plan

BATCH = 2_000
FEW = 100
# Many changes at once, an import, are one going through everybody.
MANY = 5_000
# How long single changes are gathered; nobody waits for a stage as for an alert.
GATHERED = timedelta(seconds=20)
NIGHT = 2  # o'clock in the organization's zone


def begin(why: str, *, at: datetime | None = None) -> StageRun:
    """Judge everybody, from the first. One going through that is under way begins again."""
    now = at or timezone.now()
    run, _made = StageRun.objects.update_or_create(
        defaults={
            "why": why,
            "asked_at": now,
            "after": 0,
            "total": _everybody(now).count(),
            "seen": 0,
            "moved": 0,
            "finished_at": None,
            "changed_below": horizon(),
            "followed_at": None,
            "next_at": None,
        },
        organization_id=current_organization_id(),
    )
    organization_id = current_organization_id()
    doorbells.ring(organization_id)
    return run


def found(*, by: Actor) -> None:
    """A new organization has its stages from the first day."""
    begin(Why.RULES)


@transaction.atomic
def step(*, size: int = BATCH) -> bool:
    """Judge one batch of the run; whether there is more. Somebody else at it: nothing is done."""
    run = _locked().filter(finished_at=None).first()
    if run is None:
        return False
    people = _everybody(run.asked_at).filter(pk__gt=run.after).order_by("pk")
    ids = list(people.values_list("pk", flat=True)[:size])
    if ids:
        within = Q(customer_id__gt=run.after, customer_id__lte=ids[-1])
        run.moved += _judge(people.filter(pk__lte=ids[-1]).order_by(), within, run.asked_at, run.why)
        run.after, run.seen = ids[-1], run.seen + len(ids)
    if len(ids) < size:
        run.finished_at, run.total = timezone.now(), run.seen
    run.save()
    return run.finished_at is None


def settle(*, at: datetime | None = None, why: str = Why.RULES) -> int:
    """Judge everybody within this transaction, as of `at`; returns how many are in another stage than before."""
    begin(why, at=at)
    while step(size=10 * BATCH):
        pass
    return StageRun.objects.get().moved


@transaction.atomic
def follow(ids: Sequence[int], *, why: str = Why.FACTS, at: datetime | None = None) -> int:
    """Judge these few again, where stages are computed at all; returns how many changed."""
    if not StageRun.objects.exists():
        return 0
    now, moved = at or timezone.now(), 0
    for start in range(0, len(ids), FEW):
        some = list(ids[start : start + FEW])
        moved += _judge(_everybody(now).filter(pk__in=some), Q(customer_id__in=some), now, why)
    return moved


def due(organization: Organization, now: datetime) -> int:
    """The engine's share: one batch of the run, else those whose rows changed since the last look."""
    with acting_for(organization.pk):
        run = StageRun.objects.first()
        if run is None:
            return 0
        if run.finished_at is None:
            seen = run.seen
            step()
            return max(StageRun.objects.get().seen - seen, 0)
        return _follow_changes(now)


def _follow_changes(now: datetime) -> int:
    """Customers whose rows were written since the last look; at most one look in GATHERED."""
    run = _locked().filter(finished_at__isnull=False).first()
    if run is None:
        return 0
    changed = Customer.objects.filter(changed__gte=run.changed_below)
    if run.followed_at is not None and now < run.followed_at + GATHERED:
        if (run.next_at is None or run.next_at <= now) and changed.exists():
            run.next_at = run.followed_at + GATHERED
            run.save(update_fields=["next_at"])
            doorbells.ring(current_organization_id(), run.next_at)
        return 0
    until = horizon()
    ids = list(changed.filter(changed__lt=until).values_list("pk", flat=True)[: MANY + 1])
    # Behind a long transaction of somebody else: nobody may ring for these again before the night.
    later = now + GATHERED if changed.filter(changed__gte=until).exists() else None
    run.changed_below, run.followed_at, run.next_at = until, now, later
    run.save(update_fields=["changed_below", "followed_at", "next_at"])
    if later is not None:
        doorbells.ring(current_organization_id(), later)
    if len(ids) > MANY:
        begin(Why.FACTS, at=now)
    else:
        follow(ids, at=now)
    return len(ids)


def nightly(*, at: datetime) -> None:
    """Once a day everybody is judged again: time alone makes somebody dormant."""
    run = StageRun.objects.first()
    if run is None:
        if Customer.objects.exists():
            begin(Why.RULES, at=at)
        return
    if run.finished_at is None:
        # Somebody was killed at it, and the bell with them.
        doorbells.ring(current_organization_id())
        return
    zone = Asked.here(at).zone
    here, then = at.astimezone(zone), run.asked_at.astimezone(zone)
    if here.date() > then.date() and here.hour >= NIGHT:
        begin(Why.TIME, at=at)


def counts(among: CustomerQuerySet) -> dict[str, int]:
    """How many of `among` are in each stage now; "" for none."""
    rows = among.order_by().values_list("stage").annotate(number=Count("pk"))
    return dict(rows)


def spread(plan: Plan, asked: Asked, among: CustomerQuerySet) -> dict[str, int]:
    """How many of `among` would be in each stage by this plan; those whose stage was told count where they are.

    Raises compiling.Unanswerable and, within compiling.patience, TooSlow.
    """
    expression = Case(
        When(stage_told=True, then=F("stage")),
        default=_first_that_holds(plan, asked),
        output_field=CharField(),
    )
    rows = among.order_by().annotate(would=expression).values_list("would")
    return dict(rows.annotate(number=Count("pk")))


def _everybody(at: datetime) -> CustomerQuerySet:
    """Also trial and imported people have a stage; who came later than `at` has none as of then."""
    found: CustomerQuerySet = Customer.objects.present().filter(created_at__lte=at)
    return found


def _locked() -> CustomerQuerySet:
    rows: CustomerQuerySet = StageRun.objects.select_for_update(of=("self",), skip_locked=True)
    return rows


def _first_that_holds(plan: Plan, asked: Asked) -> Case:
    words = vocabulary()
    whens: list[When] = []
    for stage in plan.stages:
        rule = read_rule(stage.rule, words)
        if not rule.members:
            return Case(*whens, default=Value(stage.key), output_field=CharField())
        whens.append(When(compiling.compile(rule, asked=asked, words=words), then=Value(stage.key)))
    return Case(*whens, default=Value(""), output_field=CharField())


def _judge(people: CustomerQuerySet, within: Q, at: datetime, why: str) -> int:
    """Write the stages of these people where they changed. `within` bounds the rows of theirs that rules read."""
    asked = Asked.of(Organization.objects.get(pk=current_organization_id()), at)
    asked = Asked(asked.organization, at, people=within)
    first = _first_that_holds(stages.plan(), asked)
    moving = people.filter(stage_told=False).annotate(would=first).exclude(would=F("stage"))
    moved = _write(list(moving.values_list("pk", "stage", "would")), at)
    changes = [StageChange(customer_id=pk, old=old, new=new, at=at, why=why) for pk, old, new in moved]
    changes += _told(people)
    StageChange.objects.bulk_create(changes, batch_size=1_000)
    _tell(changes)
    return len(changes)


def _write(rows: list[tuple[int, str, str]], at: datetime) -> list[tuple[int, str, str]]:
    """Set the stages of those who are still as they were read; returns them."""
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE segments_customer c SET stage = w.new, stage_since = %s, updated_at = now()"
            " FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS w(id, old, new)"
            " WHERE c.organization_id = %s AND c.id = w.id AND c.stage = w.old AND NOT c.stage_told"
            " RETURNING c.id, w.old, w.new",
            [at, *(list(column) for column in zip(*rows, strict=True)), current_organization_id()],
        )
        return [(pk, old, new) for pk, old, new in cursor.fetchall()]


def _told(people: CustomerQuerySet) -> list[StageChange]:
    """The lines of history that stages lack which were told."""
    last = StageChange.objects.filter(customer_id=OuterRef("pk")).order_by("-at", "-id").values("new")[:1]
    told = people.filter(stage_told=True).annotate(last=Coalesce(Subquery(last), Value("")))
    return [
        StageChange(customer_id=pk, old=old, new=new, at=since or timezone.now(), why=Why.TOLD)
        for pk, old, new, since in told.exclude(last=F("stage")).values_list(
            "pk", "last", "stage", "stage_since"
        )
    ]


def _tell(changes: list[StageChange]) -> None:
    """News of changes that people made: nobody is woken by new rules, by an import, by a trial or a past."""
    heard = {change.customer_id: change for change in changes if change.why != Why.RULES}
    if not heard:
        return
    organization = Organization.objects.get(pk=current_organization_id())
    people = Customer.objects.filter(pk__in=heard, mode__in=list(counting(organization)))
    for customer in people.only("pk", "source"):
        change = heard[customer.pk]
        if change.old or not customer.source.startswith("import:"):
            record_many("customer.stage_changed", [customer], at=change.at, change=change.pk, since=change.at)
