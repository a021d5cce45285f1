"""COPY through a temporary table, because PostgreSQL refuses it under row security."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.tenancy.context import NoOrganization, acting_for
from accounts.tenancy.staging import Copied, copy_rows, fresh_statistics
from tests.tenancy.garden.models import Bed, Plant

pytestmark = pytest.mark.django_db


def test_rows_arrive_in_the_acting_organization_only(two: Any) -> None:
    acme, globex = two
    with acting_for(acme):
        assert copy_rows(
            Bed, ["name", "sunny", "changed"], ([f"bed {n}", n % 2 == 0, 0] for n in range(500))
        ) == (Copied(500, 0))
        assert Bed.objects.count() == 500
    with acting_for(globex):
        assert Bed.objects.count() == 0


def test_values_survive_the_journey(two: Any) -> None:
    ugly = "tab\there, newline\nthere, backslash \\N, quote ' \" , nul-free, ünïcödé, \\."
    with acting_for(two[0]):
        bed = Bed.objects.create(name="roses")
        copy_rows(
            Plant,
            ["bed", "shade", "name", "mail", "traits"],
            [[bed.pk, None, "a", ugly, {"a": [1, None, ugly]}], [bed.pk, bed.pk, "b", "", {}]],
        )
        first, second = Plant.objects.order_by("name")
        assert (first.mail, first.traits, first.shade) == (ugly, {"a": [1, None, ugly]}, None)
        assert (second.mail, second.traits, second.shade) == ("", {}, bed)


def test_existing_rows_are_updated_only_where_they_differ(two: Any) -> None:
    with acting_for(two[0]):
        copy_rows(Bed, ["name", "sunny", "changed"], [["a", True, 0], ["b", True, 0]])
        again = copy_rows(
            Bed,
            ["name", "sunny", "changed"],
            [["a", True, 0], ["b", False, 0], ["c", False, 0]],
            key=["name"],
            update=["sunny"],
        )
        assert again == Copied(1, 1)
        left = copy_rows(Bed, ["name", "sunny", "changed"], [["a", False, 0]], key=["name"], update=())
        assert left == Copied(0, 0)
        assert dict(Bed.objects.values_list("name", "sunny")) == {"a": True, "b": False, "c": False}


def test_a_duplicate_without_a_key_is_refused_and_nothing_is_left(two: Any) -> None:
    with acting_for(two[0]):
        with pytest.raises(IntegrityError), transaction.atomic():
            copy_rows(Bed, ["name", "sunny", "changed"], [["a", True, 0], ["a", True, 0]])
        assert Bed.objects.count() == 0


def test_another_organizations_row_is_no_duplicate_and_cannot_be_pointed_to(two: Any) -> None:
    acme, globex = two
    with acting_for(acme):
        foreign = Bed.objects.create(name="a")
    with acting_for(globex):
        assert copy_rows(Bed, ["name", "sunny", "changed"], [["a", True, 0]], key=["name"]) == Copied(1, 0)
        with pytest.raises(IntegrityError), transaction.atomic():
            copy_rows(Plant, ["bed", "name", "mail", "traits"], [[foreign.pk, "weed", "", {}]])
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_without_a_context_nothing_is_copied(db: None) -> None:
    with pytest.raises(NoOrganization):
        copy_rows(Bed, ["name"], [["a"]])


def test_statistics_can_be_refreshed_inside_a_transaction(two: Any) -> None:
    with acting_for(two[0]):
        copy_rows(Bed, ["name", "sunny", "changed"], ([f"bed {n}", True, 0] for n in range(300)))
        fresh_statistics(Bed)
        with connection.cursor() as cursor:
            cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'garden_bed'")
            assert cursor.fetchone()[0] >= 300
