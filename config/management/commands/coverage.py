"""`./run manage coverage`: write docs/coverage.md anew from the marks of the tests."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import coverage


class Command(BaseCommand):
    help = "Write docs/coverage.md from the tests' row marks, or with --check say whether it is stale."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail when the page is stale")

    def handle(self, *args: Any, check: bool = False, **options: Any) -> None:
        try:
            text = coverage.page(coverage.rows(list(coverage.marks())))
        except coverage.UnknownClause as error:
            raise CommandError(str(error)) from error
        if check:
            if coverage.PAGE.read_text(encoding="utf-8") != text:
                raise CommandError("docs/coverage.md is stale: run ./run manage coverage")
            self.stdout.write("docs/coverage.md is up to date")
            return
        coverage.PAGE.write_text(text, encoding="utf-8")
        self.stdout.write(f"wrote {coverage.PAGE.name}")
