"""The relay: at least once, in order per subject, each listener once if it can be, poison set aside."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts import doorbells, news_catalog, relaying, sockets
from accounts.models import News, Organization, Unit
from accounts.news_catalog import Fact, NewsType
from accounts.recording import lane_of, record
from accounts.relaying import ATTEMPTS, Relayed, relay
from accounts.tenancy.context import acting_for, organization_id_or_none

pytestmark = pytest.mark.django_db(transaction=True)

heard: list[tuple[str, int, int]] = []
trouble: dict[int, int] = {}  # unit -> how often its listener still fails


def writer(news: News) -> None:
    """Writes a row, so that what a listener did is seen to be kept or undone with the mark."""
    heard.append(("writer", news.subject_id, news.facts["n"]))
    Unit.objects.create(name=f"heard {news.pk}")


def troubled(news: News) -> None:
    heard.append(("troubled", news.subject_id, news.facts["n"]))
    Unit.objects.create(name=f"half done {news.pk}")
    if trouble.get(news.subject_id, 0) > 0:
        trouble[news.subject_id] -= 1
        raise RuntimeError("Ann Smith's mailbox is full")


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[None]:
    kinds = {"unit.opened": NewsType("unit.opened", "A unit opened.", {"n": Fact.COUNT})}
    monkeypatch.setattr(news_catalog, "catalog", lambda: kinds)
    settings.SUBSCRIPTIONS = {
        "unit.opened": (f"{__name__}.writer", f"{__name__}.troubled"),
    }
    heard.clear()
    trouble.clear()
    yield
    sockets.plug.cache_clear()


def open_units(organization: Organization, news_each: int, units: int = 1) -> list[Unit]:
    with acting_for(organization):
        made = [Unit.objects.create(name=f"unit {n}") for n in range(units)]
        for n in range(news_each):
            for unit in made:
                record("unit.opened", unit, n=n)
    return made


def waiting(organization: Organization) -> int:
    with acting_for(organization):
        return News.objects.waiting().count()


def told(listener: str, unit: Unit) -> list[int]:
    return [n for who, subject, n in heard if who == listener and subject == unit.pk]


def test_every_listener_hears_every_news_in_order(acme: Organization) -> None:
    units = open_units(acme, 5, units=6)
    assert relay(acme) == Relayed(told=30)
    for unit in units:
        assert told("writer", unit) == told("troubled", unit) == [0, 1, 2, 3, 4]
    assert waiting(acme) == 0
    assert relay(acme) == Relayed()


def test_a_relay_of_one_organization_does_not_touch_another(two: tuple[Organization, Organization]) -> None:
    acme, globex = two
    open_units(acme, 1)
    open_units(globex, 1)
    relay(acme)
    assert waiting(acme) == 0 and waiting(globex) == 1
    assert organization_id_or_none() is None


def test_a_full_batch_says_that_there_is_more(acme: Organization) -> None:
    open_units(acme, 7)
    assert relay(acme, batch=3) == Relayed(told=3, more=True)
    assert relay(acme, batch=3) == Relayed(told=3, more=True)
    assert relay(acme, batch=3) == Relayed(told=1)


def test_a_failure_undoes_the_listener_keeps_the_others_and_stops_its_subject_only(
    acme: Organization,
) -> None:
    bad, good = open_units(acme, 2, units=2)
    trouble[bad.pk] = 1
    assert relay(acme) == Relayed(told=2, failed=1)
    assert told("writer", bad) == [0] and told("troubled", bad) == [0]
    assert told("troubled", good) == [0, 1]
    with acting_for(acme):
        assert not Unit.objects.filter(name__begins=f"half done {_first_news(bad).pk}").exists()
        assert Unit.objects.filter(name=f"heard {_first_news(bad).pk}").count() == 1
        assert _first_news(bad).attempts == 1
        assert "RuntimeError in troubled" in _first_news(bad).fault and "Ann" not in _first_news(bad).fault
    assert relay(acme) == Relayed(), "the next try is not due yet"
    later = timezone.now() + timedelta(minutes=1)
    assert relay(acme, at=later) == Relayed(told=2)
    assert told("writer", bad) == [0, 1], "the listener that had it was not called again"
    assert told("troubled", bad) == [0, 0, 1]


def _first_news(unit: Unit) -> News:
    return News.objects.about(unit).order_by("id")[0]


def test_the_next_try_rings_by_itself(acme: Organization) -> None:
    (bad,) = open_units(acme, 1)
    trouble[bad.pk] = 1
    doorbells.answered(doorbells.due())
    relay(acme)
    assert [ring.organization_id for ring in doorbells.due(at=timezone.now() + timedelta(seconds=5))] == [
        acme.pk
    ]


def test_poison_is_held_and_listed_and_its_subject_goes_on(acme: Organization) -> None:
    (bad,) = open_units(acme, 2)
    trouble[bad.pk] = ATTEMPTS
    at = timezone.now()
    held = 0
    for _ in range(ATTEMPTS):
        at += timedelta(hours=1)
        held += relay(acme, at=at).held
    assert held == 1
    with acting_for(acme):
        assert [news.facts["n"] for news in News.objects.held()] == [0]
    assert told("troubled", bad) == [0] * ATTEMPTS
    relay(acme, at=at + timedelta(hours=1))
    assert told("troubled", bad)[-1] == 1
    told_by_command = StringIO()
    call_command("held_news", "--release", stdout=told_by_command)
    assert "acme: unit.opened of unit" in told_by_command.getvalue()
    assert told_by_command.getvalue().endswith("1 held, released\n")
    assert relay(acme) == Relayed(told=1)
    with acting_for(acme):
        assert not News.objects.held().exists()


def test_if_a_fifth_fails_the_fault_is_ours_and_nothing_is_held(acme: Organization) -> None:
    units = open_units(acme, 1, units=80)
    for unit in units:
        trouble[unit.pk] = 10**6
    at = timezone.now()
    for _ in range(ATTEMPTS + 2):
        at += timedelta(hours=1)
        assert relay(acme, at=at).held == 0
    with acting_for(acme):
        assert not News.objects.held().exists()
        assert set(News.objects.values_list("attempts", flat=True)) == {0}


def test_one_teller_per_lane_at_a_time(acme: Organization) -> None:
    (unit,) = open_units(acme, 1)
    lane = lane_of("unit", unit.pk)
    results: list[Relayed] = []

    def second() -> None:
        results.append(relay(acme))
        connection.close()

    with acting_for(acme):
        assert relaying._only_teller_of(lane)
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(10)
    assert results == [Relayed()] and heard == []
    assert relay(acme) == Relayed(told=1)


def test_many_relays_at_once_tell_each_news_once_and_in_order(acme: Organization) -> None:
    units = open_units(acme, 6, units=12)

    def run() -> None:
        for _ in range(6):
            relay(acme, batch=4)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    while waiting(acme):
        relay(acme)
    for unit in units:
        assert told("writer", unit) == [0, 1, 2, 3, 4, 5]


def test_a_relay_that_dies_before_its_commit_tells_again(
    acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    (unit,) = open_units(acme, 1)
    with monkeypatch.context() as patched:
        patched.setattr(relaying, "_judge", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            relay(acme)
    with acting_for(acme):
        assert not Unit.objects.filter(name__begins="heard").exists()
    assert relay(acme) == Relayed(told=1)
    assert told("writer", unit) == [0, 0]
    with acting_for(acme):
        assert Unit.objects.filter(name__begins="heard").count() == 1


def test_the_oldest_waiting_news_is_known_to_the_health_page(acme: Organization) -> None:
    before = timezone.now()
    open_units(acme, 1)
    with acting_for(acme):
        oldest = relaying.oldest_waiting()
    assert oldest is not None and before <= oldest
    relay(acme)
    with acting_for(acme):
        assert relaying.oldest_waiting() is None


@pytest.fixture
def two(acme: Organization, globex: Organization) -> tuple[Organization, Organization]:
    return acme, globex
