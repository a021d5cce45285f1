"""`manage.py standstill`: stop all sending, for everybody, at once; and let it go on."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from outreach.models import Standstill


class Command(BaseCommand):
    help = "Stop all sending with a reason, end the standstill with --end, or say how things stand."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("reason", nargs="?", default="")
        parser.add_argument("--end", action="store_true")

    def handle(self, *args: Any, reason: str, end: bool, **options: Any) -> None:
        if end:
            Standstill.objects.all().delete()
        elif reason:
            Standstill.objects.create(reason=reason[:200])
        standing = Standstill.objects.order_by("since").first()
        if standing is None:
            self.stdout.write("Sending goes on.")
        else:
            self.stdout.write(f"Nothing is sent since {standing.since:%Y-%m-%d %H:%M} UTC: {standing.reason}")
