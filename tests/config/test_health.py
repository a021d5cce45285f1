"""/health tells progress."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from accounts.models.doorbell import Doorbell

pytestmark = pytest.mark.django_db


def test_nothing_due_is_healthy() -> None:
    answer = Client().get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


def test_work_due_in_future_is_healthy() -> None:
    Doorbell.objects.create(organization_id=1, due_at=timezone.now() + timedelta(days=1))
    assert Client().get("/health").json()["oldest_due_seconds"] == 0


def test_work_that_waits_for_minutes_is_not() -> None:
    Doorbell.objects.create(organization_id=1, due_at=timezone.now() - timedelta(minutes=10))
    answer = Client().get("/health")
    assert answer.status_code == 503
    assert answer.json()["status"] == "late"
    assert answer.json()["oldest_due_seconds"] >= 600


def test_without_its_database_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("accounts.doorbells.next_due", gone)
    answer = Client().get("/health")
    assert answer.status_code == 503
    assert answer.json() == {"status": "no database"}
