"""The page of revenue: how much came in, and how much of it the best customers hold."""

import json
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.door import member_page
from segments import compiling, worth


@member_page("customer.view")
def revenue(request: HttpRequest, slug: str) -> HttpResponse:
    said = request.GET.get("days", "")
    days = int(said) if said in {str(each) for each in worth.PERIODS} else None
    found, trouble = None, ""
    try:
        found = worth.revenue(request.actor, days=days)
    except compiling.TooSlow as error:
        trouble = str(error)
    context = {
        "found": found,
        "trouble": trouble,
        "days": days,
        "periods": [
            (None, _("All time")),
            *((each, _("%(n)d days") % {"n": each}) for each in worth.PERIODS),
        ],
        "held": [(each, _segment(slug, each, days)) for each in found.held] if found else [],
    }
    return render(request, "segments/revenue.html", context)


def _segment(slug: str, held: worth.Held, days: int | None) -> str:
    """The builder with the rule that finds these people."""
    rule = json.dumps(held.rule_within(days), separators=(",", ":"))
    name = _("Top %(percent)d %% by revenue") % {"percent": held.percent}
    return f"{reverse('segment_new', args=[slug])}?{urlencode({'rule': rule, 'name': name})}"
