"""Try the starter themes on a file of comments with scores: `./run manage themes FILE`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from surveys import starter_themes
from surveys.theming import reviewing, seeds
from surveys.theming.tagging import Tagger


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
