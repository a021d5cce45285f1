"""Reports as files."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from accounts.acting import Actor
from accounts.door import member_page
from segments.compiling import TooSlow, Unanswerable
from surveys import tabulating
from surveys.filtering import Filter


@member_page("report.view")
def report_export(request: HttpRequest, slug: str, report: str) -> HttpResponse:
    """One report as CSV: what its page shows to this member, and no more."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if report not in tabulating.REPORTS:
        raise Http404
    try:
        lines = tabulating.lines(report, Filter.read(request.GET, actor.organization), actor)
    except (TooSlow, Unanswerable) as error:
        return HttpResponse(str(error), status=422, content_type="text/plain; charset=utf-8")
    response = HttpResponse("".join(lines), content_type="text/csv; charset=utf-8")
    day = timezone.localdate().isoformat()
    response["Content-Disposition"] = f'attachment; filename="{report}-{day}.csv"'
    return response
