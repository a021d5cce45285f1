"""Mails of the site itself: confirmations, resets, invitations of members. They carry links that are secrets.

So they are kept nowhere: while the mail server is away a mail waits in the memory of its process, and is tried again
for some minutes. One that is lost with its process can be asked for again on the page that sent it.
"""

from __future__ import annotations

import smtplib
import threading
from functools import partial

import structlog
from django.core.mail import EmailMessage
from django.db import transaction

log = structlog.get_logger(__name__)

PAUSES = (5.0, 15.0, 40.0, 120.0, 300.0)
"""Seconds before each further try: a server that is gone for a minute costs nobody their mail."""

MOST_WAITING = 200
"""Mails that may wait in one process; beyond that the next are given up at once."""

_places = threading.BoundedSemaphore(MOST_WAITING)


def post_later(message: EmailMessage) -> None:
    """Send it once the rows are there; no mail tells of rows that were rolled back. Never raises for the network."""
    transaction.on_commit(partial(_post, message), robust=True)


def _post(message: EmailMessage) -> None:
    try:
        message.send()
    except OSError as error:
        if _is_final(error) or not _places.acquire(blocking=False):
            log.error("site_mail.failed", error=type(error).__name__)
            return
        log.warning("site_mail.waits", error=type(error).__name__)
        _wait(message, 0)


def _wait(message: EmailMessage, tries: int) -> None:
    waiting = threading.Timer(PAUSES[tries], _again, (message, tries))
    waiting.daemon = True
    waiting.start()


def _again(message: EmailMessage, tries: int) -> None:
    try:
        # The connection of the first try is of no use any more.
        message.connection = None
        message.send()
    except OSError as error:
        if not _is_final(error) and tries + 1 < len(PAUSES):
            _wait(message, tries + 1)
            return
        log.error("site_mail.failed", error=type(error).__name__)
    except Exception:
        log.exception("site_mail.failed")
    else:
        log.info("site_mail.sent_late", tries=tries + 2)
    _places.release()


def _is_final(error: OSError) -> bool:
    """Whether the server has said no for good: then another try changes nothing."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _words in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500
