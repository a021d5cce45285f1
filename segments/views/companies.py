"""Companies: the employers of customers in B2B."""

from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.acting import Actor
from accounts.door import member_page
from segments.models import Category, Company, Customer

PAGE = 50


def companies_of(actor: Actor) -> QuerySet[Company]:
    """All companies; a member of one branch sees those that somebody of the branch works for."""
    found = Company.objects.present()
    if actor.branch_ids is None:
        return found
    seen = Customer.objects.present().visible_to(actor).filter(company__isnull=False)
    return found.filter(pk__in=seen.values("company_id"))


@member_page("customer.view")
def company_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Companies by name, with how their people answered last."""
    query = request.GET.get("q", "").strip()
    found = companies_of(request.actor)
    if query:
        found = found.filter(Q(name__icontains=query) | Q(external_id=query))
    page = Paginator(found.order_by("name", "id"), PAGE).get_page(request.GET.get("page"))
    people = (
        Customer.objects.present()
        .visible_to(request.actor)
        .filter(company__in=[company.pk for company in page])
        .values("company_id")
        .annotate(
            people=Count("id"),
            detractors=Count("id", filter=Q(last_category=Category.DETRACTOR)),
            passives=Count("id", filter=Q(last_category=Category.PASSIVE)),
            promoters=Count("id", filter=Q(last_category=Category.PROMOTER)),
        )
        .order_by()
    )
    told = {row["company_id"]: row for row in people}
    rows = [(company, told.get(company.pk, {})) for company in page]
    return render(request, "segments/company_list.html", {"rows": rows, "page": page, "query": query})


@member_page("customer.view")
def company_detail(request: HttpRequest, slug: str, company_id: int) -> HttpResponse:
    """One company and its people."""
    company = get_object_or_404(companies_of(request.actor), pk=company_id)
    people = Customer.objects.present().visible_to(request.actor).filter(company=company)
    page = Paginator(people.order_by("name", "id"), PAGE).get_page(request.GET.get("page"))
    return render(request, "segments/company_detail.html", {"company": company, "page": page})
