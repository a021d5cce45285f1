"""Who came into a segment and who went, page by page."""

from datetime import timedelta

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from accounts.acting import Actor
from accounts.door import member_page
from segments import membership
from segments.models import Segment, SegmentFollowing

PAGE = 50
LATELY = timedelta(days=7)


@member_page("customer.view")
def segment_moves(request: HttpRequest, slug: str, segment_id: int) -> HttpResponse:
    """Those who came, or with ?show=went those who went: newest first, with what moved them."""
    segment = get_object_or_404(Segment.objects.present().filter(static=False), pk=segment_id)
    went = request.GET.get("show") == "went"
    found = membership.went(segment, request.actor) if went else membership.came(segment, request.actor)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    told = {
        "segment": segment,
        "page": page,
        "went": went,
        "following": SegmentFollowing.objects.filter(segment=segment).first(),
        **lately(segment, request.actor),
    }
    return render(request, "segments/segment_moves.html", told)


def lately(segment: Segment, actor: Actor) -> dict[str, int]:
    """How many came and went in the last seven days, of those the member sees."""
    since = timezone.now() - LATELY
    return {
        "came_lately": membership.came(segment, actor).came_since(since).count(),
        "went_lately": membership.went(segment, actor).went_since(since).count(),
    }
