"""May we contact this person, now? One judge in SQL, held against plain Python."""

import random
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Organization
from segments import consenting, contacting
from segments.addresses import address_hash
from segments.contacting import Candidate, judge, may_contact, note_contact, release_contact, suppress
from segments.models import Channel, Consent, ConsentChange, Contact, Customer, Purpose, Suppression
from tests.factories.segments import CompanyFactory, CustomerFactory

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)


@pytest.fixture
def ann(in_acme: Organization) -> Customer:
    in_acme.time_zone, in_acme.cap_count, in_acme.cap_days, in_acme.survey_gap_days = "UTC", 3, 30, 30
    in_acme.save()
    return CustomerFactory(name="Ann Okafor", email="Ann@Okafor.example", phone="+441174960123")


def codes(decision: contacting.Decision) -> list[str]:
    return [ground.code for ground in decision.reasons]


@pytest.mark.row("B6", "consent per channel and purpose with evidence")
def test_without_a_word_service_and_surveys_are_allowed_offers_are_not(ann: Customer) -> None:
    assert may_contact(ann, "email", "service", NOON).allowed
    assert may_contact(ann, "email", "surveys", NOON).allowed
    assert codes(may_contact(ann, "email", "marketing", NOON)) == ["no_consent"]
    consenting.allow(ann, "email", "marketing", source="shop", evidence="box at check-out", at=NOON)
    assert may_contact(ann, "email", "marketing", NOON).allowed
    assert codes(may_contact(ann, "sms", "marketing", NOON)) == ["no_consent"]
    consenting.refuse(ann, "any", "surveys", source="page", at=NOON)
    assert codes(may_contact(ann, "email", "surveys", NOON)) == ["no_consent"]
    consenting.allow(ann, "email", "surveys", source="page", at=NOON + timedelta(hours=1))
    assert may_contact(ann, "email", "surveys", NOON).allowed
    assert ConsentChange.objects.filter(customer=ann).count() == 3


def test_an_older_word_told_later_is_history_and_undoes_nothing(ann: Customer) -> None:
    consenting.refuse(ann, "email", "surveys", source="page", at=NOON)
    consenting.allow(ann, "email", "surveys", source="old file", at=NOON - timedelta(days=400))
    assert not Consent.objects.get(customer=ann).allowed
    assert ConsentChange.objects.count() == 2


def test_a_suppressed_address_is_stopped_for_everybody_who_has_it(ann: Customer) -> None:
    other = CustomerFactory(email="ANN@okafor.example")
    suppress(" ann@OKAFOR.example ", purpose="surveys", reason="unsubscribed", at=NOON)
    for person in (ann, other):
        assert codes(may_contact(person, "email", "surveys", NOON)) == ["suppressed"]
        assert may_contact(person, "email", "service", NOON).allowed
    suppress("ann@okafor.example", reason="bounced", at=NOON)
    assert codes(may_contact(ann, "email", "service", NOON)) == ["suppressed"]
    assert may_contact(ann, "sms", "service", NOON).allowed
    suppress("ann@okafor.example", reason="bounced", at=NOON)
    assert Suppression.objects.count() == 2


def test_the_hash_is_the_same_in_python_and_in_sql_and_differs_between_tenants(
    ann: Customer, globex: Organization
) -> None:
    from segments.contacting_sql import HASH

    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {HASH.format(address='%s')} FROM accounts_organization o WHERE o.id = %s",
            ["ünn@okafor.example", ann.organization_id],
        )
        (found,) = cursor.fetchone()
    assert bytes(found) == address_hash(ann.organization, "Ünn@okafor.example")
    assert address_hash(globex, "ünn@okafor.example") != bytes(found)


def test_who_unsubscribes_is_stopped_in_both_ways_and_can_come_back(ann: Customer) -> None:
    consenting.unsubscribe(ann, "email", "surveys", source="link in a mail")
    assert codes(may_contact(ann, "email", "surveys", NOON)) == ["suppressed", "no_consent"]
    consenting.resubscribe(ann, "email", "surveys", source="preference page")
    assert may_contact(ann, "email", "surveys", NOON).allowed


def test_the_cap_is_free_again_when_the_contact_that_fills_it_leaves_the_window(ann: Customer) -> None:
    consenting.allow(ann, "email", "marketing", source="shop", at=NOON - timedelta(days=99))
    for days in (29, 20, 10):
        note_contact(
            ann.pk, channel="email", purpose="marketing", at=NOON - timedelta(days=days), send_id=days
        )
    decision = may_contact(ann, "email", "marketing", NOON)
    assert codes(decision) == ["cap"]
    assert decision.free_at == NOON + timedelta(days=1)
    assert may_contact(ann, "email", "marketing", decision.free_at).allowed
    assert may_contact(ann, "email", "service", NOON).allowed
    assert may_contact(ann, "email", "marketing", NOON, capped=False).allowed
    release_contact([10])
    assert may_contact(ann, "email", "marketing", NOON).allowed


def test_a_survey_keeps_its_distance_to_the_one_before(ann: Customer) -> None:
    note_contact(ann.pk, channel="email", purpose="surveys", at=NOON - timedelta(days=5), subject="survey A")
    decision = may_contact(ann, "email", "surveys", NOON)
    assert codes(decision) == ["survey_gap"]
    assert decision.free_at == NOON + timedelta(days=25)
    assert decision.reasons[0].detail == "survey A"
    assert may_contact(ann, "email", "surveys", NOON, gapped=False).allowed


def test_two_messages_to_one_person_in_one_batch_count_each_other(ann: Customer) -> None:
    consenting.allow(ann, "email", "marketing", source="shop", at=NOON - timedelta(days=99))
    note_contact(ann.pk, channel="email", purpose="marketing", at=NOON - timedelta(days=2))
    batch = [Candidate(ann.pk, "email", "marketing")] * 4
    assert [decision.allowed for decision in judge(batch, at=NOON)] == [True, True, False, False]
    surveys = [Candidate(ann.pk)] * 2
    assert [decision.reason for decision in judge(surveys, at=NOON)] == ["", "survey_gap"]


def test_a_refused_message_takes_no_place_in_the_batch(ann: Customer) -> None:
    Organization.objects.update(cap_count=1)
    batch = [Candidate(ann.pk, "email", "marketing"), Candidate(ann.pk, "email", "surveys")]
    assert [decision.reason for decision in judge(batch, at=NOON)] == ["no_consent", ""]


def test_nobody_is_written_to_who_is_gone_or_has_no_address(ann: Customer) -> None:
    bare = CustomerFactory(email="")
    gone = CustomerFactory(deleted_at=NOON)
    assert codes(may_contact(bare, "email", "service", NOON)) == ["no_address"]
    assert codes(may_contact(gone, "email", "service", NOON)) == ["deleted"]
    assert codes(may_contact(10**9, "email", "service", NOON)) == ["missing"]


def test_the_hour_is_that_of_the_customer_else_the_company_else_the_organization(ann: Customer) -> None:
    evening = datetime(2026, 6, 10, 22, tzinfo=UTC)
    assert codes(may_contact(ann, "email", "surveys", evening)) == ["quiet_hours"]
    ann.company = CompanyFactory(time_zone="America/New_York")
    ann.save()
    assert may_contact(ann, "email", "surveys", evening).allowed
    ann.time_zone = "Asia/Tokyo"
    ann.save()
    decision = may_contact(ann, "email", "surveys", evening)
    assert decision.free_at == datetime(2026, 6, 10, 23, tzinfo=UTC)
    assert may_contact(ann, "email", "service", evening).allowed


def test_a_zone_that_the_database_does_not_know_cannot_be_kept(ann: Customer) -> None:
    with pytest.raises(Exception, match="time zone"), transaction.atomic():
        Customer.objects.filter(pk=ann.pk).update(time_zone="Mars/Olympus")


def quiet_until(at: datetime, zone: ZoneInfo, start: time, end: time) -> datetime | None:
    """The oracle: minute after minute until the clock on the wall is outside the quiet hours."""

    def is_quiet(moment: datetime) -> bool:
        clock = moment.astimezone(zone).time()
        return start <= clock < end if start < end else clock >= start or clock < end

    if not is_quiet(at):
        return None
    moment = at.replace(second=0, microsecond=0)
    while is_quiet(moment):
        moment += timedelta(minutes=1)
    return moment


@pytest.mark.row("F7", "quiet hours in the customer's own time zone")
def test_quiet_hours_end_when_the_clock_on_the_wall_says_so(ann: Customer) -> None:
    """Against an oracle that walks minute by minute, around the changes of summer time too."""
    chance = random.Random(11)
    zones = [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "America/St_Johns",
    ]
    days = [(3, 29), (10, 25), (11, 1), (3, 8), (4, 5), (7, 1)]
    turns = [datetime(2026, month, day, tzinfo=UTC) for month, day in days]
    held = 0
    for _ in range(150):
        zone = chance.choice(zones)
        at = chance.choice(turns) + timedelta(minutes=chance.randint(-1500, 1500))
        start, end = time(chance.randint(19, 23)), time(chance.choice([5, 7, 8]), chance.choice([0, 30]))
        if chance.random() < 0.3:
            start, end = time(12), time(13, 30)
        Organization.objects.filter(pk=ann.organization_id).update(quiet_from=start, quiet_to=end)
        Customer.objects.filter(pk=ann.pk).update(time_zone=zone)
        decision = may_contact(ann, Channel.EMAIL, Purpose.SURVEYS, at, capped=False, gapped=False)
        assert decision.free_at == quiet_until(at, ZoneInfo(zone), start, end), (zone, at, start, end)
        held += not decision.allowed
    assert 20 < held < 130


def test_one_send_takes_one_place_in_the_ledger(ann: Customer) -> None:
    first = note_contact(ann.pk, channel="email", purpose="surveys", at=NOON, send_id=7)
    assert note_contact(ann.pk, channel="email", purpose="surveys", at=NOON, send_id=7) == first
    with pytest.raises(IntegrityError), transaction.atomic():
        Contact.objects.create(customer=ann, channel="email", purpose="surveys", at=NOON, send_id=7)


def test_no_answer_waits_longer_than_needed_for_several_reasons(ann: Customer) -> None:
    """All grounds are told, the first decides."""
    suppress("ann@okafor.example", reason="complained", at=NOON)
    night: Any = datetime(2026, 6, 10, 23, tzinfo=UTC)
    decision = may_contact(ann, "email", "marketing", night)
    assert codes(decision) == ["suppressed", "no_consent", "quiet_hours"]
    assert decision.free_at is None
