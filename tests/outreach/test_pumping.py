"""The pump, the sweep and the engine: fair between tenants, right without a broker, and by Celery with one."""

from __future__ import annotations

import datetime as dt
import os
import random
import threading
import time
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from celery import signals
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from accounts import doorbells
from accounts.models import Doorbell, Organization
from accounts.tenancy.context import acting_for
from outreach import hinting, pumping, sending, tasks
from outreach.claiming import claim
from outreach.models import EngineTick, Message, Outcome, SendKey
from outreach.pace import Pace
from segments.models import Customer
from tests.outreach.conftest import at_any_hour, make_messages, make_people


def settled(organization: Organization) -> dict[str, int]:
    with acting_for(organization):
        return SendKey.objects.outcomes()


def work_through(organization: Organization, work: Callable[[], Any]) -> None:
    """Call `work` as often as a bell rings now: on a busy machine the turn of a second may not be enough."""
    for _round in range(60):
        work()
        if not Doorbell.objects.due(timezone.now()).filter(organization=organization).exists():
            return
        time.sleep(0.1)
    raise AssertionError("a bell rings on and on")


def bells_about(organization: Organization, at: dt.datetime) -> list[Doorbell]:
    return [
        bell
        for bell in Doorbell.objects.filter(organization=organization)
        if abs(bell.due_at - at) < dt.timedelta(seconds=1)
    ]


def test_the_engine_alone_sends_everything(sender_of_mails, mail_server):
    make_messages(sender_of_mails, 45)
    work_through(sender_of_mails, lambda: call_command("engine", "--once"))
    assert settled(sender_of_mails) == {"accepted": 45}
    tick = EngineTick.objects.get(name="engine")
    assert (tick.sent, tick.fault) == (45, "")


def test_a_turn_rings_for_the_next_instant_at_which_something_is_due(sender_of_mails, mail_server):
    later = timezone.now() + dt.timedelta(hours=3)
    make_messages(sender_of_mails, 2, due_at=later)
    work_through(sender_of_mails, lambda: pumping.pump(sender_of_mails.pk))
    pumping.pump(sender_of_mails.pk)
    assert len(bells_about(sender_of_mails, later)) == 1


def test_a_pump_that_dies_leaves_the_bell_up(sender_of_mails, mail_server, monkeypatch):
    make_messages(sender_of_mails, 2)

    def die(*args: Any, **kwargs: Any) -> None:
        raise SystemExit

    monkeypatch.setattr(sending, "send_due", die)
    with pytest.raises(SystemExit):
        pumping.pump(sender_of_mails.pk)
    assert Doorbell.objects.filter(organization=sender_of_mails).exists()


def test_a_fault_in_one_kind_of_work_does_not_stop_the_mails(sender_of_mails, mail_server, monkeypatch):
    def broken(organization: Organization, now: dt.datetime) -> int:
        raise RuntimeError("broken")

    monkeypatch.setattr(pumping, "plugged", lambda socket: [broken])
    make_messages(sender_of_mails, 2)
    pumping.pump(sender_of_mails.pk)
    assert settled(sender_of_mails) == {"accepted": 2}


def test_a_fault_of_one_organization_does_not_stop_the_others(
    sender_of_mails, globex, mail_server, monkeypatch
):
    make_messages(sender_of_mails, 1)
    make_messages(at_any_hour(globex), 1)
    pump = pumping.pump

    def picky(organization_id: int, *args: Any, **kwargs: Any) -> Any:
        if organization_id == sender_of_mails.pk:
            raise RuntimeError("broken")
        return pump(organization_id, *args, **kwargs)

    monkeypatch.setattr(pumping, "pump", picky)
    pumping.sweep()
    assert settled(globex) == {"accepted": 1}
    assert Doorbell.objects.filter(organization=sender_of_mails).exists()


def test_a_small_tenant_does_not_wait_for_a_large_one(sender_of_mails, globex, mail_server):
    make_messages(sender_of_mails, 900)
    make_messages(at_any_hour(globex), 5)
    for ring in doorbells.due():
        pumping.pump(ring.organization_id, budget=0.0)
    assert settled(globex) == {"accepted": 5}
    assert settled(sender_of_mails)["live"] == 700


def test_an_urgent_message_goes_before_a_campaign(sender_of_mails, mail_server):
    make_messages(sender_of_mails, 300)
    make_messages(sender_of_mails, 1, name="alert", message_class="service", topic="service")
    sending.send_due(sender_of_mails.pk, pace=Pace(batch=20))
    with acting_for(sender_of_mails):
        assert SendKey.objects.get(message_class="service").outcome == Outcome.ACCEPTED


def test_while_the_mail_server_is_away_the_pump_says_so_and_comes_back(
    sender_of_mails, mail_server, settings
):
    settings.EMAIL_PORT = 1
    make_messages(sender_of_mails, 2)
    assert "cannot be reached" in pumping.pump(sender_of_mails.pk).fault
    assert "cannot be reached" in EngineTick.objects.get(name="engine").fault
    assert "cannot be reached" in pumping.progress()["ticks"]["engine"]["fault"]
    away = timezone.now() + pumping.AWAY
    rung = Doorbell.objects.filter(organization=sender_of_mails).values_list("due_at", flat=True)
    assert any(dt.timedelta(seconds=-5) < at - away < dt.timedelta(seconds=1) for at in rung)
    settings.EMAIL_PORT = mail_server.port
    pumping.pump(sender_of_mails.pk)
    assert EngineTick.objects.get(name="engine").fault == ""
    assert settled(sender_of_mails) == {"accepted": 2}


def test_a_broker_that_is_away_costs_one_try_and_then_silence(settings, monkeypatch):
    settings.BROKER_URL = "redis://127.0.0.1:1/0"
    hinting.forget()
    tries = []

    def fail(*args: Any, **kwargs: Any) -> None:
        tries.append(1)
        raise OSError("refused")

    monkeypatch.setattr(hinting.current_app, "send_task", fail, raising=False)
    assert [hinting.hint(1), hinting.hint(2), hinting.hint(1)] == [False, False, False]
    assert len(tries) <= 1
    hinting.forget()


@pytest.mark.django_db(transaction=True)
def test_two_engines_side_by_side_send_each_message_once(sender_of_mails, globex, mail_server):
    make_messages(sender_of_mails, 250)
    make_messages(at_any_hour(globex), 150)

    def engine() -> None:
        try:
            for _ in range(40):
                with_line = sending.Connection(sending.server_from_settings())
                for organization in (sender_of_mails, globex):
                    sending.send_due(organization.pk, connection=with_line, pace=Pace(batch=30))
                with_line.close()
        finally:
            connections.close_all()

    engines = [threading.Thread(target=engine) for _ in range(2)]
    for thread in engines:
        thread.start()
    for thread in engines:
        thread.join()
    assert set(mail_server.taken.values()) == {1}
    assert len(mail_server.taken) == 400
    assert settled(sender_of_mails) == {"accepted": 250}


@pytest.fixture
def worker_signals():
    """What a worker connects when it starts is taken back: it closes the database around every task, also
    around those that a later test runs within its own transaction.
    """
    connected = [signals.beat_embedded_init, signals.task_prerun, signals.task_postrun]
    before = [list(signal.receivers) for signal in connected]
    yield
    for signal, receivers in zip(connected, before, strict=True):
        signal.receivers = receivers
        signal.sender_receivers_cache.clear()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("worker_signals")
def test_with_a_healthy_broker_19_of_20_mails_come_from_celery(
    acme, globex, mail_server, settings, monkeypatch
):
    if not settings.BROKER_URL:
        pytest.skip("no broker")
    from celery.contrib.testing.worker import start_worker

    from config.celery import app

    queue = f"test-{os.getpid()}-{time.monotonic_ns()}"
    # A queue of this test's own: other workers may listen at the same broker.
    monkeypatch.setitem(hinting.HOW, "queue", queue)
    hinting.forget()
    with start_worker(app, pool="solo", perform_ping_check=False, queues=[queue], shutdown_timeout=30):
        stop = threading.Event()

        def engine() -> None:
            try:
                while not stop.wait(0.3):
                    pumping.sweep()
            finally:
                connections.close_all()

        thread = threading.Thread(target=engine)
        thread.start()
        try:
            make_messages(at_any_hour(acme), 300)
            make_messages(at_any_hour(globex), 100)
            deadline = time.monotonic() + 60
            while len(mail_server.taken) < 400 and time.monotonic() < deadline:
                time.sleep(0.2)
        finally:
            stop.set()
            thread.join()
    sent = dict(EngineTick.objects.values_list("name", "sent"))
    assert sum(sent.values()) == 400
    assert sent.get("celery", 0) >= 0.95 * 400


def test_a_beat_may_take_the_place_of_the_engine(sender_of_mails, mail_server, settings):
    beat = settings.CELERY_BEAT_SCHEDULE["sweep"]
    assert beat["task"] == tasks.sweep.name
    assert beat["options"]["expires"] <= 10
    make_messages(sender_of_mails, 3)
    tasks.sweep()
    tasks.make_months()
    assert settled(sender_of_mails) == {"accepted": 3}
    assert EngineTick.objects.get(name="celery").sent == 3


def test_the_task_of_a_turn_takes_the_organization_and_sends(sender_of_mails, mail_server):
    make_messages(sender_of_mails, 2)
    tasks.pump(organization=sender_of_mails.pk)
    assert settled(sender_of_mails) == {"accepted": 2}


def test_celery_is_set_so_that_nothing_is_lost_and_hints_grow_old(settings):
    assert settings.CELERY_TASK_ACKS_LATE and settings.CELERY_TASK_REJECT_ON_WORKER_LOST
    assert settings.CELERY_WORKER_PREFETCH_MULTIPLIER == 1
    assert settings.CELERY_TASK_IGNORE_RESULT
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    assert options["visibility_timeout"] > settings.CELERY_TASK_TIME_LIMIT
    assert options["unacked_restore_throttle"] == 1
    assert 0 < hinting.EXPIRES <= 60


# --- quiet hours against an oracle ----------------------------------------------------------------------------------

ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "America/Santiago",
    "UTC",
]
CHANGES = [
    dt.datetime(2026, 3, 29, 0, tzinfo=dt.UTC),
    dt.datetime(2026, 10, 25, 0, tzinfo=dt.UTC),
    dt.datetime(2026, 3, 8, 6, tzinfo=dt.UTC),
    dt.datetime(2026, 11, 1, 5, tzinfo=dt.UTC),
    dt.datetime(2026, 4, 4, 15, tzinfo=dt.UTC),
    dt.datetime(2026, 9, 6, 3, tzinfo=dt.UTC),
    dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC),
]


def is_quiet(at: dt.datetime, zone: str, start: dt.time, end: dt.time) -> bool:
    clock = at.astimezone(ZoneInfo(zone)).time()
    return (start <= clock < end) if start < end else (clock >= start or clock < end)


@pytest.mark.row("F7", "quiet hours in the customer's own time zone")
def test_quiet_hours_agree_with_an_oracle_also_where_clocks_change(acme, without_broker):
    dice = random.Random(11)
    for number in range(60):
        acme.quiet_from = dt.time(dice.choice([20, 21, 22, 0, 13]), dice.choice([0, 30]))
        acme.quiet_to = dt.time(dice.choice([5, 8, 9]), dice.choice([0, 30]))
        acme.time_zone = dice.choice(ZONES)
        acme.save()
        zone = dice.choice([*ZONES, ""])
        at = dice.choice(CHANGES) + dt.timedelta(minutes=dice.randrange(-1_800, 1_800))
        with acting_for(acme):
            person = Customer.objects.create(
                name="Z", email=f"z{number}@x.example", email_lower=f"z{number}@x.example", time_zone=zone
            )
        make_messages(acme, [person], name=f"quiet {number}", due_at=at)
        with acting_for(acme):
            taken = claim(at=at)
            quiet = is_quiet(at, zone or acme.time_zone, acme.quiet_from, acme.quiet_to)
            assert bool(taken.go) is not quiet, (at, zone, acme.quiet_from, acme.quiet_to)
            if quiet:
                free_at = Message.objects.get(reason="quiet_hours").due_at
                minute = at
                while is_quiet(minute, zone or acme.time_zone, acme.quiet_from, acme.quiet_to):
                    minute += dt.timedelta(minutes=1)
                assert abs(free_at - minute) <= dt.timedelta(minutes=1), (at, zone)
            Message.objects.all().delete()


def test_a_person_is_not_counted_twice_by_one_batch(sender_of_mails, mail_server):
    sender_of_mails.cap_count = 1
    sender_of_mails.save()
    with acting_for(sender_of_mails):
        people = make_people(3)
    for name in "ab":
        make_messages(sender_of_mails, people, name=name)
    sending.send_due(sender_of_mails.pk)
    with acting_for(sender_of_mails):
        assert Message.objects.held().filter(reason="cap").count() == 3
        assert SendKey.objects.filter(outcome="accepted").count() == 3
