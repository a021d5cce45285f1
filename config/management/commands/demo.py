"""`./run manage demo`: build the invented example organizations, unless they are there."""

import time
from typing import Any

from django.core.management.base import BaseCommand

from config.demo import building


class Command(BaseCommand):
    help = "Build the two invented organizations of the demo world; nothing is sent."

    def handle(self, *args: Any, **options: Any) -> None:
        begun = time.monotonic()
        building.build(tell=self.stdout.write)
        self.stdout.write(f"built in {time.monotonic() - begun:.0f} s")
        self.stdout.write(f"log in as {building.LOG_IN} with the password {building.PASSWORD}")
