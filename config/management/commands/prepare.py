"""`manage.py prepare`: make a trial whole: tables, static files, and unless it stays empty the demo world."""

import hashlib
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand

from config.stack.telling import took


class Command(BaseCommand):
    help = "Makes a trial whole: tables, static files, demo world. Can be called again at any time."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--empty", action="store_true", help="no demo world")

    def handle(self, *args: Any, empty: bool, **options: Any) -> None:
        started = time.monotonic()
        call_command("migrate", verbosity=0, interactive=False)
        took("tables", started)
        self._collect_static()
        if not empty and "demo" in get_commands():
            self._build_demo()

    def _collect_static(self) -> None:
        """Hashed and compressed, once per state of the sources: compression takes seconds."""
        if not settings.COLLECTED_STATIC:
            return
        started = time.monotonic()
        state = _state_of_sources()
        mark = Path(settings.STATIC_ROOT) / "state"
        if mark.exists() and mark.read_text() == state:
            return
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        mark.write_text(state)
        took("static files", started)

    def _build_demo(self) -> None:
        mark = Path(settings.DATA_DIR) / "demo-login.txt"
        if mark.exists():
            return
        started = time.monotonic()
        from config.demo import building

        call_command("demo", stdout=sys.stderr)
        mark.write_text(f"Log in as {building.LOG_IN} with the password {building.PASSWORD}\n")
        took("demo world", started)


def _state_of_sources() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in sorted(finder.list([]), key=lambda found: found[0]):
            digest.update(path.encode() + storage.open(path).read())
    return digest.hexdigest()
