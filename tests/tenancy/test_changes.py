"""updated_since misses nothing, in whatever order transactions commit."""

import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import connection

from accounts.tenancy import changes
from accounts.tenancy.context import acting_for
from accounts.tenancy.roles import as_operator
from tests.tenancy.garden.models import Bed

pytestmark = pytest.mark.django_db(transaction=True)


class Reader:
    """Somebody who polls `updated_since` and remembers the number to ask from next time."""

    def __init__(self, organization: Any, *, careless: bool = False) -> None:
        self.organization, self.careless = organization, careless
        self.since, self.seen = 0, set[str]()

    def poll(self) -> None:
        with acting_for(self.organization):
            if self.careless:
                rows = list(Bed.objects.filter(changed__gt=self.since))
                self.since = max([self.since, *(row.changed for row in rows)])
            else:
                until = changes.horizon()
                rows = list(Bed.objects.filter(changed__gte=self.since, changed__lt=until))
                self.since = until
        self.seen |= {row.name for row in rows}

    def poll_until(self, *names: str) -> None:
        """Poll until the rows are there: a transaction that was told to end needs a moment for it."""
        for _ in range(300):
            self.poll()
            if self.seen >= set(names):
                return
            time.sleep(0.1)


def in_another_transaction(organization: Any, name: str) -> Callable[[], None]:
    """Write in a thread of its own and keep the transaction open; the answer commits it."""
    written, commit = threading.Event(), threading.Event()

    def write() -> None:
        try:
            with acting_for(organization):
                Bed.objects.create(name=name)
                written.set()
                commit.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    assert written.wait(10)

    def finish() -> None:
        commit.set()
        thread.join(10)

    return finish


def early_and_late(organization: Any, reader: Reader) -> set[str]:
    """A transaction that took its number first commits last, after a poll between the two."""
    finish_early = in_another_transaction(organization, "early number, late commit")
    finish_late = in_another_transaction(organization, "late number, early commit")
    finish_late()
    reader.poll()
    finish_early()
    if reader.careless:
        reader.poll()
    else:
        reader.poll_until("early number, late commit", "late number, early commit")
    return reader.seen


def test_a_late_commit_with_an_early_number_is_not_missed(acme: Any) -> None:
    assert early_and_late(acme, Reader(acme)) == {"early number, late commit", "late number, early commit"}


def test_a_careless_reader_would_have_missed_it(acme: Any) -> None:
    """The negative control: reading up to the highest number seen loses the row."""
    assert early_and_late(acme, Reader(acme, careless=True)) == {"late number, early commit"}


def test_every_write_gets_a_new_number_also_raw_ones(acme: Any) -> None:
    numbers = []
    with acting_for(acme):
        bed = Bed.objects.create(name="roses")
    for write in (
        lambda: Bed.objects.filter(pk=bed.pk).update(sunny=True),
        lambda: Bed.objects.get(pk=bed.pk).save(),
        lambda: Bed.objects.bulk_update([bed], ["name"]),
    ):
        with acting_for(acme):
            write()
            numbers.append(Bed.objects.get(pk=bed.pk).changed)
    assert numbers == sorted(set(numbers)) and numbers[0] > 0


def test_an_open_transaction_of_another_organization_delays_and_loses_nothing(two: Any) -> None:
    acme, globex = two
    reader = Reader(acme)
    finish = in_another_transaction(globex, "elsewhere")
    with acting_for(acme):
        Bed.objects.create(name="roses")
    reader.poll()
    assert reader.seen == set()
    finish()
    reader.poll_until("roses")
    assert reader.seen == {"roses"}


def test_an_open_transaction_of_another_database_delays_nobody(acme: Any) -> None:
    reader = Reader(acme)
    with psycopg.connect(**{**connection.get_connection_params(), "dbname": "postgres"}) as elsewhere:
        number = elsewhere.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()[0]
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
            assert cursor.fetchone()[0] <= number  # the server's own horizon would wait for it
        with acting_for(acme):
            Bed.objects.create(name="roses")
        reader.poll_until("roses")
    assert reader.seen == {"roses"}


def test_numbers_go_on_growing_after_a_move_to_a_younger_cluster(acme: Any) -> None:
    with acting_for(acme):
        before = Bed.objects.create(name="before")
        before.refresh_from_db()
    far_ahead = before.changed + 10_000_000
    with as_operator() as alias, alias.cursor() as cursor:
        cursor.execute("ALTER TABLE garden_bed DISABLE TRIGGER number_change")
        cursor.execute("UPDATE garden_bed SET changed = %s", [far_ahead])
        cursor.execute("ALTER TABLE garden_bed ENABLE TRIGGER number_change")
        cursor.execute("COMMENT ON FUNCTION loopwell_change_base() IS 'another cluster'")
        changes.settle_base(cursor)
    try:
        with acting_for(acme):
            after = Bed.objects.create(name="after")
            after.refresh_from_db()
        assert after.changed > far_ahead
        reader = Reader(acme)
        reader.poll_until("after")
        assert reader.seen == {"before", "after"}
    finally:
        with as_operator() as alias, alias.cursor() as cursor:
            cursor.execute("DROP FUNCTION loopwell_change_base()")
            changes.settle_base(cursor)
