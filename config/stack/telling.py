"""What the runner says: short lines of progress, and troubles that tell what to do."""

import sys
import time


class Trouble(Exception):
    """Something the person in front of the screen has to mend; the text says how."""


def say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def took(what: str, started: float) -> None:
    """`  database              1.2 s`: what is done, and the seconds since `started` (monotonic)."""
    say(f"{what:<36}{time.monotonic() - started:5.1f} s")
