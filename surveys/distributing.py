"""Asking people: who will be asked and who not, invitations, launch, stop, and what became of each.

A launch judges every member of the segment (segments.contacting is the judge), in batches by id, and
writes one invitation per member: the asked wait to be sent, the others carry the reason. Sending is
somebody else's: outreach hears `distribution.launched`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db import connection, models, transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.acting import Actor, system_actor
from accounts.auditing import audit
from accounts.doorbells import ring
from accounts.models import Organization
from accounts.recording import record
from accounts.tenancy.context import acting_for
from accounts.tenancy.staging import copy_rows, fresh_statistics
from segments.compiling import members
from segments.contacting import Candidate, Decision, judge
from segments.models import Customer
from surveys.inviting import NotLaunchable, token_hash
from surveys.models import Distribution, Invitation, Version

BATCH = 2_000
# Up to this many members are judged while the member waits; more go on in the engine.
AT_ONCE = 5_000

# What ends by itself within hours does not keep somebody from being asked: the message waits for it.
PASSING = frozenset({"quiet_hours"})


@dataclass(frozen=True)
class Judged:
    """One member of the segment: asked when `reason` is empty."""

    customer: Customer
    reason: str = ""
    free_at: dt.datetime | None = None


@dataclass(frozen=True)
class Preview:
    """Who will be asked, who not and why; `examples` holds some of each for people to look at."""

    members: int
    asked: int
    reasons: dict[str, int]
    examples: list[Judged] = field(default_factory=list)

    @property
    def not_asked(self) -> int:
        return self.members - self.asked


def preview(distribution: Distribution, *, at: dt.datetime | None = None, examples: int = 12) -> Preview:
    """What a launch at this moment would do, by the same judgement as the launch."""
    asked, reasons, shown = 0, Counter[str](), list[Judged]()
    kept: Counter[str] = Counter()
    for batch in _batches(distribution, 0):
        for each in _judge(distribution, batch, at or timezone.now()):
            if each.reason:
                reasons[each.reason] += 1
            else:
                asked += 1
            if kept[each.reason] < (examples // 2 if not each.reason else 3) and len(shown) < examples * 2:
                kept[each.reason] += 1
                shown.append(each)
    total = asked + sum(reasons.values())
    return Preview(total, asked, dict(reasons.most_common()), shown)


@transaction.atomic
def schedule(distribution: Distribution, *, by: Actor, when: dt.datetime) -> Distribution:
    """Have it launched by the engine at that time. Raises NotLaunchable."""
    by.require("distribution.launch")
    distribution = _locked(distribution)
    _ready(distribution)
    if distribution.state not in (Distribution.State.DRAFT, Distribution.State.SCHEDULED):
        raise NotLaunchable("wrong_state")
    if when <= timezone.now():
        raise NotLaunchable("in_the_past")
    distribution.state = Distribution.State.SCHEDULED
    distribution.scheduled_at = when
    distribution.save(update_fields=["state", "scheduled_at"])
    audit("distribution.launch", distribution, by=by, did="scheduled", at_time=when.isoformat())
    ring(distribution.organization.pk, at=when)
    return distribution


@transaction.atomic
def unschedule(distribution: Distribution, *, by: Actor) -> Distribution:
    """Back to a draft; raises NotLaunchable when it has begun."""
    by.require("distribution.launch")
    distribution = _locked(distribution)
    if distribution.state != Distribution.State.SCHEDULED:
        raise NotLaunchable("wrong_state")
    distribution.state = Distribution.State.DRAFT
    distribution.scheduled_at = None
    distribution.save(update_fields=["state", "scheduled_at"])
    return distribution


@transaction.atomic
def launch(distribution: Distribution, *, by: Actor, at: dt.datetime | None = None) -> Distribution:
    """Freeze the newest version into it and invite the members of its segment. Raises NotLaunchable.

    Up to AT_ONCE members are invited here; a larger segment is gone through by `due`, batch by batch.
    """
    by.require("distribution.launch")
    now = at or timezone.now()
    distribution = _locked(distribution)
    version = _ready(distribution)
    if distribution.state not in (Distribution.State.DRAFT, Distribution.State.SCHEDULED):
        raise NotLaunchable("wrong_state")
    distribution.version = version
    distribution.state = Distribution.State.LAUNCHING
    distribution.launched_at = now
    distribution.launched_upto = 0
    # Fixed here: the link of a survey that is made anonymous later must not change what was promised.
    distribution.anonymous = version.definition["anonymous"]
    distribution.save(update_fields=["version", "state", "launched_at", "launched_upto", "anonymous"])
    audit("distribution.launch", distribution, by=by, at=now)
    for _turn in range(AT_ONCE // BATCH + 1):
        if _invite_batch(distribution):
            break
    else:
        ring(distribution.organization.pk)
    return distribution


def due(organization: Organization, now: dt.datetime) -> int:
    """Launch what is scheduled by now, and go on with launches underway: one batch of each per call."""
    done = 0
    with acting_for(organization):
        waiting = list(
            Distribution.objects.due(now).order_by("scheduled_at", "id").values_list("pk", flat=True)
        )
    for pk in waiting:
        with acting_for(organization):
            distribution = (
                Distribution.objects.due(now)
                .select_for_update(of=("self",), skip_locked=True)
                .filter(pk=pk)
                .first()
            )
            if distribution is None:
                continue
            done += 1
            if distribution.state == Distribution.State.SCHEDULED:
                try:
                    launch(distribution, by=system_actor(organization), at=now)
                except NotLaunchable as error:
                    distribution.state = Distribution.State.DRAFT
                    distribution.save(update_fields=["state"])
                    audit(
                        "distribution.launch",
                        distribution,
                        by=system_actor(organization),
                        did="refused",
                        reason=error.reason,
                    )
            elif not _invite_batch(distribution):
                ring(organization.pk)
    return done


@transaction.atomic
def stop(distribution: Distribution, *, by: Actor, at: dt.datetime | None = None) -> int:
    """Ask nobody new: what waits is not sent. Links that are out stay open. Gives how many are spared."""
    by.require("distribution.launch")
    now = at or timezone.now()
    distribution = _locked(distribution)
    if distribution.state not in (
        Distribution.State.SCHEDULED,
        Distribution.State.LAUNCHING,
        Distribution.State.RUNNING,
    ):
        raise NotLaunchable("wrong_state")
    distribution.state = Distribution.State.STOPPED
    distribution.stopped_at = now
    distribution.stopped_by_id = by.user_id
    distribution.save(update_fields=["state", "stopped_at", "stopped_by"])
    spared = (
        Invitation.objects.of(distribution)
        .waiting()
        .update(outcome=Invitation.Outcome.SKIPPED, reason="stopped")
    )
    audit("distribution.launch", distribution, by=by, did="stopped", spared=spared)
    record("distribution.stopped", distribution, survey=distribution.survey_id)
    return spared


def note_receipt(
    invitation_ids: Iterable[int], kind: str, at: dt.datetime | None = None, *, reason: str = ""
) -> int:
    """What became of the mails: sent, delivered, failed, skipped, unknown. A later, better word wins."""
    now = at or timezone.now()
    found = Invitation.objects.filter(pk__in=list(invitation_ids))
    if kind == "sent":
        return found.answerable().update(
            outcome=Invitation.Outcome.SENT, reason="", sent_at=Coalesce(F("sent_at"), Value(now))
        )
    if kind == "delivered":
        return found.update(
            outcome=Invitation.Outcome.SENT,
            reason="",
            sent_at=Coalesce(F("sent_at"), Value(now)),
            delivered_at=Coalesce(F("delivered_at"), Value(now)),
        )
    outcome = {
        "failed": Invitation.Outcome.FAILED,
        "bounced": Invitation.Outcome.FAILED,
        "skipped": Invitation.Outcome.SKIPPED,
        "unknown": Invitation.Outcome.UNKNOWN,
    }[kind]
    # Who has answered was reached, whatever a late receipt says.
    return found.filter(started_at=None).update(outcome=outcome, reason=reason or kind)


@dataclass(frozen=True)
class Progress:
    """From the segment to the reason; each number counts invitations of one distribution."""

    members: int
    asked: int
    waiting: int
    sent: int
    delivered: int
    opened: int
    started: int
    completed: int
    failed: int
    skipped: dict[str, int]


def progress(distribution: Distribution) -> Progress:
    """Derived from the rows, never counted up."""
    mine = distribution.invitations.exclude(source="test").order_by()
    outcome = Invitation.Outcome
    counted = mine.aggregate(
        members=models.Count("id"),
        asked=models.Count("id", filter=~models.Q(outcome=outcome.SKIPPED)),
        waiting=models.Count("id", filter=models.Q(outcome=outcome.WAITING)),
        sent=models.Count("id", filter=models.Q(sent_at__isnull=False)),
        delivered=models.Count("id", filter=models.Q(delivered_at__isnull=False)),
        opened=models.Count("id", filter=models.Q(opened_at__isnull=False)),
        started=models.Count("id", filter=models.Q(started_at__isnull=False)),
        completed=models.Count("id", filter=models.Q(completed_at__isnull=False)),
        failed=models.Count("id", filter=models.Q(outcome__in=[outcome.FAILED, outcome.UNKNOWN])),
    )
    skipped = (
        mine.filter(outcome=outcome.SKIPPED)
        .values_list("reason")
        .annotate(n=models.Count("id"))
        .order_by("-n")
    )
    return Progress(**counted, skipped=dict(skipped))


def is_sampled(distribution: Distribution, salt: str, customer_id: int) -> bool:
    """Whether a customer falls into the sample: fixed per distribution, so that a preview keeps its word."""
    if distribution.sampling_percent >= 100:
        return True
    said = f"{salt}:sample:{distribution.pk}:{customer_id}".encode()
    bucket = int.from_bytes(hashlib.blake2b(said, digest_size=8).digest(), "big") % 100
    return bucket < distribution.sampling_percent


def _invite_batch(distribution: Distribution) -> bool:
    """Invite the next members; True when the segment is through, and the launch told."""
    now = distribution.launched_at or timezone.now()
    batch = next(_batches(distribution, distribution.launched_upto), [])
    if batch:
        _write(distribution, _judge(distribution, batch, now), now)
        distribution.launched_upto = batch[-1].pk
    finished = len(batch) < BATCH
    if finished:
        distribution.state = Distribution.State.RUNNING
    distribution.save(update_fields=["launched_upto", "state"])
    if finished:
        asked = Invitation.objects.of(distribution).waiting().count()
        if asked > BATCH:
            fresh_statistics(Invitation)
        record("distribution.launched", distribution, survey=distribution.survey_id, asked=asked)
    return finished


def _batches(distribution: Distribution, after: int) -> Iterator[list[Customer]]:
    """The members of the segment by id, in batches, with what judging and inviting needs."""
    if distribution.segment is None:
        return
    found = (
        members(distribution.segment)
        .present()
        .order_by("id")
        .only("id", "organization_id", "name", "first_name", "email", "locale", "unit_id", "mode")
    )
    while True:
        batch = list(found.filter(id__gt=after)[:BATCH])
        if batch:
            yield batch
            after = batch[-1].pk
        if len(batch) < BATCH:
            return


def _judge(distribution: Distribution, batch: Sequence[Customer], at: dt.datetime) -> list[Judged]:
    salt = Organization.objects.values_list("salt", flat=True).get(pk=distribution.organization.pk)
    decisions = judge([Candidate(each.pk) for each in batch], at=at)
    judged = []
    for customer, decision in zip(batch, decisions, strict=True):
        if not is_sampled(distribution, salt, customer.pk):
            judged.append(Judged(customer, "not_sampled"))
        else:
            reason, free_at = _lasting(decision)
            judged.append(Judged(customer, reason, free_at))
    return judged


def _lasting(decision: Decision) -> tuple[str, dt.datetime | None]:
    """The first reason that does not pass by itself within hours."""
    for ground in decision.reasons:
        if ground.code not in PASSING:
            return ground.code, ground.until
    return "", None


def _write(distribution: Distribution, judged: Sequence[Judged], now: dt.datetime) -> None:
    organization_id = distribution.organization.pk
    expires = now + dt.timedelta(days=distribution.expires_after_days)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('surveys_invitation', 'id')) FROM generate_series(1, %s)",
            [len(judged)],
        )
        ids = [row[0] for row in cursor.fetchall()]
    copy_rows(
        Invitation,
        (
            "id", "distribution", "customer", "unit", "mode", "source", "locale", "generation", "token_hash",
            "outcome", "reason", "issued_at", "expires_at",
        ),
        (
            (
                pk, distribution.pk, each.customer.pk, each.customer.unit_id, distribution.mode,
                "distribution", each.customer.locale, 1,
                b"" if each.reason else token_hash(organization_id, pk, 1),
                Invitation.Outcome.SKIPPED if each.reason else Invitation.Outcome.WAITING,
                each.reason, now, expires,
            )
            for pk, each in zip(ids, judged, strict=True)
        ),
    )  # fmt: skip


def _locked(distribution: Distribution) -> Distribution:
    return Distribution.objects.select_for_update(of=("self",)).get(pk=distribution.pk)


def _ready(distribution: Distribution) -> Version:
    """The version to ask. Raises NotLaunchable."""
    version = distribution.survey.version()
    if version is None:
        raise NotLaunchable("no_version")
    if distribution.segment_id is None:
        raise NotLaunchable("no_segment")
    if distribution.channel != Distribution.Channel.EMAIL:
        raise NotLaunchable("no_channel")
    return version
