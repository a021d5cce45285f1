"""Companies: the list, one company with its people, correcting its facts, the roles of its people."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import NullIf
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.acting import Actor
from accounts.door import member_page
from accounts.models import Stale
from accounts.toasts import toast
from segments import worth
from segments.catalog import Asked
from segments.company_forms import CompanyForm
from segments.keeping_companies import NotKept, change, companies_of, contacts_of, owners_of, set_roles
from segments.models import Company, ContactRole, Customer
from segments.standing import last_asked, standing_of

PAGE = 50
RENEWS = (30, 60, 90)
SORTS = {
    "name": "name",
    "people": "people",
    "score": "their_score",
    "revenue": "revenue",
    "renewal": "renewal_date",
    "owner": "owner__user__name",
}


@member_page("customer.view")
def company_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Companies with the score over their contacts, their owner, revenue and renewal."""
    actor: Actor = request.actor
    found, chosen = _searched(request.GET, actor)
    page = Paginator(_sorted(found, chosen["sort"], actor), PAGE).get_page(request.GET.get("page"))
    standing = standing_of([company.pk for company in page], actor)
    told = {
        "rows": [(company, standing[company.pk]) for company in page],
        "page": page,
        "owners": owners_of(actor),
        "renews": RENEWS,
        "today": timezone.localdate(),
        "sorted_by": "name",
        "sorts_by_score": actor.may("response.view"),
        **chosen,
    }
    return render(request, "segments/company_list.html", told)


def _searched(given: Mapping[str, str], actor: Actor) -> tuple[QuerySet[Company], dict[str, Any]]:
    """The companies that the address asks for, and what it said; unknown words are passed over."""
    found = companies_of(actor).select_related("owner__user")
    query = given.get("q", "").replace("\x00", "").strip()[:200]
    if query:
        found = found.filter(
            Q(name__icontains=query)
            | Q(external_id=query)
            | Q(domain__iexact=query)
            | Q(industry__iexact=query)
        )
    owner = given.get("owner", "")
    if owner == "nobody":
        found = found.filter(owner=None)
    elif owner.isascii() and owner.isdigit() and len(owner) < 18:
        found = found.filter(owner_id=int(owner))
    else:
        owner = ""
    renews = given.get("renews", "")
    if renews in map(str, RENEWS):
        today = timezone.localdate()
        found = found.filter(renewal_date__range=(today, today + timedelta(days=int(renews))))
    else:
        renews = ""
    sort = given.get("sort", "name")
    if sort.removeprefix("-") not in SORTS or (sort.endswith("score") and not actor.may("response.view")):
        sort = "name"
    narrowed = bool(query or owner or renews)
    return found, {"query": query, "owner": owner, "renewing": renews, "sort": sort, "narrowed": narrowed}


def _sorted(found: QuerySet[Company], sort: str, actor: Actor) -> QuerySet[Company]:
    """In the order of a column, unknown values last. Only the order by people or score has to look at people."""
    key = sort.removeprefix("-")
    people = contacts_of(actor).filter(company=OuterRef("pk")).order_by().values("company_id")
    if key == "people":
        found = found.annotate(people=Subquery(people.annotate(number=Count("pk")).values("number")))
    if key == "score":
        # The middle of the interval, as surveys.nps.adjusted_score has it: one answer does not lead fifty.
        counted = people.annotate(
            high=Count("pk", filter=Q(last_score__gte=9)),
            low=Count("pk", filter=Q(last_score__lte=6)),
            said=NullIf(Count("last_score"), 0),
        )
        middle = counted.annotate(middle=(F("high") - F("low")) * 1.0 / (F("said") + 3))
        found = found.annotate(their_score=Subquery(middle.values("middle")))
    column = F(SORTS[key])
    order = column.desc(nulls_last=True) if sort.startswith("-") else column.asc(nulls_last=True)
    return found.order_by(order, "name", "id")


@member_page("customer.view")
def company_detail(request: HttpRequest, slug: str, company_id: int) -> HttpResponse:
    """One company: how it stands, who was asked, its people with their roles, its facts."""
    actor: Actor = request.actor
    company = _company(actor, company_id)
    people = contacts_of(actor).filter(company=company)
    role = request.GET.get("role", "")
    if role in ContactRole.values:
        people = people.filter(roles__contains=role)
    else:
        role = ""
    page = Paginator(people.order_by("name", "id"), PAGE).get_page(request.GET.get("page"))
    asked = last_asked([customer.pk for customer in page])
    told = {
        "company": company,
        "page": page,
        "contacts": [(customer, asked.get(customer.pk)) for customer in page],
        "standing": standing_of([company.pk], actor)[company.pk],
        "roles": ContactRole.choices,
        "role": role,
        "brought_in": _brought_in(company, actor),
        "days_left": (company.renewal_date - timezone.localdate()).days if company.renewal_date else None,
        "currency": actor.organization.currency,
    }
    return render(request, "segments/company_detail.html", told)


def _brought_in(company: Company, actor: Actor) -> Any:
    """The amounts of the events of its people whom the reader sees; None without any."""
    rows = worth.totals(Asked.of(actor.organization), None)
    theirs = contacts_of(actor).filter(company=company).values("pk")
    totals: list[Any] = list(rows.filter(customer_id__in=theirs).values_list("total", flat=True))
    return sum(totals) if totals else None


@member_page("customer.edit")
def company_edit(request: HttpRequest, slug: str, company_id: int) -> HttpResponse:
    actor: Actor = request.actor
    company = _company(actor, company_id)
    form, status, stale = CompanyForm(by=actor, company=company), 200, None
    if request.method == "POST":
        form, status = CompanyForm(request.POST, by=actor, company=company), 422
        if form.is_valid():
            try:
                change(company, form.facts(), expected=form.cleaned_data["revision"] or 0, by=actor)
                toast(request, _("Saved."))
                return redirect("company_detail", slug, company.pk)
            except Stale as error:
                stale, status = error, 409
                kept = request.POST.copy()
                kept["revision"] = str(error.subject.revision)
                form.data = kept
            except NotKept as error:
                form.add_error(error.path if error.path in form.fields else None, str(error))
    told = {"form": form, "company": company, "stale": stale}
    return render(request, "segments/company_edit.html", told, status=status)


@require_POST
@member_page("customer.edit")
def company_contact_roles(request: HttpRequest, slug: str, company_id: int, customer_id: int) -> HttpResponse:
    """What one of its people does there, from the boxes beside the name."""
    company = _company(request.actor, company_id)
    contact: Customer = get_object_or_404(contacts_of(request.actor).filter(company=company), pk=customer_id)
    contact = set_roles(contact, request.POST.getlist("roles"), by=request.actor)
    words = contact.role_words or _("no role")
    toast(request, _("%(name)s: %(roles)s.") % {"name": contact.shown_name, "roles": words})
    return redirect("company_detail", slug, company.pk)


def _company(actor: Actor, company_id: int) -> Company:
    return get_object_or_404(companies_of(actor).select_related("owner__user"), pk=company_id)
