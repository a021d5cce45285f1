"""Print docs/news.md from the catalog of news."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from accounts.news_catalog import NewsType, catalog

HEAD = """# News

Printed by `./run manage news_page --write`; a test fails when this page is stale.

What one app records for the others, in the same transaction as the fact (`accounts.recording`). News carry
ids, instants, counts, flags and Loopwell's own words; never a name, an address or a text. Names are
`noun.past_participle`. Adding a fact that may be missing keeps the version; taking one away, or changing what
it means, raises it. Listeners get them at least once and, for one subject, in order (`accounts.relaying`).

| News | Version | Says | Facts | Heard by |
|---|---|---|---|---|
"""


def page() -> str:
    """The whole page, as it should stand in the repository."""
    return HEAD + "".join(_row(kind) for _, kind in sorted(catalog().items()))


def _row(kind: NewsType) -> str:
    facts = ", ".join(
        f"`{name}` ({fact.value}{', may be missing' if name in kind.optional else ''})"
        for name, fact in kind.facts.items()
    )
    subscriptions: dict[str, tuple[str, ...]] = settings.SUBSCRIPTIONS  # type: ignore[misc]
    heard = ", ".join(f"`{path}`" for path in subscriptions.get(kind.name, ()))
    return f"| `{kind.name}` | {kind.version} | {kind.says} | {facts or '-'} | {heard or '-'} |\n"


class Command(BaseCommand):
    help = "Print the catalog of news; --write puts it into docs/news.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["write"]:
            (Path(settings.BASE_DIR) / "docs" / "news.md").write_text(page())
        else:
            self.stdout.write(page(), ending="")
