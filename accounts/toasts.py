"""Short words after a deed, with an undo where there is one. Shown by the layouts as a polite live region."""

from django.contrib import messages
from django.http import HttpRequest

UNDO = "undo="


def toast(request: HttpRequest, text: str, *, undo: str = "", level: int = messages.SUCCESS) -> None:
    """Say `text` on the next page. `undo` is an address that takes the deed back when POSTed to."""
    messages.add_message(request, level, text, extra_tags=f"{UNDO}{undo}" if undo else "")
