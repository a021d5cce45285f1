"""Campaigns: who would get it, launching, choosing people batch by batch, stopping, and the account of it all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Exists, Min, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import doorbells
from accounts.acting import Actor
from accounts.auditing import audit
from accounts.models import Membership
from accounts.recording import record
from accounts.tenancy.context import current_organization_id
from outreach import sending
from outreach.models import Campaign, Message, MessageClass, Outcome, SendKey
from outreach.models.campaign import GRACE
from outreach.models.send_key import SendKeyQuerySet
from outreach.reasons import sentence
from outreach.sending import Draft
from outreach.templating import freeze, problems
from segments import contacting_sql
from segments.compiling import members
from segments.contacting import is_capped, is_quiet
from segments.models import Channel, Customer, Purpose

BATCH = 1_000

PURPOSES = {
    MessageClass.SERVICE: Purpose.SERVICE,
    MessageClass.RELATIONSHIP: Purpose.SURVEYS,
    MessageClass.MARKETING: Purpose.MARKETING,
}
"""What the consent of a customer is asked for, per class of message."""

WAITS = ("quiet_hours", "cap", "survey_gap")
"""Reasons that end by themselves: the message waits. The others are final."""


class CampaignError(Exception):
    """A deed that cannot be done to this campaign now; the sentence says why."""


@dataclass(frozen=True)
class Review:
    """Who will get it, who waits, and who will not, with the reason: the judgement of the claim itself."""

    people: int
    now: int
    waiting: dict[str, int]
    refused: dict[str, int]
    examples: list[tuple[int, str]]

    @property
    def will_wait(self) -> int:
        return sum(self.waiting.values())

    @property
    def will_not(self) -> int:
        return sum(self.refused.values())

    @property
    def would_get(self) -> int:
        """At once or after waiting."""
        return self.now + self.will_wait


def purpose_of(message_class: str) -> str:
    return PURPOSES[MessageClass(message_class)]


def review(campaign: Campaign, at: datetime | None = None) -> Review:
    """Judge everybody in the segment as of `at` (the hour it is planned for), as the claim will."""
    at = at or campaign.scheduled_at or timezone.now()
    purpose = purpose_of(campaign.template.message_class)
    ids = list(_people(campaign).values_list("pk", flat=True))
    sql = (
        "WITH due AS (SELECT c.id, c.id AS customer_id, %(channel)s::text AS channel, %(purpose)s::text AS purpose,"
        " %(capped)s::boolean AS capped, %(gapped)s::boolean AS gapped, %(quiet)s::boolean AS quiet"
        " FROM unnest(%(ids)s::bigint[]) AS c(id))"
        f" SELECT j.reason, count(*), min(j.customer_id) FROM ({contacting_sql.judged('due')}) j GROUP BY j.reason"
    )
    counts: dict[str, int] = {}
    examples: list[tuple[int, str]] = []
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {
                "organization": current_organization_id(),
                "at": at,
                "channel": str(Channel.EMAIL),
                "purpose": str(purpose),
                "capped": is_capped(purpose),
                "gapped": False,
                "quiet": is_quiet(purpose),
                "ids": ids,
            },
        )
        for reason, count, example in cursor.fetchall():
            counts[reason or ""] = count
            if reason:
                examples.append((example, reason))
    return Review(
        people=len(ids),
        now=counts.get("", 0),
        waiting={reason: count for reason, count in counts.items() if reason in WAITS},
        refused={reason: count for reason, count in counts.items() if reason and reason not in WAITS},
        examples=examples,
    )


def not_ready(campaign: Campaign) -> list[str]:
    """What keeps this campaign from being launched, one sentence each."""
    found = []
    if campaign.sender is not None and not campaign.sender.is_verified:
        found.append(_("%(address)s is not verified yet.") % {"address": campaign.sender.address})
    if campaign.template.is_deleted:
        found.append(_("The template was deleted."))
    found += [str(problem) for problem in problems(campaign.template)]
    if campaign.segment.deleted_at is not None:
        found.append(_("The segment was deleted."))
    return found


@transaction.atomic
def launch(
    campaign: Campaign, *, by: Actor, when: datetime | None = None, at: datetime | None = None
) -> Campaign:
    """Launch now, or (with `when`) at that hour. For 60 seconds after launch it can be taken back whole."""
    at = at or timezone.now()
    campaign = _locked(campaign)
    if campaign.state != Campaign.State.DRAFT:
        raise CampaignError(_("It has been launched already."))
    reasons = not_ready(campaign)
    if reasons:
        raise CampaignError(" ".join(reasons))
    if when is not None and when > at:
        campaign.state, campaign.scheduled_at = Campaign.State.SCHEDULED, when
        campaign.launched_by = by.membership
        campaign.save()
        doorbells.ring(current_organization_id(), at=when)
    else:
        _start(campaign, by.membership, at)
    audit("campaign.launch", campaign, by=by)
    return campaign


def _start(campaign: Campaign, member: Membership | None, at: datetime) -> None:
    """Freeze the words and begin: people are chosen when the grace is over, so nothing has to be unmade."""
    template = campaign.template
    campaign.content = {
        locale: freeze(template, locale=locale, sender=campaign.sender).pk for locale in template.locales
    }
    campaign.message_class = template.message_class
    campaign.state, campaign.launched_at, campaign.launched_by = Campaign.State.SENDING, at, member
    campaign.chosen_upto, campaign.audience, campaign.ended_at = 0, _people(campaign).count(), None
    campaign.save()
    record("campaign.launched", campaign, at=at)
    doorbells.ring(current_organization_id(), at=at + GRACE)


@transaction.atomic
def take_back(campaign: Campaign, *, by: Actor, at: datetime | None = None) -> Campaign:
    """Make a scheduled or just launched campaign a draft again. Nothing has gone out."""
    at = at or timezone.now()
    campaign = _locked(campaign)
    if not campaign.may_be_taken_back(at):
        raise CampaignError(
            _("It is too late to take it back: the first mails have gone out. Stop it instead.")
        )
    campaign.state, campaign.launched_at, campaign.scheduled_at = Campaign.State.DRAFT, None, None
    campaign.chosen_upto, campaign.audience, campaign.content, campaign.paused_at = None, None, {}, None
    campaign.save()
    audit("campaign.launch", campaign, by=by, did="taken back")
    return campaign


def due_work(at: datetime | None = None, *, budget: int = BATCH) -> datetime | None:
    """Whatever campaigns wait for: start the scheduled, choose the next people, finish the settled.

    One batch a call, in its own transaction. Returns when to come again, None when nothing is left to do.
    """
    at = at or timezone.now()
    for campaign in Campaign.objects.present().due(at).select_for_update(of=("self",), skip_locked=True)[:1]:
        _start(campaign, campaign.launched_by, campaign.scheduled_at if campaign.scheduled_at else at)
        return at
    choosing = (
        Campaign.objects.filter(
            state=Campaign.State.SENDING, chosen_upto__isnull=False, launched_at__lte=at - GRACE
        )
        .order_by("launched_at", "id")
        .select_for_update(of=("self",), skip_locked=True)
    )
    for campaign in choosing[:1]:
        choose(campaign, at=at, limit=budget)
        return at
    finish_settled(at)
    return _next_instant(at)


LOOK_AGAIN = timedelta(seconds=5)


def _next_instant(at: datetime) -> datetime | None:
    """When a campaign will need us: its hour, the end of its grace, or its last message settled."""
    sending_now = Campaign.objects.filter(state=Campaign.State.SENDING)
    scheduled = Campaign.objects.filter(state=Campaign.State.SCHEDULED)
    instants: list[datetime] = [hour for hour in scheduled.values_list("scheduled_at", flat=True) if hour]
    instants += [
        launched + GRACE
        for launched in sending_now.filter(chosen_upto__isnull=False).values_list("launched_at", flat=True)
        if launched
    ]
    on_their_way = list(sending_now.filter(chosen_upto=None).values_list("pk", flat=True))
    if on_their_way:
        first = Message.objects.of("campaign", *on_their_way).aggregate(first=Min("due_at"))["first"]
        instants.append(max(at + LOOK_AGAIN, first or at))
    return max(at, min(instants)) if instants else None


@transaction.atomic
def choose(campaign: Campaign, *, at: datetime, limit: int = BATCH) -> int:
    """Write the messages of the next people of the segment; each person once, whatever is repeated."""
    people = list(
        _people(campaign)
        .filter(pk__gt=campaign.chosen_upto or 0)
        .order_by("pk")
        .values_list("pk", "locale", "mode")[:limit]
    )
    sending.queue(_drafts(campaign, people, at), at=at)
    campaign.chosen_upto = people[-1][0] if len(people) == limit else None
    if campaign.chosen_upto is None:
        campaign.audience = SendKey.objects.of("campaign", campaign.pk).count()
    campaign.save(update_fields=["chosen_upto", "audience"])
    return len(people)


def _drafts(campaign: Campaign, people: Iterable[tuple[int, str, str]], at: datetime) -> Iterator[Draft]:
    purpose = purpose_of(campaign.message_class)
    default = campaign.template.default_locale
    for customer_id, locale, mode in people:
        yield Draft(
            key=f"campaign {campaign.pk} run {campaign.run} customer {customer_id} email",
            wording=_wording_for(campaign.content, locale, default),
            origin_kind="campaign",
            origin_id=campaign.pk,
            customer=customer_id,
            message_class=campaign.message_class,
            topic=str(purpose),
            mode=mode,
            due_at=at,
        )


def _wording_for(content: dict[str, int], locale: str, default: str) -> int:
    for wanted in (locale, locale.partition("-")[0], default):
        if wanted in content:
            return content[wanted]
    return next(iter(content.values()))


@transaction.atomic
def pause(campaign: Campaign, *, by: Actor, at: datetime | None = None) -> Campaign:
    """Hold what has not been claimed; what is on the wire goes its way."""
    campaign = _locked(campaign)
    if campaign.state != Campaign.State.SENDING:
        raise CampaignError(_("Only a campaign that is sending can be paused."))
    campaign.state, campaign.paused_at = Campaign.State.PAUSED, at or timezone.now()
    campaign.save()
    sending.pause("campaign", campaign.pk)
    audit("campaign.launch", campaign, by=by, did="paused")
    return campaign


@transaction.atomic
def resume(campaign: Campaign, *, by: Actor, at: datetime | None = None) -> Campaign:
    """Go on where it was held."""
    campaign = _locked(campaign)
    if campaign.state != Campaign.State.PAUSED:
        raise CampaignError(_("It is not paused."))
    campaign.state, campaign.paused_at = Campaign.State.SENDING, None
    campaign.save()
    sending.resume("campaign", campaign.pk)
    doorbells.ring(current_organization_id(), at=at or timezone.now())
    audit("campaign.launch", campaign, by=by, did="resumed")
    return campaign


@transaction.atomic
def stop(campaign: Campaign, *, by: Actor, at: datetime | None = None) -> int:
    """Stop for good: those who wait will not get it. Returns how many that are."""
    at = at or timezone.now()
    campaign = _locked(campaign)
    if campaign.state not in (*Campaign.RUNNING, Campaign.State.SCHEDULED):
        raise CampaignError(_("It is not running."))
    unchosen = _write_rest(campaign, at) if campaign.state in Campaign.RUNNING else 0
    withdrawn = sending.withdraw("campaign", campaign.pk, reason="stopped", at=at)
    campaign.state, campaign.ended_at, campaign.chosen_upto = Campaign.State.STOPPED, at, None
    campaign.audience = SendKey.objects.of("campaign", campaign.pk).count()
    campaign.save()
    audit("campaign.launch", campaign, by=by, did="stopped", people=withdrawn)
    record("campaign.stopped", campaign, at=at)
    return max(withdrawn, unchosen)


def _write_rest(campaign: Campaign, at: datetime) -> int:
    """Those not yet chosen get their row too, so that everybody of the segment is accounted for."""
    written = 0
    while campaign.chosen_upto is not None:
        written += choose(campaign, at=at, limit=5 * BATCH)
    return written


@transaction.atomic
def retry_failures(campaign: Campaign, *, by: Actor, at: datetime | None = None) -> int:
    """Send again to those alone for whom sending failed for good; everybody else is left in peace."""
    at = at or timezone.now()
    campaign = _locked(campaign)
    if campaign.state not in (Campaign.State.FINISHED, Campaign.State.SENDING):
        raise CampaignError(_("Only a campaign that is sending or finished can retry."))
    failed = [
        row.customer_id
        for row in latest_rows(campaign).filter(outcome=Outcome.FAILED, customer__isnull=False)
    ]
    if not failed:
        return 0
    campaign.run += 1
    people = Customer.objects.present().filter(pk__in=failed).values_list("pk", "locale", "mode")
    made = sending.queue(_drafts(campaign, people, at), at=at)
    campaign.state, campaign.ended_at = Campaign.State.SENDING, None
    campaign.save()
    audit("campaign.launch", campaign, by=by, did="failures retried", people=len(made))
    return len(made)


def finish_settled(at: datetime) -> int:
    """A campaign is finished when everybody was chosen and every message is settled."""
    finished = 0
    running = Campaign.objects.filter(state=Campaign.State.SENDING, chosen_upto=None)
    for campaign in running.select_for_update(of=("self",), skip_locked=True):
        if SendKey.objects.of("campaign", campaign.pk).live().exists():
            continue
        campaign.state, campaign.ended_at = Campaign.State.FINISHED, at
        campaign.save()
        record("campaign.finished", campaign, at=at)
        finished += 1
    return finished


GROUPS: dict[str, tuple[str, ...]] = {
    "sent": (Outcome.ACCEPTED, Outcome.DELIVERED),
    "waiting": (Outcome.LIVE,),
    "skipped": (Outcome.SKIPPED, Outcome.EXPIRED),
    "failed": (Outcome.FAILED, Outcome.BOUNCED, Outcome.COMPLAINED),
    "unknown": (Outcome.AMBIGUOUS,),
}
"""What a person reads, and the outcomes of the ledger it gathers. Every outcome is in exactly one group."""


@dataclass(frozen=True)
class Progress:
    """The account of a campaign: the groups add up to everybody who was chosen."""

    total: int
    counts: dict[str, int]
    reasons: list[tuple[str, int]]
    waits: list[tuple[str, int, datetime | None]]
    unchosen: int

    def share(self, group: str) -> float:
        return self.counts[group] / self.total if self.total else 0.0


def latest_rows(campaign: Campaign) -> SendKeyQuerySet:
    """One row per person: the latest, where failures were retried."""
    rows = SendKey.objects.of("campaign", campaign.pk)
    if campaign.run == 1:
        return rows
    later = SendKey.objects.of("campaign", campaign.pk).filter(
        customer=OuterRef("customer"), pk__gt=OuterRef("pk")
    )
    return rows.filter(~Exists(later))


def progress(campaign: Campaign) -> Progress:
    """Counted from the ledger now, never kept."""
    rows = latest_rows(campaign)
    outcomes = rows.outcomes()
    counts = {group: sum(outcomes.get(str(name), 0) for name in names) for group, names in GROUPS.items()}
    total = sum(counts.values())
    unchosen = 0
    if campaign.is_choosing:
        unchosen = max(0, (campaign.audience or 0) - total)
        counts["waiting"] += unchosen
        total += unchosen
    return Progress(
        total=total,
        counts=counts,
        reasons=_tally(rows.filter(outcome__in=GROUPS["skipped"])),
        waits=_waits(campaign),
        unchosen=unchosen,
    )


def _tally(rows: QuerySet[SendKey]) -> list[tuple[str, int]]:
    found = rows.order_by().values_list("reason").annotate(n=Count("id")).order_by("-n")
    return [(sentence(reason), count) for reason, count in found]


def _waits(campaign: Campaign) -> list[tuple[str, int, datetime | None]]:
    """Of those who wait for a reason: how many, and until when the first of them."""
    found = (
        Message.objects.of("campaign", campaign.pk)
        .held()
        .order_by()
        .values_list("reason")
        .annotate(n=Count("id"), first=Min("due_at"))
    )
    return [(sentence(reason), count, first) for reason, count, first in found]


def _people(campaign: Campaign) -> QuerySet[Customer]:
    return members(campaign.segment).filter(deleted_at=None)


def _locked(campaign: Campaign) -> Campaign:
    return Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
