"""Try the starter themes on a file of comments with scores: `./run manage themes FILE`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from surveys import starter_themes
from surveys.theming import noticing, reviewing, seeds
from surveys.theming.noticing import Said
from surveys.theming.tagging import Tagger

SUGGESTED_FROM = 2_000  # comments


class Command(BaseCommand):
    help = "The ten starter themes with the greatest effect in a CSV of comments and scores, with five quotes each."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with options["file"].open(encoding="utf-8-sig", newline="") as file:
                comments, stretched = reviewing.read(file)
        except (OSError, UnicodeDecodeError, reviewing.NoSuchColumn) as error:
            raise CommandError(str(error)) from error
        tagger = Tagger({key: seeds.words(key) for key in seeds.KEYS})
        found = reviewing.review(comments, tagger, stretched=stretched)
        names = {key: str(name) for key, name in starter_themes.NAMES.items()}
        for line in reviewing.told(found, names):
            self.stdout.write(line)
        said = [Said(comment.text, comment.score) for comment in comments[:SUGGESTED_FROM]]
        self.stdout.write("\nSaid often, and in none of these themes:")
        for each in noticing.notice(said, tagger):
            lean = {-1: "said more by detractors", 1: "said more by promoters", 0: "said by both alike"}[
                each.lean
            ]
            self.stdout.write(f"   {', '.join(each.entries[:6])}: {len(each.places)} comments, {lean}")
