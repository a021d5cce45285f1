"""The page of the search."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.door import member_page
from segments import compiling, searching


@member_page("customer.view")
def search_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything that holds the words, by kind, latest first, as far as the member may see."""
    text, kind = request.GET.get("q", ""), request.GET.get("kind", "")
    sources = searching.sources(request.actor)
    kind = kind if kind in {source.kind for source in sources} else ""
    found: list[searching.Found] = []
    trouble = ""
    try:
        with compiling.patience():
            found = searching.search(
                text, by=request.actor, kind=kind, limit=searching.LATEST if kind else searching.FEW
            )
    except compiling.TooSlow as error:
        trouble = str(error)
    told = {
        "query": searching.Wanted.read(text).text,
        "kind": kind,
        "sources": sources,
        "trouble": trouble,
        "found": [
            (
                each,
                [(hit, reverse(hit.told.page[0], args=[slug, hit.told.page[1]])) for hit in each.hits],
            )
            for each in found
        ],
    }
    return render(request, "segments/search.html", told)
