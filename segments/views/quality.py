"""The page of data quality: each number leads to the customers behind it."""

import json
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.door import member_page
from segments import compiling, origins, quality
from segments.quality import Number, Quality, Value


@member_page("customer.view")
def data_quality(request: HttpRequest, slug: str) -> HttpResponse:
    """What is known of the customers, how old it is, who shares it, and whom no mail reaches."""
    found, trouble = None, ""
    try:
        found = quality.look(request.actor)
    except compiling.TooSlow as error:
        trouble = str(error)
    told: dict[str, Any] = {
        "found": found,
        "trouble": trouble,
        "fresh_days": quality.FRESH_DAYS,
        "old_days": quality.OLD_DAYS,
        "crm_days": quality.CRM_DAYS,
    }
    if found is not None:
        told |= {
            "rows": [_row(slug, one) for one in found.values],
            "unreachable": [
                (words, number, _list(slug, number)) for words, number in found.unreachable.values()
            ],
            "crm": [(one, _list(slug, one.linked), _list(slug, one.stale)) for one in found.crm],
            "heed": _heed(found),
        }
    return render(request, "segments/quality.html", told)


def _row(slug: str, one: Value) -> dict[str, Any]:
    return {
        "value": one,
        "missing": _list(slug, one.missing),
        "old": _list(slug, one.old),
        "shared": _list(slug, one.shared) if one.shared is not None else "",
        "sources": [
            (origins.source_words(source), number, _list(slug, number)) for source, number in one.sources
        ],
    }


def _heed(found: Quality) -> dict[str, Any]:
    """What stands above the table: the values that little can be said of."""
    return {
        "thin": [one.label for one in found.values if one.is_thin],
        # A name or an address is not wrong for being old, and nobody is compared by it.
        "old": [
            one.label
            for one in found.values
            if one.known.value and one.is_old and one.key.startswith(origins.ATTRIBUTE)
        ],
        "without_mail": sum(number.value for _words, number in found.unreachable.values()),
    }


def _list(slug: str, number: Number) -> str:
    """The list of these customers; nothing where there are none."""
    if not number.value:
        return ""
    rule = json.dumps(number.rule, separators=(",", ":"), ensure_ascii=False)
    return f"{reverse('customer_list', args=[slug])}?{urlencode({'rule': rule})}"
