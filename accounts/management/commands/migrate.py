"""Django's migrate, run as the owner of the tables."""

from typing import Any

from django.core.management.commands import migrate

from accounts.tenancy.roles import as_operator, prepare_database
from accounts.tenancy.states import rendered_once


class Command(migrate.Command):
    help = "Update the database schema, as the operator (OPERATOR_DATABASE_URL)."

    def handle(self, *args: Any, **options: Any) -> Any:
        with as_operator(options["database"]) as connection:
            if not options["plan"] and not options["check_unapplied"]:
                prepare_database(connection)
            with rendered_once():
                return super().handle(*args, **options)
