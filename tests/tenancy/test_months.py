"""Logs split by month: months are made ahead by the app, which may not make tables."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.tenancy import catalog, months
from accounts.tenancy.context import acting_for
from accounts.tenancy.roles import app_role
from tests.tenancy.garden.models import Weather

pytestmark = pytest.mark.django_db


def partitions() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'garden_weather'::regclass"
        )
        return {name for (name,) in cursor.fetchall()}


def where(row: Weather) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM garden_weather WHERE id = %s", [row.pk])
        return str(cursor.fetchone()[0])


def test_this_month_and_the_next_three_are_there(acme: Any) -> None:
    months.make_ahead()
    first = timezone.now().date().replace(day=1)
    for _ in range(4):
        assert f"garden_weather_{first:%Y_%m}" in partitions()
        first = (first + timedelta(days=32)).replace(day=1)
    assert months.make_ahead() == 0


def test_a_row_of_a_month_that_nobody_made_is_kept_and_moves_when_it_is_made(acme: Any) -> None:
    with acting_for(acme):
        old = Weather.objects.create(at=datetime(2019, 2, 28, 23, 59, 59, 999999, tzinfo=UTC), degrees=3)
        edge = Weather.objects.create(at=datetime(2019, 3, 1, tzinfo=UTC), degrees=4)
        assert where(old) == where(edge) == "garden_weather_rest"
        assert months.cover(Weather, date(2019, 2, 3), date(2019, 3, 1)) == 2
        assert where(old) == "garden_weather_2019_02" and where(edge) == "garden_weather_2019_03"
        assert sorted(Weather.objects.values_list("degrees", flat=True)) == [3, 4]
        assert months.cover(Weather, date(2019, 2, 3), date(2019, 3, 1)) == 0


def test_months_made_by_the_app_are_as_closed_as_those_made_by_the_operator(acme: Any) -> None:
    months.cover(Weather, date(2018, 1, 1), date(2018, 12, 31))
    assert len([name for name in partitions() if "_2018_" in name]) == 12
    with connection.cursor() as cursor:
        assert catalog.problems(cursor, app=app_role(connection)) == []


def test_rows_of_a_month_stay_with_their_organization(two: Any) -> None:
    acme, globex = two
    with acting_for(acme):
        Weather.objects.create(at=timezone.now(), degrees=1)
    with acting_for(globex):
        assert Weather.objects.count() == 0 and Weather.unlocked.count() == 0


def test_every_log_of_the_product_is_found() -> None:
    assert {"garden.Weather", "accounts.News"} <= {model._meta.label for model in months.logs()}
