"""`./run manage loop`: the whole story once around, on real servers and real files."""

import tempfile
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.loop.story import Story
from config.loop.visitor import Unexpected
from config.mailbox.store import Mailbox


class Command(BaseCommand):
    help = (
        "Sign up, import customers, ask them, answer, follow up, leave; ends with `loop ok` or what failed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customers", type=Path, required=True, help="CSV with customerID and more")
        parser.add_argument("--answers", type=Path, required=True, help="CSV with grade (0 to 10) and text")
        parser.add_argument(
            "--in-browser", type=int, default=60, metavar="N", help="how many answer in a browser (60)"
        )

    def handle(self, *args: Any, customers: Path, answers: Path, in_browser: int, **options: Any) -> None:
        if not settings.LOCAL_MAILBOX:
            raise CommandError("The loop reads the mailbox of a trial; it never runs where mail goes out.")
        for file in (customers, answers):
            if not file.is_file():
                raise CommandError(f"There is no file {file}.")
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            story = Story(
                settings.BASE_URL,
                Mailbox(Path(settings.LOCAL_MAILBOX)),
                customers,
                answers,
                Path(folder),
                self.stdout.write,
                in_browser,
            )
            failed = ""
            try:
                holds = story.play()
            except Unexpected as error:
                holds, failed = False, str(error)
        if story.lines:
            self.stdout.write("\n" + story.table())
        self.stdout.write(f"{story.browser}; {time.monotonic() - begun:.0f} s" if story.browser else "")
        if not holds:
            failed = failed or "; ".join(line.what for line in story.lines if not line.holds)
            raise CommandError(f"loop failed: {failed}")
        self.stdout.write("loop ok" if story.browser != "browser not tried" else "loop ok, browser not tried")
