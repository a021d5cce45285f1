"""A connection to a stand-in, made as an admin makes one, and the engine's turns at it."""

from __future__ import annotations

import time
from typing import Any

from django.utils import timezone

from accounts.acting import system_actor
from accounts.models import Doorbell, Organization
from accounts.tenancy.context import acting_for
from outreach import hinting, pumping
from segments import connecting
from segments.models import Connection
from tests.stand_ins.server import StandIn


def open_to(settings: Any, vendor: str, stand_in: StandIn) -> None:
    """The program reaches the stand-in where it would reach the vendor."""
    settings.BROKER_URL = ""
    hinting.forget()
    settings.OUTGOING_TEST_HOSTS = [*settings.OUTGOING_TEST_HOSTS, stand_in.host]
    settings.CONNECTOR_ADDRESSES = {**settings.CONNECTOR_ADDRESSES, vendor: stand_in.address}


def turn(organization: Organization, *, hurry: bool = True) -> None:
    """What the engine does until nothing is due; with `hurry`, what is due later for a connection is due now."""
    if hurry:
        with acting_for(organization):
            now = timezone.now()
            Connection.objects.exclude(pull_at=None).update(pull_at=now)
    for _round in range(30):
        pumping.pump(organization.pk)
        if not Doorbell.objects.due(timezone.now()).filter(organization=organization).exists():
            return
        time.sleep(0.05)
    raise AssertionError("a bell rings on and on")


def connected(organization: Organization, vendor: str, facts: dict[str, str], **changes: Any) -> Connection:
    """Connected, tried, and its proposals kept with `changes`."""
    with acting_for(organization):
        made = connecting.connect(vendor, facts, by=system_actor(organization))
    turn(organization)
    return changed(organization, made, **changes)


def changed(organization: Organization, connection: Connection, **changes: Any) -> Connection:
    with acting_for(organization):
        now = fresh(organization, connection)
        facts = {"fields_in": now.fields_in, "fields_out": now.fields_out, **changes}
        return connecting.change(now, facts, expected=now.revision, by=system_actor(organization))


def fresh(organization: Organization, connection: Connection) -> Connection:
    with acting_for(organization):
        return Connection.objects.get(pk=connection.pk)
