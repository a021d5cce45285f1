"""A prepared statement in one trip: both locks hold, it is a transaction, and nothing of it stays behind."""

from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from accounts.tenancy import statements
from accounts.tenancy.context import acting_for
from tests.tenancy.garden.models import Bed
from tests.tenancy.test_context import agree

pytestmark = pytest.mark.django_db(transaction=True)

RENAME = "UPDATE garden_bed SET name = %(name)s::text WHERE id = %(id)s::bigint RETURNING id, name"
BOTH = """
WITH first AS (UPDATE garden_bed SET name = %(name)s::text WHERE id = %(id)s::bigint RETURNING id)
INSERT INTO garden_bed (organization_id, name, sunny, changed)
SELECT %(organization)s::bigint, 'copy', false, 0 FROM first RETURNING id
"""


@pytest.fixture
def bed(two: Any) -> Bed:
    with acting_for(two[0]):
        return Bed.objects.create(name="roses")


def name_of(bed: Bed, organization: Any) -> str:
    with acting_for(organization):
        return Bed.objects.get(pk=bed.pk).name


def cut(pid: int) -> None:
    """The server ends one of our connections."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    finally:
        other.close()


def test_alone_it_is_written_when_it_returns_and_nobody_acts_afterwards(two: Any, bed: Bed) -> None:
    for turn in range(12):  # prepared on the way
        named = {"name": f"turn {turn}", "id": bed.pk}
        assert statements.first_row(RENAME, named, organization_id=two[0].pk) == (bed.pk, f"turn {turn}")
        assert agree(None)
        assert not connection.in_atomic_block
    with psycopg.connect(settings.OPERATOR_DATABASE_URL, dbname=connection.settings_dict["NAME"]) as other:
        assert other.execute("SELECT name FROM garden_bed WHERE id = %s", [bed.pk]).fetchone() == ("turn 11",)


def test_row_security_hides_the_rows_of_others(two: Any, bed: Bed) -> None:
    named = {"name": "mine now", "id": bed.pk}
    assert statements.first_row(RENAME, named, organization_id=two[1].pk) is None
    assert name_of(bed, two[0]) == "roses"


def test_what_fails_leaves_nothing_and_the_connection_works_on(two: Any, bed: Bed) -> None:
    named = {"name": None, "id": bed.pk}
    with pytest.raises(IntegrityError):
        statements.first_row(RENAME, named, organization_id=two[0].pk)
    assert agree(None)
    assert name_of(bed, two[0]) == "roses"


def test_a_key_that_is_checked_at_the_end_takes_everything_back(two: Any, bed: Bed) -> None:
    # Row security lets nobody write a row of another organization: the statement as a whole is refused.
    named = {"name": "tulips", "id": bed.pk, "organization": two[1].pk}
    with pytest.raises(Exception, match="row-level security"):
        statements.first_row(BOTH, named, organization_id=two[0].pk)
    assert name_of(bed, two[0]) == "roses"
    assert agree(None)


def test_within_a_context_it_is_a_part_of_that_transaction(two: Any, bed: Bed) -> None:
    with pytest.raises(RuntimeError), acting_for(two[0]):
        statements.first_row(RENAME, {"name": "tulips", "id": bed.pk}, organization_id=two[0].pk)
        assert Bed.objects.get(pk=bed.pk).name == "tulips"
        raise RuntimeError
    assert name_of(bed, two[0]) == "roses"


def test_within_a_transaction_of_nobody_it_opens_the_context_and_closes_it(two: Any, bed: Bed) -> None:
    with transaction.atomic():
        named = {"name": "tulips", "id": bed.pk}
        assert statements.first_row(RENAME, named, organization_id=two[0].pk) == (bed.pk, "tulips")
        assert agree(None)
    assert name_of(bed, two[0]) == "tulips"


def test_a_connection_that_the_server_closed_is_replaced_at_the_next_request(two: Any, bed: Bed) -> None:
    """Django asks once a request; here a look at the socket tells whether asking is worth a trip."""
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    assert connection.is_usable()
    cut(pid)
    assert not connection.is_usable()
    connection.health_check_enabled, connection.health_check_done = True, False
    assert name_of(bed, two[0]) == "roses"


def test_behind_a_pooler_nothing_is_prepared(two: Any, bed: Bed, settings: Any) -> None:
    settings.DATABASE_PREPARES = False
    connection.close()
    named = {"name": "dahlias", "id": bed.pk}
    for _turn in range(2):
        assert statements.first_row(RENAME, named, organization_id=two[0].pk) == (bed.pk, "dahlias")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'loopwell%%'")
        assert cursor.fetchone() == (0,)


def test_a_value_no_text_can_hold_is_refused_before_anything_is_sent(two: Any, bed: Bed) -> None:
    named = {"name": "nul \0 byte", "id": bed.pk}
    with pytest.raises(DataError, match="NUL"):
        statements.first_row(RENAME, named, organization_id=two[0].pk)
    assert not connection.connection.closed
    assert name_of(bed, two[0]) == "roses"


def test_a_connection_that_breaks_off_is_closed_and_the_next_one_prepares_anew(two: Any, bed: Bed) -> None:
    named = {"name": "tulips", "id": bed.pk}
    statements.first_row(RENAME, named, organization_id=two[0].pk)
    pid = connection.connection.info.backend_pid
    cut(pid)
    with pytest.raises(OperationalError):
        statements.first_row(RENAME, {**named, "name": "asters"}, organization_id=two[0].pk)
    assert connection.connection.closed
    connection.close()
    assert name_of(bed, two[0]) == "tulips"
    assert statements.first_row(RENAME, named, organization_id=two[0].pk) == (bed.pk, "tulips")
