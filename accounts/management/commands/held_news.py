"""News that no listener could take, by organization; and giving them another round."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.models import News, Organization
from accounts.relaying import release
from accounts.tenancy.context import acting_for


class Command(BaseCommand):
    help = "List news set aside after too many failures; --release gives all of them another round."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--release", action="store_true", help="try them again, once their cause is mended"
        )
        parser.add_argument("--organization", help="the address of one organization; all of them by default")

    def handle(self, *args: Any, **options: Any) -> None:
        organizations = Organization.objects.order_by("slug")
        if options["organization"]:
            organizations = organizations.filter(slug=options["organization"])
        found = 0
        for organization in organizations:
            with acting_for(organization):
                for news in News.objects.held().order_by("id"):
                    found += 1
                    self.stdout.write(
                        f"{organization.slug}: {news} of {news.at:%Y-%m-%d %H:%M}, {news.fault}"
                    )
                    if options["release"]:
                        release(news)
        self.stdout.write(f"{found} held" + (", released" if options["release"] and found else ""))
