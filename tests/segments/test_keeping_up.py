"""Membership by following: it equals the whole rules, whatever was written and however much time passed."""

import os
import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts import doorbells, opaque
from accounts.acting import member_actor, system_actor
from accounts.models import Doorbell, Membership, News, Organization
from accounts.tenancy import changes
from accounts.tenancy.context import acting_for
from outreach.pumping import pump
from segments import (
    catalog,
    compiling,
    customers,
    fact_logs,
    keeping_up,
    loading,
    membership_check,
    segmenting,
    staying,
)
from segments.catalog import Asked
from segments.models import (
    Customer,
    FactChange,
    FollowingTurn,
    Segment,
    SegmentFollowing,
    SegmentStay,
)
from segments.rules import read_rule
from tests.factories.segments import (
    AttributeFactory,
    CustomerEventFactory,
    CustomerFactory,
    SegmentFactory,
    scored,
)
from tests.segments.world import World

LogIn = Any
CHANGES = int(os.environ.get("MEMBERSHIP_CHANGES", "48"))
pytestmark = pytest.mark.django_db(transaction=True)

UNHAPPY = {"all": [{"field": "score", "operator": "at_most", "value": 6}]}
LATELY = {"all": [{"field": "answered", "operator": "within_last", "value": 30}]}
BUYS = {
    "all": [{"field": "event_count", "event": "order placed", "days": 30, "operator": "at_least", "value": 1}]
}


def caught_up(organization: Organization, now: datetime | None = None) -> datetime:
    """Follow everything that was written, as the engine would, resting included; gives the instant it reached."""
    now = now or timezone.now()
    for _turn in range(200):
        worked = keeping_up.due(organization, now)
        now += timedelta(seconds=6)
        if not worked and not _waiting(organization, now):
            return now
    raise AssertionError("following never ends")


def _waiting(organization: Organization, now: datetime) -> bool:
    """Whether anything that can be read now, or falls due until now, is not worked in."""
    with acting_for(organization):
        place = FollowingTurn.objects.get()
        positions = {kind: (number, pk) for kind, (number, pk) in place.positions.items()}
        unread = fact_logs.read(positions, below=changes.ceiling(), limit=1)
        followed = SegmentFollowing.objects.filter(held="")
        return bool(
            unread
            or place.suspects
            or followed.exclude(filling="").exists()
            or followed.filter(next_at__lte=now).exists()
        )


def inside(segment: Segment) -> set[str]:
    stays = SegmentStay.objects.open().filter(segment=segment)
    return set(stays.values_list("customer__name", flat=True))


@pytest.mark.row("E3", "entering and leaving are news")
def test_who_changes_enters_and_leaves_and_it_is_news(acme: Organization) -> None:
    with acting_for(acme):
        segment = SegmentFactory(name="Unhappy", rule=UNHAPPY)
        ann, bob = scored(9, name="Ann"), scored(3, name="Bob")
    now = caught_up(acme)
    with acting_for(acme):
        assert inside(segment) == {"Bob"}
        # A rule that is new tells of nobody: Bob was there before it was asked.
        assert not News.objects.filter(name="customer.entered").exists()
        customers.note_answer(ann.pk, 2, timezone.now())
        customers.note_answer(bob.pk, 10, timezone.now())
    caught_up(acme, now)
    with acting_for(acme):
        assert inside(segment) == {"Ann"}
        told = {
            (news.name, news.subject_id, news.facts["segment"])
            for news in News.objects.filter(name__in=["customer.entered", "customer.left"])
        }
        assert told == {("customer.entered", ann.pk, segment.pk), ("customer.left", bob.pk, segment.pk)}
        assert SegmentStay.objects.get(customer=bob).left_why == "facts"


@pytest.mark.row(
    "E3", "membership follows the facts within seconds (cost grows with changes, not with customers)"
)
def test_an_event_over_rest_is_worked_in_by_the_engine_for_that_customer_alone(
    acme: Organization, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with acting_for(acme):
        buyers, others = SegmentFactory(name="Buys", rule=BUYS), SegmentFactory(name="Unhappy", rule=UNHAPPY)
        everybody = [CustomerFactory(name=f"c{number}") for number in range(30)]
    caught_up(acme)
    with acting_for(acme):
        FollowingTurn.objects.update(next_at=None)  # whatever it rests from
    asked: list[tuple[int, set[str]]] = []
    find = staying.found_in

    def noted(ids: Any, segments: Any, when: Asked) -> Any:
        asked.append((len(ids), {one.segment.name for one in segments}))
        return find(ids, segments, when)

    monkeypatch.setattr(staying, "found_in", noted)
    client = api(acme)
    customer = opaque.encode("customer", everybody[7].pk)
    event = {"customer": customer, "name": "order placed", "at": timezone.now().isoformat()}
    assert client.post("/api/v1/events", {"events": [event]}, format="json").status_code in (200, 201)
    # The write itself rang: whoever looks round finds the organization at once.
    assert acme.pk in {ring.organization_id for ring in doorbells.due()}
    pump(acme.pk)
    with acting_for(acme):
        assert inside(buyers) == {"c7"} and inside(others) == set()
    # One customer was asked about, and by the one segment that reads events.
    assert asked == [(1, {"Buys"})]
    page = client.get(f"/api/v1/segments/{opaque.encode('segment', buyers.pk)}/stays?updated_since=0").json()
    assert [(row["customer"], row["entered_why"], row["left_at"]) for row in page["items"]] == [
        (customer, "facts", None)
    ]
    mine = client.get(f"/api/v1/customers/{customer}/segments").json()["items"]
    assert [row["segment"] for row in mine] == [opaque.encode("segment", buyers.pk)]


@pytest.mark.row("E3", "also when only time passes")
def test_somebody_leaves_at_the_very_instant_at_which_the_time_is_over(acme: Organization) -> None:
    at = timezone.now() - timedelta(days=29)
    with acting_for(acme):
        segment = SegmentFactory(name="Lately", rule=LATELY)
        ann = CustomerFactory(name="Ann")
        customers.note_answer(ann.pk, 9, at)
    caught_up(acme)
    over = at + timedelta(days=30)
    with acting_for(acme):
        assert inside(segment) == {"Ann"}
        following = SegmentFollowing.objects.get()
        assert following.next_at is not None and timedelta(0) < following.next_at - over < timedelta(
            seconds=1
        )
        # The engine has a bell for that instant, and none before it that would look in vain.
        assert not Doorbell.objects.filter(
            due_at__gt=timezone.now() + timedelta(hours=1), due_at__lt=over
        ).exists()
    keeping_up.due(acme, over)
    with acting_for(acme):
        assert inside(segment) == {"Ann"}
    keeping_up.due(acme, over + timedelta(seconds=1))
    with acting_for(acme):
        assert inside(segment) == set()
        assert SegmentStay.objects.get().left_why == "time"
        assert News.objects.filter(name="customer.left", subject_id=ann.pk).count() == 1


def test_an_import_a_trial_and_a_new_rule_wake_nobody(acme: Organization) -> None:
    with acting_for(acme):
        segment = SegmentFactory(name="Everybody", rule={"all": []})
    now = caught_up(acme)
    with acting_for(acme):
        CustomerFactory(name="By file", source="import:1")
        CustomerFactory(name="On trial", mode="test")
        CustomerFactory(name="By hand")
    now = caught_up(acme, now)
    with acting_for(acme):
        assert inside(segment) == {"By file", "By hand"}
        told = News.objects.filter(name="customer.entered").values_list("subject_id", flat=True)
        assert [Customer.objects.get(pk=pk).name for pk in told] == ["By hand"]
        # What they do afterwards is theirs, however soon it comes.
        unhappy = SegmentFactory(name="Unhappy", rule=UNHAPPY)
    now = caught_up(acme, now)
    with acting_for(acme):
        by_file = Customer.objects.get(name="By file")
        customers.note_answer(by_file.pk, 2, timezone.now())
    now = caught_up(acme, now)
    with acting_for(acme):
        assert inside(unhappy) == {"By file"}
        assert News.objects.filter(name="customer.entered", subject_id=by_file.pk).count() == 1
        segmenting.save(
            segment, name="Some", description="", rule=read_rule(UNHAPPY, catalog.vocabulary()),
            expected=segment.revision, by=system_actor(acme),
        )  # fmt: skip
    caught_up(acme, now)
    with acting_for(acme):
        assert inside(segment) == {"By file"}
        assert not News.objects.filter(name="customer.left").exists()
        left = SegmentStay.objects.exclude(left_at=None)
        assert [(stay.customer.name, stay.left_why) for stay in left] == [("By hand", "rules")]


def test_of_a_file_the_new_are_met_as_a_whole_and_only_the_known_have_lines_of_their_own(
    acme: Organization,
) -> None:
    with acting_for(acme):
        known = CustomerFactory(name="Known", email="known@acme.example")
        segment = SegmentFactory(
            name="In the shop", rule={"all": [{"field": "external_id", "operator": "is_known"}]}
        )
    now = caught_up(acme)
    with acting_for(acme):
        FactChange.objects.all().delete()
        people = loading.People(
            ["external", "email"], ["s-1", "known@acme.example"], ["{}", "{}"], {"name": ["New", "Known"]}
        )
        loading.load(people, by=None, mode="live", source="import:1", existing="update")
        assert list(FactChange.objects.values_list("kind", "whose")) == [("key", known.pk)]
    caught_up(acme, now)
    with acting_for(acme):
        assert inside(segment) == {"New"}


def test_one_that_is_killed_while_everybody_is_asked_goes_on_where_it_was(
    acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping_up, "MOST", 4)
    with acting_for(acme):
        segment = SegmentFactory(name="Everybody", rule={"all": []})
        for number in range(10):
            CustomerFactory(name=f"c{number}")
    now = timezone.now()
    assert keeping_up.due(acme, now)
    with acting_for(acme):
        assert len(inside(segment)) == 4
    kept = staying.write

    def killed(*given: Any, **more: Any) -> None:
        kept(*given, **more)
        raise KeyboardInterrupt

    monkeypatch.setattr(staying, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        keeping_up.due(acme, now)
    monkeypatch.setattr(staying, "write", kept)
    with acting_for(acme):
        assert len(inside(segment)) == 4
    caught_up(acme, now)
    with acting_for(acme):
        assert len(inside(segment)) == 10 and SegmentStay.objects.count() == 10


def test_a_rule_that_cannot_be_asked_is_held_and_stops_no_other(
    acme: Organization, mona: Membership, as_: LogIn
) -> None:
    with acting_for(acme):
        fine = SegmentFactory(name="Unhappy", rule=UNHAPPY)
        gone = {"all": [{"field": "attribute.gone", "operator": "is", "value": "x"}]}
        broken = SegmentFactory(name="Broken", rule=gone)
        scored(2, name="Ann")
    now = caught_up(acme)
    with acting_for(acme):
        assert inside(fine) == {"Ann"} and inside(broken) == set()
        assert "attribute.gone" in SegmentFollowing.objects.get(segment=broken).held
    page = as_(mona).get(f"/o/acme/segments/{broken.pk}/moves/").content.decode()
    assert "not followed at the moment" in page
    with acting_for(acme):
        AttributeFactory(key="gone", kind="text")
        CustomerFactory(name="Bob", attributes={"gone": "x"})
    caught_up(acme, now)
    with acting_for(acme):
        assert inside(broken) == {"Bob"} and not SegmentFollowing.objects.get(segment=broken).held


def test_the_nightly_check_finds_what_was_missed_mends_it_and_tells(acme: Organization) -> None:
    with acting_for(acme):
        segment = SegmentFactory(name="Unhappy", rule=UNHAPPY)
        ann, bob = scored(2, name="Ann"), scored(3, name="Bob")
    now = caught_up(acme)
    with acting_for(acme):
        SegmentStay.objects.filter(customer=ann).delete()
        # Not a fault: it is not worked in yet.
        customers.note_answer(bob.pk, 10, timezone.now())
        now += timedelta(days=2)
        membership_check.nightly(at=now)
        assert len(FollowingTurn.objects.get().suspects) == 2
    caught_up(acme, now)
    with acting_for(acme):
        place = FollowingTurn.objects.get()
        assert (place.audited, place.drifted, place.suspects) == (2, 1, [])
        assert inside(segment) == {"Ann"}
        assert SegmentStay.objects.get(customer=ann).entered_why == "audit"
        told = News.objects.get(name="segment.drifted")
        assert (told.subject_id, told.facts) == (segment.pk, {"places": 1, "of": 2})
        # Twice a day is once.
        membership_check.nightly(at=now + timedelta(minutes=5))
        assert FollowingTurn.objects.get().audited_at == place.audited_at


def test_a_transaction_rings_once_and_takes_its_bell_along_when_it_is_undone(acme: Organization) -> None:
    with acting_for(acme):
        ann = CustomerFactory(name="Ann")
    Doorbell.objects.all().delete()
    with acting_for(acme):
        for score in (1, 2, 3):
            Customer.objects.filter(pk=ann.pk).update(last_score=score)
        CustomerEventFactory(customer_id=ann.pk)
    assert Doorbell.objects.filter(organization=acme).count() == 1
    Doorbell.objects.all().delete()
    with acting_for(acme):
        with pytest.raises(RuntimeError), transaction.atomic():
            Customer.objects.filter(pk=ann.pk).update(last_score=4)
            raise RuntimeError("undone")
        assert not Doorbell.objects.exists()
        Customer.objects.filter(pk=ann.pk).update(last_score=5)
    assert Doorbell.objects.filter(organization=acme).count() == 1


def test_two_at_once_share_nothing_and_lose_nothing(acme: Organization) -> None:
    with acting_for(acme):
        segment = SegmentFactory(name="Unhappy", rule=UNHAPPY)
        scored(2, name="Ann")
    now = caught_up(acme)
    with acting_for(acme):
        scored(3, name="Bob")
    other = connection.copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT set_config('app.organization', %s, true)", [str(acme.pk)])
            cursor.execute("SELECT id FROM segments_followingturn FOR UPDATE")
        later = now + timedelta(seconds=10)
        assert keeping_up.due(acme, later) == 0
        with acting_for(acme):
            assert inside(segment) == {"Ann"}
            assert Doorbell.objects.filter(due_at__gt=later).exists()
    finally:
        other.rollback()
        other.close()
    caught_up(acme, later)
    with acting_for(acme):
        assert inside(segment) == {"Ann", "Bob"}


def test_the_page_shows_who_came_and_went_as_far_as_one_sees(
    acme: Organization, acme_units: Any, mona: Membership, agnes: Membership, as_: LogIn
) -> None:
    with acting_for(acme):
        segment = SegmentFactory(name="Unhappy", rule=UNHAPPY)
        scored(9, name="Ann North", unit=acme_units.leeds)
        scored(9, name="Sue South", unit=acme_units.dover)
    now = caught_up(acme)
    empty = as_(mona).get(f"/o/acme/segments/{segment.pk}/moves/").content.decode()
    assert "Nobody has come yet." in empty
    with acting_for(acme):
        for one in Customer.objects.all():
            customers.note_answer(one.pk, 1, timezone.now())
    now = caught_up(acme, now)
    page = as_(mona).get(f"/o/acme/segments/{segment.pk}/moves/").content.decode()
    assert "Ann North" in page and "Sue South" in page and "their facts changed" in page
    card = as_(mona).get(f"/o/acme/segments/{segment.pk}/").content.decode()
    assert "2 came by what they did" in card
    # What is written of its members is no use of it: it can be put away.
    with acting_for(acme):
        assert segmenting.used_by(segment) == []
    branch = as_(agnes).get(f"/o/acme/segments/{segment.pk}/moves/").content.decode()
    assert "Ann North" in branch and "Sue South" not in branch
    with acting_for(acme):
        for one in Customer.objects.filter(name="Ann North"):
            customers.note_answer(one.pk, 10, timezone.now())
    caught_up(acme, now)
    gone = as_(mona).get(f"/o/acme/segments/{segment.pk}/moves/?show=went").content.decode()
    assert "Ann North" in gone and "Sue South" not in gone


@pytest.mark.parametrize("seed", range(int(os.environ.get("MEMBERSHIP_WORLDS", "1"))))
def test_following_equals_the_whole_rules_after_random_changes_and_a_year(
    acme: Organization, mona: Membership, seed: int
) -> None:
    """MEMBERSHIP_CHANGES and MEMBERSHIP_WORLDS make it long."""
    now = timezone.now()
    with acting_for(acme):
        world = World(acme, member_actor(mona), seed, now)
        world.found()
    now = caught_up(acme, now)
    compare(acme, now, ["the beginning"])
    deeds: list[str] = []
    # However many changes, the year has no more than some hundred turns: each asks many segments.
    at_a_time = max(8, CHANGES // 250)
    turns = CHANGES // at_a_time
    for turn in range(1, turns + 1):
        for _deed in range(at_a_time):
            with acting_for(acme):
                deeds.append(world.change())
        now += timedelta(days=365 / turns * random.Random(f"{seed} {turn}").uniform(0.2, 1.8))
        world.now = now = caught_up(acme, now)
        if turn % 5 == 0 or turn == turns:
            compare(acme, now, deeds)
            print(f"{turn * at_a_time} changes, {turn} of {turns} turns: equal", flush=True)
            deeds.clear()


def compare(organization: Organization, now: datetime, deeds: list[str]) -> None:
    """Every segment as it is written down, against its whole rule at the same instant."""
    now = caught_up(organization, now)
    with acting_for(organization):
        asked = Asked.here(now)
        wrong = {}
        for segment in Segment.objects.present().filter(static=False):
            followed = SegmentFollowing.objects.get(segment=segment)
            assert not followed.held, (segment.name, followed.held)
            whole = set(compiling.members(segment, asked=asked).values_list("pk", flat=True))
            kept = set(
                SegmentStay.objects.open().filter(segment=segment).values_list("customer_id", flat=True)
            )
            if whole != kept:
                wrong[segment.name] = (sorted(whole - kept), sorted(kept - whole), followed.next_at)
        assert not wrong, (len(wrong), list(wrong.items())[:5], deeds)
        assert not FactChange.objects.exists()
