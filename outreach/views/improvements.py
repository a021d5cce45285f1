"""You said, we did: from an improvement to a campaign in draft."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from accounts.door import member_page
from accounts.toasts import toast
from outreach import telling_back
from outreach.telling_back import NothingToTell
from surveys.models import Improvement


@require_POST
@member_page("campaign.edit")
def improvement_note(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Prepare it; nothing goes out before it was looked over."""
    improvement = get_object_or_404(Improvement.objects.visible_to(request.actor).present(), pk=pk)
    try:
        campaign = telling_back.prepare(improvement, by=request.actor)
    except NothingToTell as error:
        toast(request, str(error))
        return redirect("improvement_detail", slug, pk)
    return redirect("campaign_review", slug, campaign.pk)
