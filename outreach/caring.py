"""Caring for unhappy customers: opening, giving, writing, waiting, closing. Lock first, then decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import doorbells
from accounts.acting import Actor
from accounts.auditing import audit
from accounts.models import Membership, Organization, Unit
from accounts.recording import record
from accounts.roles import ACTIONS
from accounts.tenancy.context import current_organization_id
from outreach import clocks, sending
from outreach.models import Alert, Case, CaseDraft, CaseEvent, MessageClass
from outreach.sending import Draft
from outreach.templating import freeze_letter
from outreach.verifying import from_line
from segments.models import Customer
from segments.timeline import append
from surveys.models import Response


class CaseError(Exception):
    """A deed that cannot be done to this case now; the sentence says why."""


class SomebodyWasFaster(CaseError):
    """The case changed under the member's hands. What was written is kept as a draft."""


@transaction.atomic
def open_case(
    *,
    customer: Customer | None,
    response: Response | None = None,
    by: Actor | None = None,
    reason: str = "",
    owner: Membership | None = None,
    at: datetime | None = None,
) -> Case:
    """Open a case, once per response. Its clock starts when the customer answered, not when we noticed."""
    at = at or timezone.now()
    _lock_numbers()
    if response is not None:
        known = Case.objects.filter(response=response).first()
        if known is None and customer is not None:
            known = _join_open_case(customer, response)
        if known:
            return known
    started = response.answered_at if response is not None and response.answered_at else at
    organization = Organization.objects.get(pk=current_organization_id())
    unit_id = (response.unit_id if response is not None else None) or (customer.unit_id if customer else None)
    last = Case.objects.aggregate(last=Max("number"))["last"] or 0
    case = Case.objects.create(
        number=last + 1,
        customer=customer,
        response=response,
        unit_id=unit_id,
        owner=owner or next_in_turn(unit_id),
        mode=response.mode if response is not None else (customer.mode if customer else "live"),
        opened_how=_how(by),
        score=response.score if response is not None else None,
        opened_at=started,
        due_at=clocks.due(started, calendar_of(organization)),
    )
    _note(case, CaseEvent.Kind.OPENED, by, started, text=reason, owner=case.owner_id)
    doorbells.ring(organization.pk, at=case.due_at)
    record("case.opened", case, customer=case.customer_id, response=case.response_id)
    if customer is not None:
        append(customer, "case.opened", started, properties={"case": case.number}, unit_id=case.unit_id)
    return case


@transaction.atomic
def open_by_hand(*, customer: Customer, by: Actor, reason: str, at: datetime | None = None) -> Case:
    """Open a case without an answer, for its opener to work on; an open one of the customer is carried on."""
    at = at or timezone.now()
    present = Case.objects.open().filter(customer=customer).first()
    if present is not None:
        note(present, text=reason, by=by, at=at)
        return present
    return open_case(customer=customer, by=by, reason=reason, owner=by.membership, at=at)


def _join_open_case(customer: Customer, response: Response) -> Case | None:
    """A second answer while the first is being cared for belongs to the same case: one person, one owner."""
    case = Case.objects.open().filter(customer=customer).select_for_update(of=("self",)).first()
    if case is None:
        return None
    events = CaseEvent.objects.filter(case=case, kind=CaseEvent.Kind.ANSWERED, facts__response=response.pk)
    if not events.exists():
        _note(
            case,
            CaseEvent.Kind.ANSWERED,
            None,
            response.answered_at,
            response=response.pk,
            score=response.score,
        )
    return case


def next_in_turn(unit_id: int | None) -> Membership | None:
    """The member whose turn it is: of those who are given cases and may see this unit, the longest without one."""
    candidates = members_who("case.receive", unit_id)
    if not candidates:
        return None
    last_given = dict(Case.objects.filter(owner__in=candidates).values_list("owner").annotate(Max("id")))
    return min(candidates, key=lambda member: (last_given.get(member.pk, 0), member.pk))


def members_who(action: str, unit_id: int | None) -> list[Membership]:
    """The members whose role may do `action` and whose branch holds the unit, oldest first."""
    members = (
        Membership.objects.filter(
            organization_id=current_organization_id(), role__in=ACTIONS[action].roles, user__is_active=True
        )
        .select_related("user", "unit")
        .order_by("pk")
    )
    above = _with_those_above(unit_id)
    return [member for member in members if member.unit_id is None or member.unit_id in above]


def _with_those_above(unit_id: int | None) -> set[int]:
    """The unit and every unit it stands beneath: who is kept to one of these sees it."""
    path = Unit.objects.filter(pk=unit_id).values_list("path", flat=True).first() if unit_id else None
    return {int(each) for each in (path or "").split("/") if each}


def calendar_of(organization: Organization) -> clocks.Calendar:
    """The days that count for the clock: those with business hours; without any, every day."""
    hours = organization.business_hours or {}
    # ISO days: 1 is Monday. Pure clocks count from 0, as Python does.
    weekdays = frozenset(int(day) - 1 for day, span in hours.items() if str(day).isdigit() and span)
    holidays = frozenset(date.fromisoformat(day) for day in hours.get("holidays", ()))
    return clocks.Calendar(organization.time_zone, weekdays or frozenset(range(7)), holidays)


@transaction.atomic
def take(case: Case, *, by: Actor, at: datetime | None = None) -> Case:
    """Make the case one's own. Somebody else's is taken too: the queue shows who had it."""
    at = at or timezone.now()
    case, member = _locked_open(case), by.membership
    if member is None:
        raise CaseError(_("Only a member can take a case."))
    if case.owner_id != member.pk:
        case.owner = member
        case.save()
        _note(case, CaseEvent.Kind.TAKEN, by, at)
        record("case.assigned", case, owner=member.pk)
    return case


@transaction.atomic
def assign(case: Case, *, to: Membership | None, by: Actor, at: datetime | None = None) -> Case:
    """Give the case to a member who may see it, or back to the queue."""
    at = at or timezone.now()
    case = _locked_open(case)
    if to is not None and to not in members_who("case.work", case.unit_id):
        raise CaseError(_("%(name)s may not see this case.") % {"name": to})
    if case.owner_id == (to.pk if to else None):
        return case
    case.owner = to
    case.save()
    _note(case, CaseEvent.Kind.ASSIGNED, by, at, to=to.pk if to else None)
    if to is not None and to != by.membership:
        Alert.objects.get_or_create(
            membership=to,
            kind=Alert.Kind.CASE_GIVEN,
            occasion=f"case {case.pk} at {at.timestamp():.0f}",
            defaults={"case": case, "at": at},
        )
    record("case.assigned", case, owner=to.pk if to else None)
    return case


@transaction.atomic
def hand_on(case: Case, to: Membership | None, *, by: Actor, at: datetime | None = None) -> Case:
    """Give away the case of a member who leaves: to the heir if they may see it, else to the queue."""
    if to is not None and to not in members_who("case.work", case.unit_id):
        to = None
    return assign(case, to=to, by=by, at=at)


@transaction.atomic
def note(case: Case, *, text: str, by: Actor, at: datetime | None = None) -> CaseEvent:
    """Write down something for the team. Also on a closed case; it stops no clock."""
    if not text.strip():
        raise CaseError(_("Write the note first."))
    return _note(_locked(case), CaseEvent.Kind.NOTED, by, at or timezone.now(), text=text.strip())


@transaction.atomic
def reply(case: Case, *, subject: str, text: str, by: Actor, at: datetime | None = None) -> CaseEvent:
    """Answer the customer by e-mail: a service message, kept as it was written. It is a human contact.

    Raises SomebodyWasFaster when the case was closed meanwhile; the caller keeps the text as a draft.
    """
    at = at or timezone.now()
    case = _locked_open(case)
    customer = case.customer
    if customer is None or not customer.email:
        raise CaseError(_("There is no e-mail address to answer to."))
    locale = (case.response.language if case.response else "") or customer.locale or by.organization.locale
    wording = freeze_letter(message_class=MessageClass.SERVICE, locale=locale, sender=from_line())
    number = CaseEvent.objects.filter(case=case).count()
    key = f"case {case.pk} reply {number} email"
    made = sending.queue(
        [
            Draft(
                key=key,
                wording=wording,
                origin_kind="case",
                origin_id=case.pk,
                customer=customer.pk,
                message_class=MessageClass.SERVICE,
                topic="service",
                mode=case.mode,
                facts={"letter": {"subject": subject, "text": text.strip()}},
            )
        ],
        at=at,
    )
    event = _note(case, CaseEvent.Kind.REPLIED, by, at, text=text.strip())
    event.subject, event.send_key_id = subject, made[key]
    event.save(update_fields=["subject", "send_key"])
    contacted(case, by=by, at=at)
    CaseDraft.objects.filter(case=case, membership=by.membership).delete()
    return event


@transaction.atomic
def call(case: Case, *, text: str, by: Actor, at: datetime | None = None) -> CaseEvent:
    """Write down a call that was made: a human contact, so the clock stops."""
    at = at or timezone.now()
    case = _locked_open(case)
    event = _note(case, CaseEvent.Kind.CALLED, by, at, text=text.strip())
    contacted(case, by=by, at=at)
    return event


@transaction.atomic
def contacted(case: Case, *, by: Actor, at: datetime) -> None:
    """The first human contact stops the clock; whoever makes it owns the case if nobody does."""
    if case.waiting_since is not None:
        _run_on(case, at)
    if case.first_contact_at is None:
        case.first_contact_at = at
        record("case.contacted", case, at=at)
    if case.owner_id is None and by.membership is not None:
        case.owner = by.membership
    case.state = Case.State.IN_CONTACT
    case.save()


@transaction.atomic
def wait(case: Case, *, by: Actor, at: datetime | None = None) -> Case:
    """Wait for the customer: the clock stands still."""
    at = at or timezone.now()
    case = _locked_open(case)
    if case.waiting_since is None:
        case.waiting_since = at
        case.state = Case.State.WAITING
        case.save()
        _note(case, CaseEvent.Kind.WAITING, by, at)
    return case


@transaction.atomic
def resume(case: Case, *, by: Actor, at: datetime | None = None) -> Case:
    """The wait is over: what was left on the clock is left again."""
    at = at or timezone.now()
    case = _locked_open(case)
    if case.waiting_since is not None:
        _run_on(case, at)
        case.save()
        _note(case, CaseEvent.Kind.RESUMED, by, at)
    return case


@transaction.atomic
def close(
    case: Case, *, cause: str, outcome: str, by: Actor, text: str = "", at: datetime | None = None
) -> Case:
    """Close with a cause and an outcome; without both it stays open."""
    at = at or timezone.now()
    case = _locked_open(case)
    if not cause.strip():
        raise CaseError(_("A case is closed only with a root cause."))
    if outcome not in Case.Outcome.values:
        raise CaseError(_("Say how it ended."))
    if case.waiting_since is not None:
        _run_on(case, at)
    case.state, case.closed_at, case.closed_by = Case.State.CLOSED, at, by.membership
    case.cause, case.outcome = cause.strip(), outcome
    case.save()
    _note(case, CaseEvent.Kind.CLOSED, by, at, text=text.strip(), outcome=outcome)
    record("case.closed", case, customer=case.customer_id)
    audit("case.work", case, by=by, did="closed")
    if case.customer is not None:
        append(case.customer, "case.closed", at, properties={"case": case.number}, unit_id=case.unit_id)
    return case


@transaction.atomic
def reopen(case: Case, *, by: Actor, text: str = "", at: datetime | None = None) -> Case:
    """Open a closed case again. A contact already made stays made; otherwise 24 hours start now."""
    at = at or timezone.now()
    case = _locked(case)
    if case.is_open:
        return case
    organization = Organization.objects.get(pk=current_organization_id())
    case.state = Case.State.IN_CONTACT if case.first_contact_at else Case.State.NEW
    case.closed_at, case.closed_by, case.outcome = None, None, ""
    case.late_told_at = None
    if case.first_contact_at is None:
        case.due_at = clocks.due(at, calendar_of(organization))
        doorbells.ring(organization.pk, at=case.due_at)
    case.save()
    _note(case, CaseEvent.Kind.REOPENED, by, at, text=text.strip())
    record("case.reopened", case, customer=case.customer_id)
    return case


def keep_draft(case: Case, *, by: Actor, subject: str, text: str) -> None:
    """Keep what a member was writing; an empty text throws the draft away."""
    if by.membership is None:
        return
    if not text.strip():
        CaseDraft.objects.filter(case=case, membership=by.membership).delete()
        return
    CaseDraft.objects.update_or_create(
        case=case, membership=by.membership, defaults={"subject": subject[:200], "text": text}
    )


def flag_late(at: datetime | None = None) -> int:
    """Tell owners (or everybody who may take it) of cases whose clock has run out; once per case."""
    at = at or timezone.now()
    told = 0
    late = Case.objects.late(at).filter(late_told_at=None).select_for_update(skip_locked=True)[:200]
    for case in late:
        members = [case.owner] if case.owner else members_who("case.work", case.unit_id)
        for member in members:
            Alert.objects.get_or_create(
                membership=member,
                kind=Alert.Kind.CASE_LATE,
                occasion=f"case {case.pk} due {case.due_at.timestamp():.0f}",
                defaults={"case": case, "at": at},
            )
        case.late_told_at = at
        case.save(update_fields=["late_told_at"])
        told += 1
    return told


@dataclass(frozen=True)
class QueueFigures:
    """The line above the queue: how many stand where on the clock."""

    late: int
    today: int
    later: int
    paused: int
    in_contact: int

    @property
    def open(self) -> int:
        return self.late + self.today + self.later + self.paused + self.in_contact


def figures(actor: Actor, at: datetime | None = None) -> QueueFigures:
    """How the open cases that this member may see stand, in one query."""
    at = at or timezone.now()
    soon = at + timedelta(hours=12)
    ticking = Q(first_contact_at=None, waiting_since=None)
    row = (
        Case.objects.visible_to(actor)
        .open()
        .aggregate(
            late=Count("id", filter=ticking & Q(due_at__lt=at)),
            today=Count("id", filter=ticking & Q(due_at__gte=at, due_at__lt=soon)),
            later=Count("id", filter=ticking & Q(due_at__gte=soon)),
            paused=Count("id", filter=Q(waiting_since__isnull=False)),
            in_contact=Count("id", filter=Q(first_contact_at__isnull=False, waiting_since=None)),
        )
    )
    return QueueFigures(**row)


def _locked(case: Case) -> Case:
    return Case.objects.select_for_update(of=("self",)).get(pk=case.pk)


def _locked_open(case: Case) -> Case:
    case = _locked(case)
    if not case.is_open:
        closed = case.events.filter(kind=CaseEvent.Kind.CLOSED).order_by("-at").first()
        raise SomebodyWasFaster(
            _("%(name)s closed this case.") % {"name": closed.by_name if closed else _("Somebody")}
        )
    return case


def _run_on(case: Case, at: datetime) -> None:
    organization = Organization.objects.get(pk=current_organization_id())
    if case.first_contact_at is None and case.waiting_since is not None:
        case.due_at = clocks.stood_still(case.due_at, case.waiting_since, at, calendar_of(organization))
        doorbells.ring(organization.pk, at=case.due_at)
    case.waiting_since = None
    case.state = Case.State.IN_CONTACT if case.first_contact_at else Case.State.NEW


def _note(
    case: Case, kind: str, by: Actor | None, at: datetime, *, text: str = "", **facts: object
) -> CaseEvent:
    return CaseEvent.objects.create(
        case=case,
        kind=kind,
        at=at,
        by=by.membership if by else None,
        by_name=by.name if by else "",
        text=text,
        facts=facts,
    )


def _how(by: Actor | None) -> str:
    if by is None or by.kind == "system":
        return Case.Opened.RULE
    return Case.Opened.KEY if by.kind == "key" else Case.Opened.MEMBER


def _lock_numbers() -> None:
    """One opening at a time per organization, so that numbers follow each other and a response opens one case."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('outreach.case'), %s::int)", [current_organization_id()]
        )
