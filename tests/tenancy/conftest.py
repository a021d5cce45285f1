"""Fixtures of the tenancy tests."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from accounts.models import Organization


@pytest.fixture
def operator(db: None) -> Iterator[psycopg.Connection[Any]]:
    """A second connection, as the owner of the tables, to the same test database. Sees committed rows only."""
    with psycopg.connect(settings.OPERATOR_DATABASE_URL, dbname=connection.settings_dict["NAME"]) as other:
        yield other
        other.rollback()


@pytest.fixture
def two(acme: Organization, globex: Organization) -> tuple[Organization, Organization]:
    return acme, globex
