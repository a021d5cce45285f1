"""Fixtures of sending: a mail server that remembers, and an organization that may send at any hour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Organization
from accounts.tenancy.context import acting_for
from outreach import hinting, sending
from outreach.models import Wording
from segments.models import Customer
from tests.outreach.mail_server import MailServer


@pytest.fixture
def mail_server(tmp_path: Path, settings: Any) -> Iterator[MailServer]:
    with MailServer(tmp_path) as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        yield server
        sending.hang_up()


@pytest.fixture
def without_broker(settings: Any) -> Iterator[None]:
    settings.BROKER_URL = ""
    hinting.forget()
    yield
    hinting.forget()


def at_any_hour(organization: Organization) -> Organization:
    organization.quiet_from = organization.quiet_to = dt.time(0)
    organization.survey_gap_days = 0
    organization.cap_count = 100
    organization.save()
    return organization


@pytest.fixture
def sender_of_mails(acme: Organization, without_broker: None) -> Organization:
    """Acme, with no quiet hours, no gap between surveys, and a cap nobody reaches."""
    return at_any_hour(acme)


@pytest.fixture
def queue_for() -> Callable[..., dict[str, int]]:
    return make_messages


def make_people(count: int, prefix: str = "p") -> list[Customer]:
    return Customer.objects.bulk_create(
        Customer(
            name=f"Pat {n} Lee",
            first_name=f"Pat {n}",
            email=f"{prefix}{n}@people.example",
            email_lower=f"{prefix}{n}@people.example",
        )
        for n in range(count)
    )


def wording(html: str = "<p>Hello {{ customer.first_name }}.</p>", **more: Any) -> Wording:
    return Wording.objects.freeze(
        **{
            "subject": "Hello",
            "html": html,
            "from_name": "Acme",
            "from_address": "hello@acme.example",
            **more,
        }
    )


def make_messages(
    organization: Organization, people: Sequence[Customer] | int = 1, *, name: str = "test", **draft: Any
) -> dict[str, int]:
    """Queue one message for each of these customers; send key -> id."""
    with acting_for(organization):
        if isinstance(people, int):
            people = make_people(people, f"{name}-")
        words = draft.pop("wording", None) or wording()
        return sending.queue(
            [
                sending.Draft(
                    **{
                        "key": f"{name} {n}",
                        "wording": words,
                        "origin_kind": "campaign",
                        "origin_id": 1,
                        "customer": person.pk,
                        **draft,
                    }
                )
                for n, person in enumerate(people)
            ]
        )
