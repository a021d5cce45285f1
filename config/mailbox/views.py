"""/mailbox: what a trial would have sent. The addresses exist only where settings.LOCAL_MAILBOX is set."""

from pathlib import Path

from django.conf import settings
from django.db.transaction import non_atomic_requests
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from accounts.door import public_page
from config.mailbox.store import Mailbox, opened

PAGE = 50
# A foreign mail may bring its own styles and its pictures inside it; it runs nothing and fetches nothing.
FRAME = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: cid:; font-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
PARTS = ("html", "text", "source", "headers")


def _mailbox() -> Mailbox:
    if not (settings.TRIAL and settings.LOCAL_MAILBOX):
        raise Http404
    return Mailbox(Path(settings.LOCAL_MAILBOX))


@non_atomic_requests
@require_safe
@public_page("mailbox")
def mailbox(request: HttpRequest) -> HttpResponse:
    box = _mailbox()
    query = request.GET.get("q", "").strip()
    before = request.GET.get("before", "")
    found = box.newest(query=query, before=int(before) if before.isdecimal() else None, limit=PAGE + 1)
    return render(
        request,
        "mailbox/list.html",
        {
            "mails": found[:PAGE],
            "query": query,
            "count": box.count(),
            "older": found[PAGE - 1].id if len(found) > PAGE else None,
            "before": before,
        },
    )


@non_atomic_requests
@require_safe
@public_page("mailbox")
def mail(request: HttpRequest, id: int, part: str = "") -> HttpResponse:
    box = _mailbox()
    envelope, source = box.envelope(id), box.source(id)
    if envelope is None or source is None or (part and part not in PARTS):
        raise Http404
    found = opened(source)
    return render(
        request,
        "mailbox/mail.html",
        {
            "envelope": envelope,
            "mail": found,
            "part": part or ("html" if found.html else "text"),
            "source": source.decode("utf-8", "replace"),
            "parts": PARTS,
        },
    )


@non_atomic_requests
@require_safe
@xframe_options_sameorigin
@public_page("mailbox")
def mail_frame(request: HttpRequest, id: int) -> HttpResponse:
    """The HTML part alone, for the sandboxed frame of the page."""
    source = _mailbox().source(id)
    if source is None:
        raise Http404
    # Links open beside the mailbox, as they would beside a mail client.
    page = '<base target="_blank">' + opened(source).html
    return HttpResponse(page, headers={"Content-Security-Policy": FRAME})
